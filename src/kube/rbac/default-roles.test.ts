import { describe, expect, it } from 'vitest'
import { objectErrors } from '../object-errors.ts'
import { clusterRoles } from '../resources/rbac/roles.ts'
import { CLUSTER_ROLE_BINDINGS, CLUSTER_ROLES } from './default-roles.ts'
import { ROLE_BINDINGS, ROLES } from './namespace-roles.ts'

const keyOf = ({ namespace = '', name }: { namespace?: string; name: string }) => `${namespace}/${name}`

describe('the default roles', () => {
  it('are each there once, and may be', () => {
    for (const all of [CLUSTER_ROLES, ROLES, CLUSTER_ROLE_BINDINGS, ROLE_BINDINGS])
      expect(new Set(all.map(keyOf)).size).toBe(all.length)
    for (const role of [...CLUSTER_ROLES, ...ROLES])
      expect(objectErrors(clusterRoles, { ...role, metadata: { name: role.name } } as never), role.name).toEqual([])
  })

  it('are what the default bindings give', () => {
    const clusterWide = new Set(CLUSTER_ROLES.map(keyOf))
    const inNamespaces = new Set(ROLES.map(keyOf))
    for (const { name, role = name } of CLUSTER_ROLE_BINDINGS) expect(clusterWide).toContain(keyOf({ name: role }))
    for (const { name, role = name, namespace = '' } of ROLE_BINDINGS)
      expect(inNamespaces).toContain(keyOf({ namespace, name: role }))
  })

  it('give a controller what it needs, and its account in kube-system alone', () => {
    const name = 'system:controller:ttl-after-finished-controller'
    expect(CLUSTER_ROLES.find((role) => role.name === name)?.rules).toEqual([
      { apiGroups: ['batch'], resources: ['jobs'], verbs: ['delete', 'get', 'list', 'watch'] },
      { apiGroups: ['', 'events.k8s.io'], resources: ['events'], verbs: ['create', 'patch', 'update'] },
    ])
    expect(CLUSTER_ROLE_BINDINGS.find((binding) => binding.name === name)?.subjects).toEqual([
      { kind: 'ServiceAccount', namespace: 'kube-system', name: 'ttl-after-finished-controller' },
    ])
  })
})
