/**
 * ResourceQuota: what a namespace may use at most. What it uses is written in the quota's status with the very write that
 * uses it, in the same transaction: so it is right however many write at once, and nothing has to count again.
 * https://kubernetes.io/docs/concepts/policy/resource-quotas/
 */
import { forbidden } from '../../../kube/errors.ts'
import { deepEqual } from '../../../kube/json.ts'
import type { KubeObject } from '../../../kube/object.ts'
import type { Amounts } from '../../../kube/pod/totals.ts'
import { addQuantities, canonicalQuantity, compareQuantities } from '../../../kube/quantity.ts'
import { isInScope } from '../../../kube/quota/scopes.ts'
import { added, difference, isMeasured, kindOf, masked, type Usage, usageOf } from '../../../kube/quota/usage.ts'
import { type Resource, resourceName } from '../../../kube/resource.ts'
import { resourceQuotas } from '../../../kube/resources/core/resource-quota.ts'
import type { Pod, ResourceQuota } from '../../../kube/types.ts'
import type { Change } from '../../../store/log.ts'
import type { Store } from '../../../store/store.ts'
import { heldBy } from './held.ts'

export interface Quotas {
  /** For an object that is to be there, or to be otherwise. Throws 403. */
  charge(resource: Resource, next: KubeObject, previous: KubeObject | undefined): void
  /** For an object that is about to be gone. */
  release(resource: Resource, object: KubeObject): void
  /** A quota has been made: the next write of this turn must know of it. */
  created(quota: ResourceQuota): void
  /** The status of a quota that is new or whose spec changes. `itself`: what the namespace has not yet. */
  counted(quota: ResourceQuota, itself?: ResourceQuota): ResourceQuota['status']
  heed(changes: readonly Change[]): void
}

/** `kinds`: the resource that a name stands for, custom ones too. */
export function createQuotas(store: Store, kinds: (name: string) => Resource | undefined): Quotas {
  const held = heldBy(store, resourceQuotas)
  const QUOTAS = resourceName(resourceQuotas)

  /** Those of the namespace as they are now: one transaction may change one several times. */
  const current = (namespace: string): ResourceQuota[] =>
    held.in(namespace).flatMap(({ metadata: { name } }) => store.get(resourceQuotas, { namespace, name }) ?? [])

  function counted(quota: ResourceQuota, itself?: ResourceQuota): ResourceQuota['status'] {
    const { namespace = '' } = quota.metadata
    const hard: Amounts = quota.spec.hard ?? {}
    let used: Usage = new Map()
    if (itself && isInScope(quota, OF_QUOTAS, itself)) used = masked(usageOf(OF_QUOTAS, itself), hard)
    for (const kind of new Set(Object.keys(hard).map(kindOf))) {
      const resource = kinds(kind)
      if (resource?.scope !== 'namespaced') continue
      for (const object of store.list(resource, { namespace }))
        if (isInScope(quota, resource, object)) used = added(used, masked(usageOf(resource, object), hard))
    }
    return statusOf(hard, used)
  }

  function write(quota: ResourceQuota, status: ResourceQuota['status']): void {
    if (!deepEqual(status, quota.status)) store.put(resourceQuotas, { ...quota, status })
  }

  /** Written with what it does not have yet: of a quota from before there was a count, all is counted. */
  function apply(quota: ResourceQuota, change: Usage): void {
    const { hard = {}, used } = quota.status
    const before = used ?? counted(quota).used ?? {}
    const after = new Map(Object.entries(before).map(([name, amount]) => [name, String(amount)]))
    for (const [name, amount] of change) after.set(name, notBelowZero(addQuantities(after.get(name), amount)))
    write(quota, statusOf({ ...hard, ...quota.spec.hard }, after))
  }

  function charge(resource: Resource, next: KubeObject, previous: KubeObject | undefined): void {
    if (resource.scope !== 'namespaced' || (previous !== undefined && !isMeasured(resource))) return
    const { namespace = '' } = next.metadata
    const quotas = current(namespace)
    if (quotas.length === 0) return
    const wanted = usageOf(resource, next)
    for (const quota of quotas) {
      const { hard } = quota.spec
      const isNow = isInScope(quota, resource, next)
      const was = previous !== undefined && isInScope(quota, resource, previous)
      if (isNow && previous === undefined) checkSaid(quota, resource, next)
      const change = difference(
        isNow ? masked(wanted, hard) : new Map(),
        was ? masked(usageOf(resource, previous), hard) : new Map(),
      )
      const moved = new Map([...change].filter(([, amount]) => compareQuantities(amount, '0') !== 0))
      if (moved.size === 0) continue
      checkRoom(quota, resource, next, moved)
      apply(quota, moved)
    }
  }

  return {
    charge,
    counted,
    release(resource, object) {
      if (resource.scope !== 'namespaced') return
      const { namespace = '', name } = object.metadata
      const isSame = (quota: ResourceQuota) => resourceName(resource) === QUOTAS && quota.metadata.name === name
      for (const quota of current(namespace)) {
        if (isSame(quota) || !isInScope(quota, resource, object)) continue
        const freed = difference(new Map(), masked(usageOf(resource, object), quota.spec.hard))
        if (freed.size > 0) apply(quota, freed)
      }
    },
    created: ({ metadata: { namespace = '' } }) => held.forget(namespace),
    heed: held.heed,
  }
}

const OF_QUOTAS = resourceQuotas as unknown as Resource

const notBelowZero = (amount: string): string => (amount.startsWith('-') ? '0' : amount)

function statusOf(hard: Amounts, used: Readonly<Usage>): ResourceQuota['status'] {
  const names = Object.keys(hard)
  return {
    hard: Object.fromEntries(names.map((name) => [name, canonicalQuantity(String(hard[name]))])),
    used: Object.fromEntries(names.map((name) => [name, used.get(name) ?? '0'])),
  }
}

/** Only what grows may be too much: what is over already does not keep anything else from being written. */
function checkRoom(
  { metadata, spec, status }: ResourceQuota,
  resource: Resource,
  object: KubeObject,
  moved: Usage,
): void {
  const hard: Amounts = spec.hard ?? {}
  const over = [...moved]
    .filter(([name, amount]) => {
      const after = addQuantities(status.used?.[name], amount)
      return compareQuantities(amount, '0') > 0 && compareQuantities(after, hard[name]) > 0
    })
    .map(([name]) => name)
    .sort()
  if (over.length === 0) return
  const list = (amount: (name: string) => unknown): string => over.map((name) => `${name}=${amount(name)}`).join(',')
  throw forbidden(
    resource,
    object.metadata.name,
    `exceeded quota: ${metadata.name}, requested: ${list((name) => moved.get(name))}, used: ${list((name) => status.used?.[name] ?? '0')}, limited: ${list((name) => hard[name])}`,
  )
}

const SAID = new Set(['cpu', 'memory', 'requests.cpu', 'requests.memory', 'limits.cpu', 'limits.memory'])

/** A quota on CPU or memory wants every container to say how much of it it needs. */
function checkSaid({ metadata, spec }: ResourceQuota, resource: Resource, object: KubeObject): void {
  if (resourceName(resource) !== 'pods') return
  // The kind says that it is one.
  const pod = object as Pod
  const containers = [...(pod.spec.containers ?? []), ...(pod.spec.initContainers ?? [])]
  const missing = Object.keys(spec.hard ?? {})
    .filter((name) => SAID.has(name))
    .sort()
    .flatMap((name) => {
      const field = name.startsWith('limits.') ? 'limits' : 'requests'
      const own = name.replace(/^(requests|limits)\./, '')
      const silent = containers.filter(({ resources }) => resources?.[field]?.[own] === undefined)
      return silent.length === 0
        ? []
        : [
            `${name} for: ${silent
              .map((container) => container.name)
              .sort()
              .join(',')}`,
          ]
    })
  if (missing.length > 0)
    throw forbidden(resource, pod.metadata.name, `failed quota: ${metadata.name}: must specify ${missing.join('; ')}`)
}
