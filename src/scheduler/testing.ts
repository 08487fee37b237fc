/** Builders for tests: only what the case is about need be said. */
import type { Node, Pod } from '../kube/types.ts'

let counter = 0

type Spec = Partial<Pod['spec']>

export interface PodOptions {
  readonly name?: string
  readonly cpu?: string
  readonly memory?: string
  readonly labels?: Record<string, string>
  readonly owner?: string
  readonly spec?: Spec
  readonly created?: string
  readonly requests?: Record<string, string>
}

export function pod({ name, cpu, memory, labels, owner, spec, created, requests }: PodOptions = {}): Pod {
  counter += 1
  const asked = { ...(cpu ? { cpu } : {}), ...(memory ? { memory } : {}), ...requests }
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: name ?? `p${counter}`,
      namespace: 'default',
      uid: `pod-${counter}`,
      resourceVersion: '1',
      creationTimestamp: created ?? '2026-01-01T10:00:00Z',
      ...(labels ? { labels } : {}),
      ...(owner
        ? {
            ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: owner, uid: owner, controller: true }],
          }
        : {}),
    },
    spec: {
      schedulerName: 'default-scheduler',
      containers: [{ name: 'c', image: 'i', resources: { requests: asked } }],
      ...spec,
    },
    status: { phase: 'Pending' },
  }
}

export interface NodeOptions {
  readonly cpu?: string
  readonly memory?: string
  readonly pods?: string
  readonly labels?: Record<string, string>
  readonly spec?: Node['spec']
  readonly resources?: Record<string, string>
}

export const node = (name: string, { cpu, memory, pods, labels, spec, resources }: NodeOptions = {}): Node => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: {
    name,
    uid: `node-${name}`,
    resourceVersion: '1',
    creationTimestamp: '2026-01-01T09:00:00Z',
    labels: { 'kubernetes.io/hostname': name, ...labels },
  },
  spec: spec ?? {},
  status: {
    allocatable: {
      cpu: cpu ?? '4',
      memory: memory ?? '8Gi',
      'ephemeral-storage': '100Gi',
      pods: pods ?? '110',
      ...resources,
    },
  },
})

export const bound = (given: Pod, nodeName: string): Pod => ({ ...given, spec: { ...given.spec, nodeName } })
