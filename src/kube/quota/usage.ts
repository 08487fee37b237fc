/**
 * What an object uses of a ResourceQuota, by the quota's names for it.
 * https://kubernetes.io/docs/concepts/policy/resource-quotas/
 */
import type { KubeObject } from '../object.ts'
import { type Amounts, podTotals } from '../pod/totals.ts'
import { addQuantities } from '../quantity.ts'
import { type Resource, resourceName } from '../resource.ts'
import type { PersistentVolumeClaim, Pod, Service } from '../types.ts'

/** Quantities in canonical form. */
export type Usage = Map<string, string>

const ONE = '1'
/** Kinds that go by their own name, beside `count/<name>`. */
const PLAIN = new Set(['configmaps', 'replicationcontrollers', 'resourcequotas', 'secrets'])
/** What a quota may name without saying whether it means requests. */
const BARE = ['cpu', 'memory', 'ephemeral-storage']
const PAGES = 'hugepages-'

/** The kinds whose objects must be looked at to know what they use; of others there is one each. */
const MEASURES: Readonly<Record<string, (object: KubeObject, usage: Usage) => void>> = {
  // A kind's name says what its objects are.
  pods: (object, usage) => measurePod(object as Pod, usage),
  services: (object, usage) => measureService(object as Service, usage),
  persistentvolumeclaims: (object, usage) => measureClaim(object as PersistentVolumeClaim, usage),
}

/** Whether an update of such an object can change what it uses. */
export const isMeasured = (resource: Resource): boolean => Object.hasOwn(MEASURES, resourceName(resource))

export function usageOf(resource: Resource, object: KubeObject): Usage {
  const name = resourceName(resource)
  const usage: Usage = new Map([[`count/${name}`, ONE]])
  if (PLAIN.has(name)) usage.set(name, ONE)
  MEASURES[name]?.(object, usage)
  return usage
}

/** The kind that a quota's name is about: `pods` of `limits.cpu`, `widgets.example.com` of its count. */
export function kindOf(name: string): string {
  if (name.startsWith('count/')) return name.slice('count/'.length)
  if (name.startsWith('services')) return 'services'
  if (name === 'requests.storage' || name === 'persistentvolumeclaims' || name.includes(OF_CLASS))
    return 'persistentvolumeclaims'
  return PLAIN.has(name) ? name : 'pods'
}

const OF_CLASS = '.storageclass.storage.k8s.io/'

/** A Pod that has ended uses nothing but its place among the objects. */
const hasEnded = ({ status }: Pod): boolean => status?.phase === 'Succeeded' || status?.phase === 'Failed'

function measurePod(pod: Pod, usage: Usage): void {
  if (hasEnded(pod)) return
  usage.set('pods', ONE)
  for (const [name, amount] of podTotals(pod.spec, 'requests')) {
    usage.set(`requests.${name}`, amount)
    if (BARE.includes(name) || name.startsWith(PAGES)) usage.set(name, amount)
  }
  for (const [name, amount] of podTotals(pod.spec, 'limits')) usage.set(`limits.${name}`, amount)
}

function measureService({ spec }: Service, usage: Usage): void {
  usage.set('services', ONE)
  if (spec.type === 'LoadBalancer') usage.set('services.loadbalancers', ONE)
  const ports = spec.type === 'NodePort' || spec.type === 'LoadBalancer' ? (spec.ports ?? []) : []
  const isOwn = spec.type === 'NodePort' || spec.allocateLoadBalancerNodePorts !== false
  const count = ports.filter(({ nodePort }) => isOwn || nodePort).length
  if (count > 0) usage.set('services.nodeports', String(count))
}

function measureClaim({ metadata, spec }: PersistentVolumeClaim, usage: Usage): void {
  usage.set('persistentvolumeclaims', ONE)
  const storage = spec.resources?.requests?.['storage']
  const amount = storage === undefined ? undefined : String(storage)
  if (amount !== undefined) usage.set('requests.storage', amount)
  const storageClass = spec.storageClassName ?? metadata.annotations?.['volume.beta.kubernetes.io/storage-class']
  if (!storageClass) return
  usage.set(`${storageClass}${OF_CLASS}persistentvolumeclaims`, ONE)
  if (amount !== undefined) usage.set(`${storageClass}${OF_CLASS}requests.storage`, amount)
}

export function added(to: Readonly<Usage>, more: Readonly<Usage>): Usage {
  const sum = new Map(to)
  for (const [name, amount] of more) sum.set(name, addQuantities(sum.get(name), amount))
  return sum
}

/** What `next` uses beyond `previous`, and with a minus what it uses less. Names of both. */
export function difference(next: Readonly<Usage>, previous: Readonly<Usage>): Usage {
  const names = new Set([...next.keys(), ...previous.keys()])
  return new Map([...names].map((name) => [name, addQuantities(next.get(name), negated(previous.get(name) ?? '0'))]))
}

const negated = (amount: string): string => (amount.startsWith('-') ? amount.slice(1) : `-${amount}`)

/** Of the names that a quota limits. */
export const masked = (usage: Readonly<Usage>, hard: Amounts | undefined): Usage =>
  new Map([...usage].filter(([name]) => Object.hasOwn(hard ?? {}, name)))
