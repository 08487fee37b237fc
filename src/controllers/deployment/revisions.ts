/**
 * Revisions and what a ReplicaSet notes of its Deployment, in annotations that `kubectl rollout` reads and writes.
 * https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#checking-rollout-history-of-a-deployment
 */
import type { Deployment, ReplicaSet } from '../../kube/types.ts'
import { maxSurgeOf } from './limits.ts'

export const REVISION = 'deployment.kubernetes.io/revision'
const REVISION_HISTORY = 'deployment.kubernetes.io/revision-history'
const DESIRED_REPLICAS = 'deployment.kubernetes.io/desired-replicas'
const MAX_REPLICAS = 'deployment.kubernetes.io/max-replicas'
/** The history annotation forgets its oldest revisions beyond this many characters. */
const MAX_HISTORY_LENGTH = 2000

/** Not a ReplicaSet's business: what was applied to the Deployment, and what is kept for each of them apart. */
const NOT_COPIED = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  REVISION,
  REVISION_HISTORY,
  DESIRED_REPLICAS,
  MAX_REPLICAS,
  'deprecated.deployment.rollback.to',
])

type Annotations = Record<string, string>

export const revisionOf = (set: ReplicaSet): number => integerOf(set.metadata.annotations?.[REVISION]) ?? 0

export const desiredReplicasOf = (set: ReplicaSet): number | undefined =>
  integerOf(set.metadata.annotations?.[DESIRED_REPLICAS])

export const maxReplicasOf = (set: ReplicaSet): number | undefined =>
  integerOf(set.metadata.annotations?.[MAX_REPLICAS])

const integerOf = (text: string | undefined): number | undefined =>
  text !== undefined && /^-?\d+$/.test(text) ? Number(text) : undefined

/** A revision higher than those of all older sets, so that one that comes back (`kubectl rollout undo`) is the newest. */
export const nextRevision = (older: readonly ReplicaSet[]): number => Math.max(0, ...older.map(revisionOf)) + 1

/** Annotations of the set that is rolled out. A set that had another revision keeps it in its history. */
export function rolloutAnnotations(deployment: Deployment, set: ReplicaSet | undefined, revision: number): Annotations {
  const annotations: Annotations = { ...set?.metadata.annotations }
  for (const [name, value] of Object.entries(deployment.metadata.annotations ?? {}))
    if (!NOT_COPIED.has(name)) annotations[name] = value
  const former = annotations[REVISION]
  if (former !== undefined && former !== '' && integerOf(former) === undefined) return annotations
  if ((integerOf(former) ?? 0) < revision) {
    annotations[REVISION] = String(revision)
    if (former !== undefined) annotations[REVISION_HISTORY] = extended(annotations[REVISION_HISTORY], former)
  }
  return set ? annotations : { ...annotations, ...replicaAnnotations(deployment) }
}

function extended(history: string | undefined, revision: string): string {
  if (!history) return revision
  const revisions = [...history.split(','), revision]
  while (revisions.length > 1 && revisions.join(',').length > MAX_HISTORY_LENGTH) revisions.shift()
  return revisions.join(',')
}

/** What the sets were sized for: a difference from the Deployment tells that it has been scaled since. */
export function replicaAnnotations(deployment: Deployment): Annotations {
  const desired = deployment.spec.replicas ?? 1
  return { [DESIRED_REPLICAS]: String(desired), [MAX_REPLICAS]: String(desired + maxSurgeOf(deployment)) }
}
