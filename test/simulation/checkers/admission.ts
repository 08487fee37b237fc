/**
 * While webhooks are configured no Pod is stored that they have not seen in just that form, one after the other, and let
 * through; one that fails open may have failed at it instead. A configuration counts from the very next commit: of what
 * is written in one instant with it nothing is promised.
 */
import { deepEqual } from '../../../src/kube/json.ts'
import type { KubeObject } from '../../../src/kube/object.ts'
import { resourceName } from '../../../src/kube/resource.ts'
import { mutatingWebhookConfigurations } from '../../../src/kube/resources/admissionregistration/mutating-webhook-configuration.ts'
import { validatingWebhookConfigurations } from '../../../src/kube/resources/admissionregistration/validating-webhook-configuration.ts'
import type { State } from '../history.ts'
import type { Asked, Outside } from '../outside.ts'
import { promise } from '../violation.ts'
import type { Checker } from './checker.ts'

const CONFIGURATIONS: ReadonlySet<string> = new Set([
  resourceName(mutatingWebhookConfigurations),
  resourceName(validatingWebhookConfigurations),
])

export function admission(outside: Outside): Checker {
  /** uids of configurations, and when they were written last. */
  const writtenAt = new Map<string, number>()
  return {
    change({ resource, type, rv, at, key, object }, before) {
      if (CONFIGURATIONS.has(resource)) writtenAt.set(object.metadata.uid, at)
      if (resource !== 'pods' || type !== 'ADDED') return
      const calls = outside.about(object.metadata.uid).filter(({ operation }) => operation === 'CREATE')
      const hooks = hooksOf(before, (uid) => (writtenAt.get(uid) ?? 0) < at)
      promise(
        'a Pod is stored as the webhooks in force have let it through',
        isLetThrough(formOf(object), hooks, calls),
        () => `${key.namespace}/${key.name} at ${rv}, ${JSON.stringify(hooks)}, was asked ${JSON.stringify(calls)}`,
      )
    },
  }
}

interface Hook {
  readonly url: string
  readonly isMutating: boolean
  readonly failsOpen: boolean
}

/** In the order in which they are asked; the workload's configurations have rules for Pods only. */
function hooksOf(state: State, isInForce: (uid: string) => boolean): Hook[] {
  const byName = <T extends KubeObject>(all: readonly T[]): T[] =>
    all.filter(({ metadata }) => isInForce(metadata.uid)).sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))
  return [
    ...byName(state.all(mutatingWebhookConfigurations)),
    ...byName(state.all(validatingWebhookConfigurations)),
  ].flatMap(({ kind, webhooks = [] }) =>
    webhooks.map(({ clientConfig, failurePolicy }) => ({
      url: clientConfig.url ?? '',
      isMutating: kind === 'MutatingWebhookConfiguration',
      failsOpen: failurePolicy === 'Ignore',
    })),
  )
}

/** Each validating one has seen what is stored; from there back each mutating one was shown what the one before it left. */
function isLetThrough(stored: object, hooks: readonly Hook[], calls: readonly Asked[]): boolean {
  const last = hooks.at(-1)
  if (!last) return true
  return calls.some((call) => {
    const left = leftBy(call, last)
    if (!left || call.shown === null || !deepEqual(formOf(left), stored)) return false
    return isLetThrough(last.isMutating ? formOf(call.shown) : stored, hooks.slice(0, -1), calls)
  })
}

/** What is to be stored after a call; undefined where it was no call of this webhook, or one that stopped the write. */
function leftBy({ url, shown, wanted, end }: Asked, hook: Hook): KubeObject | null | undefined {
  if (url !== hook.url) return undefined
  return end === 'failed' && hook.failsOpen ? shown : wanted
}

/** Without what only the stored one has: its version, and who set which field. */
function formOf(object: KubeObject): object {
  const { resourceVersion: _, managedFields: __, ...metadata } = object.metadata
  return { ...object, metadata }
}
