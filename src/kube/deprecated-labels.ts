/** Labels of nodes that Kubernetes has named otherwise since, and what it says of who still selects by them. */
import type { FieldPath } from './field.ts'

const DEPRECATED: Readonly<Record<string, string>> = {
  'beta.kubernetes.io/arch': 'deprecated since v1.14; use "kubernetes.io/arch" instead',
  'beta.kubernetes.io/os': 'deprecated since v1.14; use "kubernetes.io/os" instead',
  'failure-domain.beta.kubernetes.io/region': 'deprecated since v1.17; use "topology.kubernetes.io/region" instead',
  'failure-domain.beta.kubernetes.io/zone': 'deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
  'beta.kubernetes.io/instance-type': 'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead',
  'app.kubernetes.io/created-by': 'deprecated since v1.9',
  'scheduler.alpha.kubernetes.io/preferAvoidPods': 'deprecated since v1.22; use Taints and Tolerations instead',
  'node-role.kubernetes.io/master': 'use "node-role.kubernetes.io/control-plane" instead',
}

export const deprecationOf = (label: string): string | undefined =>
  Object.hasOwn(DEPRECATED, label) ? DEPRECATED[label] : undefined

/** Where labels are keys; `shown` says how the place of one is written. */
export const labelWarnings = (
  labels: Readonly<Record<string, unknown>> | undefined,
  shown: (label: string) => string,
) =>
  Object.keys(labels ?? {}).flatMap((label) => {
    const why = deprecationOf(label)
    return why === undefined ? [] : [`${shown(label)}: ${why}`]
  })

/** Where labels are named by requirements; `at` is the list of these. */
export const requirementWarnings = (
  requirements: readonly { readonly key?: string }[] | undefined,
  at: FieldPath,
): string[] =>
  (requirements ?? []).flatMap(({ key = '' }, index) => {
    const why = deprecationOf(key)
    return why === undefined ? [] : [`${at.index(index).child('key')}: ${key} is ${why}`]
  })
