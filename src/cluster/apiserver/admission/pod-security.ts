/**
 * PodSecurity: Pods are as the labels of their namespace want them.
 * https://kubernetes.io/docs/concepts/security/pod-security-admission/
 */
import { forbidden } from '../../../kube/errors.ts'
import { deepEqual } from '../../../kube/json.ts'
import type { KubeObject } from '../../../kube/object.ts'
import type { Judged, PodSpec } from '../../../kube/pod-security/containers.ts'
import { findings, violation } from '../../../kube/pod-security/evaluate.ts'
import { isStricter, type Policy, policyOf, policyText } from '../../../kube/pod-security/policy.ts'
import { type Resource, resourceName } from '../../../kube/resource.ts'
import { namespaces } from '../../../kube/resources/core/namespace.ts'
import { pods } from '../../../kube/resources/core/pod.ts'
import type { Namespace, Pod } from '../../../kube/types.ts'
import type { Store } from '../../../store/store.ts'
import type { Warn } from '../tracking.ts'

interface Template {
  readonly metadata?: { readonly annotations?: Readonly<Record<string, string>> }
  readonly spec?: PodSpec
}

/** Where a kind has the Pods that it makes. */
const TEMPLATES: Readonly<Record<string, (object: KubeObject) => Template | undefined>> = {
  podtemplates: (object) => (object as { template?: Template }).template,
  replicationcontrollers: templateOf,
  'replicasets.apps': templateOf,
  'deployments.apps': templateOf,
  'statefulsets.apps': templateOf,
  'daemonsets.apps': templateOf,
  'jobs.batch': templateOf,
  'cronjobs.batch': (object) =>
    (object as { spec?: { jobTemplate?: { spec?: { template?: Template } } } }).spec?.jobTemplate?.spec?.template,
}

function templateOf(object: KubeObject): Template | undefined {
  return (object as { spec?: { template?: Template } }).spec?.template
}

const judged = ({ metadata, spec }: Template): Judged | undefined =>
  spec && { spec, annotations: metadata?.annotations ?? {} }

/** A Pod or what makes Pods, new or changed. Throws 403. */
export function checkSecurity(
  store: Store,
  resource: Resource,
  {
    next,
    previous,
    warn,
  }: { readonly next: KubeObject; readonly previous: KubeObject | undefined; readonly warn: Warn },
): void {
  const name = resourceName(resource)
  const isPod = name === 'pods'
  const find = isPod ? asTemplate : TEMPLATES[name]
  if (find === undefined) return
  const labels = store.get(namespaces, { namespace: '', name: next.metadata.namespace ?? '' })?.metadata.labels
  const template = find(next)
  const shown = template && judged(template)
  if (shown === undefined) return
  const former = previous && find(previous)
  // What is judged of a Pod hardly ever changes: its status is written much more often.
  if (former && deepEqual(judged(former), shown)) return
  if (isPod) {
    const policy = policyOf(labels, 'enforce')
    const why = violation(policy, shown)
    if (why !== undefined)
      throw forbidden(resource, next.metadata.name, `violates PodSecurity "${policyText(policy)}": ${why}`)
  }
  const policy = policyOf(labels, 'warn')
  const why = violation(policy, shown)
  if (why !== undefined) warn(`would violate PodSecurity "${policyText(policy)}": ${why}`)
}

/** The kind says that it is one. */
const asTemplate = (object: KubeObject): Template => object as Pod

/** Pods that are looked at when a namespace becomes stricter. */
const MOST_PODS = 3000

/** Tells of the Pods that a namespace has and would not let in any more. */
export function warnOfExisting(store: Store, next: Namespace, previous: Namespace, warn: Warn): void {
  const policy = policyOf(next.metadata.labels, 'enforce')
  if (!isStricter(policy, policyOf(previous.metadata.labels, 'enforce'))) return
  const { name } = next.metadata
  const byReason = reasonsOf(store.list(pods, { namespace: name }).slice(0, MOST_PODS), policy)
  if (byReason.size === 0) return
  warn(
    `existing pods in namespace ${JSON.stringify(name)} violate the new PodSecurity enforce level ${JSON.stringify(policyText(policy))}`,
  )
  for (const [reason, [first = '', ...others]] of byReason) {
    const more = others.length === 0 ? '' : ` (and ${others.length} other pod${others.length === 1 ? '' : 's'})`
    warn(`${first}${more}: ${reason}`)
  }
}

/** Names of Pods, by what is wrong with them. */
function reasonsOf(all: readonly Pod[], policy: Policy): Map<string, string[]> {
  const byReason = new Map<string, string[]>()
  for (const { metadata, spec } of all) {
    const found = findings(policy, { spec, annotations: metadata.annotations ?? {} })
    if (found.length === 0) continue
    const reason = found.map((one) => one.reason).join(', ')
    byReason.set(reason, [...(byReason.get(reason) ?? []), metadata.name])
  }
  return byReason
}
