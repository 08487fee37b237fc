import { describe, expect, it } from 'vitest'
import { dropGatedFields, GATES, pathsOf } from './gated-fields.ts'
import { definitions } from './generated/schema.ts'
import { clone } from './json.ts'
import type { KubeObject } from './object.ts'
import { builtIn } from './registry.ts'
import type { Resource } from './resource.ts'
import { deployments } from './resources/apps/deployment.ts'
import { leases } from './resources/coordination/lease.ts'
import { persistentVolumeClaims } from './resources/core/persistent-volume-claim.ts'
import { pods } from './resources/core/pod.ts'

/** The type that a path leads to in the schema table; undefined where there is no such field. */
const typeAt = (schema: string, path: readonly string[]): string | undefined =>
  path.reduce<string | undefined>((type, part) => {
    if (part === '') return type?.startsWith('[]') ? type.slice(2) : undefined
    return type?.startsWith('#') ? definitions[type.slice(1)]?.fields[part] : undefined
  }, `#${schema}`)

const dropped = (resource: unknown, next: object, previous?: object): unknown => {
  const draft = clone({ metadata: { name: 'a' }, ...next }) as KubeObject
  dropGatedFields(resource as Resource, draft, previous as KubeObject | undefined)
  const { metadata: _, ...rest } = draft as KubeObject & Record<string, unknown>
  return rest
}

describe('gated fields', () => {
  it.each(Object.entries(GATES))('%s has them all, in Kubernetes v1.32 too', (name, gates) => {
    const schema = builtIn.byName(name)?.schema ?? ''
    for (const { fields, where } of gates)
      for (const path of [...fields.flatMap(pathsOf), ...(where ? pathsOf(where) : [])])
        expect([path, typeAt(schema, path)]).toEqual([path, expect.any(String)])
  })

  const sent = {
    hostUsers: false,
    resources: { limits: { cpu: '1' } },
    resourceClaims: [{ name: 'gpu' }],
    securityContext: { runAsUser: 1, supplementalGroupsPolicy: 'Strict', seLinuxChangePolicy: 'Recursive' },
    initContainers: [{ name: 'i', resizePolicy: [{}], resources: { claims: [{ name: 'gpu' }] } }],
    containers: [
      { name: 'c', resizePolicy: [{}], resources: { claims: [{ name: 'gpu' }], limits: { cpu: '1' } } },
      { name: 'd', securityContext: { procMount: 'Unmasked' } },
    ],
    volumes: [
      { name: 'v', image: { reference: 'a' } },
      { name: 'w', projected: { sources: [{ clusterTrustBundle: { path: 'a' } }, { secret: { name: 's' } }] } },
    ],
  }
  const kept = {
    securityContext: { runAsUser: 1 },
    initContainers: [{ name: 'i', resources: {} }],
    containers: [
      { name: 'c', resources: { limits: { cpu: '1' } } },
      { name: 'd', securityContext: { procMount: 'Default' } },
    ],
    volumes: [{ name: 'v' }, { name: 'w', projected: { sources: [{}, { secret: { name: 's' } }] } }],
  }

  it('go from Pods and from templates, and nothing else goes', () => {
    expect(dropped(pods, { spec: sent })).toEqual({ spec: kept })
    expect(dropped(deployments, { spec: { template: { spec: sent } } })).toEqual({ spec: { template: { spec: kept } } })
  })

  it('go again without harm', () => {
    expect(dropped(pods, { spec: kept })).toEqual({ spec: kept })
    expect(dropped(pods, {})).toEqual({})
  })

  it('stay where they are in use, each gate for itself', () => {
    const next = { spec: { hostUsers: false, resources: {}, containers: [{ name: 'c', resizePolicy: [{}] }] } }
    const previous = { spec: { hostUsers: true, containers: [{ name: 'c' }] } }
    expect(dropped(pods, next, previous)).toEqual({ spec: { hostUsers: false, containers: [{ name: 'c' }] } })
    expect(dropped(pods, next, next)).toEqual(next)
    const masked = { spec: { containers: [{ securityContext: { procMount: 'Default' } }] } }
    const unmasked = { spec: { containers: [{ securityContext: { procMount: 'Unmasked' } }] } }
    expect(dropped(pods, unmasked, masked)).toEqual(masked)
    expect(dropped(pods, unmasked, unmasked)).toEqual(unmasked)
  })

  it('take a source in another namespace with them as a whole', () => {
    const claim = (namespace?: string) => ({ spec: { dataSourceRef: { name: 'a', ...(namespace && { namespace }) } } })
    expect(dropped(persistentVolumeClaims, claim('b'))).toEqual({ spec: {} })
    expect(dropped(persistentVolumeClaims, claim())).toEqual(claim())
  })

  it('of Leases go each for itself', () => {
    const both = { spec: { strategy: 'OldestEmulationVersion', preferredHolder: 'a' } }
    expect(dropped(leases, both)).toEqual({ spec: {} })
    expect(dropped(leases, both, { spec: { preferredHolder: 'b' } })).toEqual({ spec: { preferredHolder: 'a' } })
  })
})
