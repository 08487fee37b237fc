/**
 * The Pods that wait for a node. Ready to be tried: highest priority first, then oldest. Refused: put aside until
 * something happens that may lift the refusal, as each filter says; so a Pod that fits nowhere costs nothing.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/scheduling-framework/#queueinghint
 */
import type { ClusterEvent, PodInfo } from './model.ts'

export interface Queue {
  /** New, or changed in what matters. */
  add(pod: PodInfo): void
  /** The Pod as it was added, tried yet or not. */
  find(uid: string): PodInfo | undefined
  /** The same Pod with another status: keeps its place. */
  refresh(pod: PodInfo): void
  remove(uid: string): void
  putAside(pod: PodInfo, liftedBy: ReadonlySet<ClusterEvent>): void
  happened(events: readonly ClusterEvent[]): void
  take(): PodInfo | undefined
  readonly size: number
}

export function createQueue(): Queue {
  const waiting = new Map<string, PodInfo>()
  const aside = new Map<string, { pod: PodInfo; liftedBy: ReadonlySet<ClusterEvent> }>()
  /** uids, the first to be tried last; undefined after something was added. Those taken or removed are passed over. */
  let order: string[] | undefined

  return {
    add(pod) {
      aside.delete(pod.uid)
      waiting.set(pod.uid, pod)
      order = undefined
    },
    find: (uid) => waiting.get(uid) ?? aside.get(uid)?.pod,
    refresh(pod) {
      const refused = aside.get(pod.uid)
      if (refused) refused.pod = pod
      else if (waiting.has(pod.uid)) waiting.set(pod.uid, pod)
      else this.add(pod)
    },
    remove(uid) {
      waiting.delete(uid)
      aside.delete(uid)
    },
    putAside(pod, liftedBy) {
      waiting.delete(pod.uid)
      aside.set(pod.uid, { pod, liftedBy })
    },
    happened(events) {
      if (events.length === 0) return
      for (const [uid, { pod, liftedBy }] of aside) {
        if (!events.some((event) => liftedBy.has(event))) continue
        aside.delete(uid)
        waiting.set(uid, pod)
        order = undefined
      }
    },
    take() {
      order ??= [...waiting.values()].sort(lastFirst).map(({ uid }) => uid)
      for (let uid = order.pop(); uid !== undefined; uid = order.pop()) {
        const pod = waiting.get(uid)
        if (pod) {
          waiting.delete(uid)
          return pod
        }
      }
      return undefined
    },
    get size() {
      return waiting.size
    },
  }
}

const lastFirst = (a: PodInfo, b: PodInfo): number =>
  a.priority - b.priority || b.created - a.created || (a.pod.metadata.name < b.pod.metadata.name ? 1 : -1)
