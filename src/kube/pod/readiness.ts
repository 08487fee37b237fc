/** What a Pod's status says of it, as controllers ask (k8s.io/kubernetes pkg/api/v1/pod). */
import type { Pod } from '../types.ts'

export const podCondition = (pod: Pod, type: string) =>
  pod.status.conditions?.find((condition) => condition.type === type)

export const isPodReady = (pod: Pod): boolean => podCondition(pod, 'Ready')?.status === 'True'

export const isPodFinished = ({ status }: Pod): boolean => status.phase === 'Succeeded' || status.phase === 'Failed'

/** Counts for its controller: neither finished nor on its way out. */
export const isPodActive = (pod: Pod): boolean => !isPodFinished(pod) && pod.metadata.deletionTimestamp === undefined

export type Availability =
  | { readonly available: true; readonly at?: undefined }
  | { readonly available: false; readonly at: number | undefined }

/**
 * Whether a Pod has been ready for minReadySeconds; if not, when it will have been (milliseconds since the epoch).
 * Example: ready since 10:00:00 with minReadySeconds 30 is available from 10:00:30.
 */
export function podAvailable(pod: Pod, minReadySeconds: number, now: number): Availability {
  const ready = podCondition(pod, 'Ready')
  if (ready?.status !== 'True') return { available: false, at: undefined }
  if (minReadySeconds === 0) return { available: true }
  const at = Date.parse(ready.lastTransitionTime ?? '') + minReadySeconds * 1000
  if (Number.isNaN(at)) return { available: false, at: undefined }
  return at <= now ? { available: true } : { available: false, at }
}
