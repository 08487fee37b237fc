/** The roles, bindings and the ConfigMap by which a new cluster says who may do what. */
import { clone } from '../../kube/json.ts'
import type { KubeObject, ObjectMeta } from '../../kube/object.ts'
import {
  CLUSTER_ROLE_BINDINGS,
  CLUSTER_ROLES,
  type DefaultBinding,
  type DefaultRole,
} from '../../kube/rbac/default-roles.ts'
import { EXTENSION_AUTHENTICATION, ROLE_BINDINGS, ROLES } from '../../kube/rbac/namespace-roles.ts'
import { RBAC_GROUP } from '../../kube/rbac/rules.ts'
import type { Resource } from '../../kube/resource.ts'
import { configMaps } from '../../kube/resources/core/config-map.ts'
import { clusterRoleBindings, roleBindings } from '../../kube/resources/rbac/bindings.ts'
import { clusterRoles, roles } from '../../kube/resources/rbac/roles.ts'
import type { Store } from '../../store/store.ts'
import { draftOf } from '../apiserver/draft.ts'
import type { Operations } from '../apiserver/operations.ts'

/** Idempotent: makes only what is missing. */
export function furnishAccess(store: Store, operations: Operations, caCertificate: string): void {
  const make = <T extends KubeObject>(kind: Resource<T>, { name, namespace = '', labels }: Named, fields: object) => {
    if (store.get(kind, { namespace, name })) return
    operations.create(kind, namespace, draftOf(kind, name, { ...clone(fields), metadata: metadataOf(name, labels) }))
  }
  for (const role of CLUSTER_ROLES) make(clusterRoles, role, { rules: role.rules, ...aggregationOf(role) })
  for (const role of ROLES) make(roles, role, { rules: role.rules })
  for (const binding of CLUSTER_ROLE_BINDINGS) make(clusterRoleBindings, binding, boundBy(binding, 'ClusterRole'))
  for (const binding of ROLE_BINDINGS) make(roleBindings, binding, boundBy(binding, 'Role'))
  const key = { namespace: 'kube-system', name: EXTENSION_AUTHENTICATION }
  if (!store.get(configMaps, key))
    operations.create(configMaps, key.namespace, draftOf(configMaps, key.name, { data: extensionData(caCertificate) }))
}

interface Named {
  readonly name: string
  readonly namespace?: string
  readonly labels?: Readonly<Record<string, string>>
}

const metadataOf = (name: string, labels: Named['labels']): ObjectMeta =>
  ({
    name,
    labels: { 'kubernetes.io/bootstrapping': 'rbac-defaults', ...labels },
    annotations: { 'rbac.authorization.kubernetes.io/autoupdate': 'true' },
    // The rest of metadata the store fills in.
  }) as unknown as ObjectMeta

const aggregationOf = ({ aggregates }: DefaultRole) =>
  aggregates === undefined
    ? {}
    : { aggregationRule: { clusterRoleSelectors: [{ matchLabels: { [aggregates]: 'true' } }] } }

const boundBy = ({ name, role = name, subjects }: DefaultBinding, kind: string) => ({
  roleRef: { apiGroup: RBAC_GROUP, kind, name: role },
  subjects,
})

/**
 * What extension API servers verify clients with. There is no front proxy here, so that nobody is one.
 * https://kubernetes.io/docs/tasks/extend-kubernetes/configure-aggregation-layer/
 */
const extensionData = (caCertificate: string): Record<string, string> => ({ 'client-ca-file': caCertificate })
