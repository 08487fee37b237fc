/**
 * Disruption budgets as clients of Kubernetes before v1.21 ask for them: an empty selector selects nothing there, and
 * everything in today's version. What the one can't say is said with a label that no Pod has (k8s.io/kubernetes
 * pkg/apis/policy, conversion of v1beta1).
 */
import { deepEqual } from '../../json.ts'
import { olderVersion } from '../../older-version.ts'
import type { PodDisruptionBudget } from '../../types.ts'
import { podDisruptionBudgets } from './pod-disruption-budget.ts'

type Selector = PodDisruptionBudget['spec']['selector']

const LABEL = 'pdb.kubernetes.io/deprecated-v1beta1-empty-selector-match'

const EMPTY: Selector = {}
/** In today's version. */
const NOTHING: Selector = { matchExpressions: [{ key: LABEL, operator: 'Exists' }] }
/** In the older one. */
const EVERYTHING: Selector = { matchExpressions: [{ key: LABEL, operator: 'DoesNotExist' }] }

const isEmpty = (selector: Selector): boolean =>
  selector !== undefined &&
  Object.keys(selector.matchLabels ?? {}).length === 0 &&
  (selector.matchExpressions ?? []).length === 0

/** With other requirements the label says nothing. */
function stripped(selector: Selector): Selector {
  const expressions = selector?.matchExpressions
  if (!expressions?.some(({ key }) => key === LABEL)) return selector
  const others = expressions.filter(({ key }) => key !== LABEL)
  const { matchExpressions: _, ...rest } = selector ?? {}
  return others.length > 0 ? { ...rest, matchExpressions: others } : rest
}

function selectedAs(budget: PodDisruptionBudget, converted: (selector: Selector) => Selector): PodDisruptionBudget {
  const { selector, ...spec } = budget.spec ?? {}
  return selector === undefined ? budget : { ...budget, spec: { ...spec, selector: converted(selector) } }
}

/** Was added since. */
function withoutPolicy(budget: PodDisruptionBudget): PodDisruptionBudget {
  const { unhealthyPodEvictionPolicy: policy, ...spec } = budget.spec ?? {}
  return policy === undefined ? budget : { ...budget, spec }
}

export const podDisruptionBudgetsV1beta1 = olderVersion(
  podDisruptionBudgets,
  {
    version: 'v1beta1',
    schema: 'io.k8s.api.policy.v1beta1.PodDisruptionBudget',
    deprecatedIn: 'v1.21',
    unavailableIn: 'v1.25',
  },
  {
    fromStored: (stored) =>
      selectedAs(withoutPolicy(stored), (selector) => {
        if (isEmpty(selector)) return EVERYTHING
        return deepEqual(selector, NOTHING) ? EMPTY : stripped(selector)
      }),
    toStored: (given) =>
      selectedAs(given, (selector) => {
        if (isEmpty(selector)) return NOTHING
        return deepEqual(selector, EVERYTHING) ? EMPTY : stripped(selector)
      }),
  },
)
