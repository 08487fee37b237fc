/**
 * A Pod's conditions as the kubelet words them (pkg/kubelet/status/generate.go). Pure. The agent owns five types;
 * conditions of any other type are somebody else's and stay as they are.
 */
import type { Pod } from '../../../src/kube/types.ts'
import { containersOf, initContainersOf, isSidecar, type PodCondition } from './containers.ts'
import type { Phase, Statuses } from './phase.ts'

const OWNED = ['PodReadyToStartContainers', 'Initialized', 'Ready', 'ContainersReady', 'PodScheduled']

type Verdict = Pick<PodCondition, 'status' | 'reason' | 'message'>

const TRUE: Verdict = { status: 'True' }

export interface ConditionFacts {
  readonly statuses: Statuses
  readonly phase: Phase
  readonly isSandboxReady: boolean
  readonly hasRegularStarted: boolean
  /** RFC 3339 */
  readonly now: string
}

/** `old`: what was last reported. A condition's transition time moves only with its status. */
export function conditionsOf(pod: Pod, facts: ConditionFacts, old: readonly PodCondition[]): PodCondition[] {
  const foreign = (pod.status.conditions ?? []).filter(({ type }) => !OWNED.includes(type))
  const containersReady = containersReadiness(pod, facts)
  const verdicts: readonly (readonly [string, Verdict])[] = [
    ['PodReadyToStartContainers', { status: facts.isSandboxReady ? 'True' : 'False' }],
    ['Initialized', initialization(pod, facts)],
    ['Ready', readiness(pod, containersReady, foreign)],
    ['ContainersReady', containersReady],
    ['PodScheduled', TRUE],
  ]
  const own = verdicts.map(([type, verdict]) => condition(type, verdict, { old, now: facts.now }))
  return [...foreign, ...own]
}

function condition(
  type: string,
  verdict: Verdict,
  { old, now }: { old: readonly PodCondition[]; now: string },
): PodCondition {
  const before = old.find((candidate) => candidate.type === type)
  const hasMoved = before?.status !== verdict.status || before.lastTransitionTime === undefined
  return { type, ...verdict, lastTransitionTime: hasMoved ? now : before.lastTransitionTime }
}

function containersReadiness(pod: Pod, { statuses, phase }: ConditionFacts): Verdict {
  if (phase === 'Succeeded') return { status: 'False', reason: 'PodCompleted' }
  if (phase === 'Failed') return { status: 'False', reason: 'PodFailed' }
  const all = [...statuses.init, ...statuses.regular]
  const wanted = [...initContainersOf(pod).filter(isSidecar), ...containersOf(pod)]
  const unknown = wanted.filter(({ name }) => !all.some((status) => status.name === name))
  const unready = wanted.filter(({ name }) => all.some((status) => status.name === name && !status.ready))
  const parts = [
    ...(unknown.length > 0 ? [`containers with unknown status: ${names(unknown)}`] : []),
    ...(unready.length > 0 ? [`containers with unready status: ${names(unready)}`] : []),
  ]
  return parts.length === 0 ? TRUE : { status: 'False', reason: 'ContainersNotReady', message: parts.join(', ') }
}

function readiness(pod: Pod, containersReady: Verdict, foreign: readonly PodCondition[]): Verdict {
  if (containersReady.status !== 'True') return containersReady
  const unmet = (pod.spec.readinessGates ?? []).flatMap(({ conditionType }) => {
    const gate = foreign.find(({ type }) => type === conditionType)
    if (!gate) return [`corresponding condition of pod readiness gate "${conditionType}" does not exist.`]
    if (gate.status === 'True') return []
    return [`the status of pod readiness gate "${conditionType}" is not "True", but ${gate.status}`]
  })
  return unmet.length === 0 ? TRUE : { status: 'False', reason: 'ReadinessGatesNotReady', message: unmet.join(', ') }
}

function initialization(pod: Pod, { statuses, phase, hasRegularStarted }: ConditionFacts): Verdict {
  if (phase === 'Succeeded') return { status: 'True', reason: 'PodCompleted' }
  if (hasRegularStarted) return TRUE
  const incomplete = initContainersOf(pod).filter((container) => {
    const status = statuses.init.find(({ name }) => name === container.name)
    return isSidecar(container) ? !status?.started : !status?.ready
  })
  if (incomplete.length === 0) return TRUE
  return {
    status: 'False',
    reason: 'ContainersNotInitialized',
    message: `containers with incomplete status: ${names(incomplete)}`,
  }
}

const names = (containers: readonly { readonly name: string }[]): string =>
  `[${containers.map(({ name }) => name).join(' ')}]`
