/** Who belongs to whom, for checkers that ask for it. */
import type { KubeObject } from '../../../src/kube/object.ts'
import { replicaSets } from '../../../src/kube/resources/apps/replica-set.ts'
import { pods } from '../../../src/kube/resources/core/pod.ts'
import type { Pod, ReplicaSet } from '../../../src/kube/types.ts'
import type { State } from '../history.ts'

/** uid of the controller. */
export const ownerOf = ({ metadata }: KubeObject): string | undefined =>
  metadata.ownerReferences?.find(({ controller }) => controller)?.uid

export const setsOf = (state: State, deployment: string): ReplicaSet[] =>
  state.all(replicaSets).filter((set) => ownerOf(set) === deployment)

export const podsOf = (state: State, set: string): Pod[] => state.all(pods).filter((pod) => ownerOf(pod) === set)

export const isFinished = ({ status }: Pod): boolean => status.phase === 'Succeeded' || status.phase === 'Failed'

/** Neither finished nor going. */
export const isLive = (pod: Pod): boolean => !isFinished(pod) && pod.metadata.deletionTimestamp === undefined

/** Live, and ready for as long as its workload asks. */
export function isAvailable(pod: Pod, minReadySeconds: number, now: number): boolean {
  const ready = pod.status.conditions?.find(({ type }) => type === 'Ready')
  if (!isLive(pod) || ready?.status !== 'True') return false
  return minReadySeconds === 0 || Date.parse(ready.lastTransitionTime ?? '') + minReadySeconds * 1000 <= now
}
