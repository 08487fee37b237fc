/**
 * A Deployment and its ReplicaSets as one reconcile works on them: drafts that steps change, and in the end the writes
 * that turn what is stored into the drafts, at most one an object.
 */
import { deepEqual } from '../../kube/json.ts'
import { deployments } from '../../kube/resources/apps/deployment.ts'
import { replicaSets } from '../../kube/resources/apps/replica-set.ts'
import type { Deployment, ReplicaSet } from '../../kube/types.ts'
import { type RecordedEvent, record, remove, update, updateStatus, type Write } from '../controller.ts'
import { replicasOf } from './limits.ts'
import { REVISION, replicaAnnotations } from './revisions.ts'

export const COMPONENT = 'deployment-controller'

/** A ReplicaSet as it should be. `stored` is what it was, before adoption too. */
export interface SetDraft {
  readonly stored: ReplicaSet
  set: ReplicaSet
  isRemoved: boolean
  /** How many Pods it has, whether wanted or not, those on their way out left aside. Counted when asked for. */
  readonly livePods: () => number
}

export interface Rollout {
  readonly now: number
  readonly stored: Deployment
  /** Annotations and status only. */
  deployment: Deployment
  /** The set made from the Deployment's present template; undefined until it is made. */
  current: SetDraft | undefined
  /** The others, oldest first. */
  readonly old: readonly SetDraft[]
  /** No longer its own, to be written without their reference to it. */
  readonly released: readonly ReplicaSet[]
  /** A set would grow if another had let go already of Pods that are wanted no more. */
  isHeldBack: boolean
  readonly events: Pick<RecordedEvent, 'type' | 'reason' | 'message'>[]
}

export const allSets = ({ old, current }: Rollout): SetDraft[] => (current ? [...old, current] : [...old])

export const isActive = ({ set }: SetDraft): boolean => replicasOf(set) > 0

export const sumOf = (numbers: readonly number[]): number => numbers.reduce((sum, number) => sum + number, 0)

export const wantedReplicas = (sets: readonly SetDraft[]): number => sumOf(sets.map(({ set }) => replicasOf(set)))

export const actualReplicas = (sets: readonly SetDraft[]): number =>
  sumOf(sets.map(({ set }) => set.status.replicas ?? 0))

export const readyReplicas = (sets: readonly SetDraft[]): number =>
  sumOf(sets.map(({ set }) => set.status.readyReplicas ?? 0))

export const availableReplicas = (sets: readonly SetDraft[]): number =>
  sumOf(sets.map(({ set }) => set.status.availableReplicas ?? 0))

/** A set that was just told to shrink still counts the Pods it is about to lose: those are available no more. */
export const availableOf = ({ set }: SetDraft): number => Math.min(set.status.availableReplicas ?? 0, replicasOf(set))

/** Sizes a set and notes what it was sized for. Answers whether the size changed. */
export function scale(rollout: Rollout, draft: SetDraft, replicas: number): boolean {
  const former = replicasOf(draft.set)
  const { set } = draft
  draft.set = {
    ...set,
    metadata: {
      ...set.metadata,
      annotations: { ...set.metadata.annotations, ...replicaAnnotations(rollout.deployment) },
    },
    spec: { ...set.spec, replicas },
  }
  if (former === replicas) return false
  rollout.events.push({
    type: 'Normal',
    reason: 'ScalingReplicaSet',
    message: `Scaled ${former < replicas ? 'up' : 'down'} replica set ${set.metadata.name} from ${former} to ${replicas}`,
  })
  return true
}

export function noteRevision(rollout: Rollout, revision: string | undefined): void {
  const { metadata } = rollout.deployment
  if (revision === undefined || metadata.annotations?.[REVISION] === revision) return
  rollout.deployment = {
    ...rollout.deployment,
    metadata: { ...metadata, annotations: { ...metadata.annotations, [REVISION]: revision } },
  }
}

/**
 * The revision is written with the status, as Kubernetes does: it is not the user's change, and no new generation.
 * What shrinks is written first, as sets are reconciled in the order of their changes: their Pods go before others come.
 */
export function writesOf(rollout: Rollout): Write[] {
  const writes: Write[] = []
  const shrinkingFirst = allSets(rollout).sort((a, b) => growthOf(a) - growthOf(b))
  for (const { stored, set, isRemoved } of shrinkingFirst) {
    if (isRemoved) writes.push(remove(replicaSets, stored))
    else if (!deepEqual(set, stored)) writes.push(update(replicaSets, set))
  }
  for (const set of rollout.released) writes.push(update(replicaSets, set))
  for (const event of rollout.events) writes.push(record({ about: rollout.stored, component: COMPONENT, ...event }))
  if (!deepEqual(rollout.deployment, rollout.stored)) writes.push(updateStatus(deployments, rollout.deployment))
  return writes
}

const growthOf = ({ stored, set }: SetDraft): number => Math.sign(replicasOf(set) - replicasOf(stored))
