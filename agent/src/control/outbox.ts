/** What is to be told at the next sync: the newest status of each Pod, ended Pods, events. Told again if it was lost. */
import type { Node, Pod } from '../../../src/kube/types.ts'
import type { AgentEvent, PodEnded, PodReport, SyncRequest } from '../../../src/protocol/agent.ts'

/** Events are news, not state: of a long outage only the newest are kept. */
const MAX_EVENTS = 500
/** One request carries at most so many, so that it stays small; the rest follow at once. */
const MAX_REPORTS_A_SYNC = 500

export interface NodeReport {
  readonly labels: Record<string, string>
  readonly status: Node['status']
}

export class Outbox {
  readonly #statuses = new Map<string, PodReport>()
  /** By uid, as last told, as JSON: what has not changed is not told again. */
  readonly #told = new Map<string, string>()
  readonly #ended = new Map<string, PodEnded>()
  #events: AgentEvent[] = []
  #node: NodeReport | undefined
  #nodeText = ''
  readonly #onNews: () => void

  constructor(onNews: () => void) {
    this.#onNews = onNews
  }

  get isEmpty(): boolean {
    return this.#statuses.size === 0 && this.#ended.size === 0 && this.#events.length === 0 && !this.#node
  }

  status(pod: Pod, status: Pod['status']): void {
    const { uid, name, namespace = '' } = pod.metadata
    const waiting = this.#statuses.get(uid)
    const last = waiting ? JSON.stringify(waiting.status) : this.#told.get(uid)
    if (last === JSON.stringify(status)) return
    this.#statuses.set(uid, { uid, name, namespace, status })
    this.#onNews()
  }

  ended(pod: Pod): void {
    const { uid, name, namespace = '' } = pod.metadata
    this.#ended.set(uid, { uid, name, namespace })
    this.#onNews()
  }

  event(event: AgentEvent): void {
    this.#events = [...this.#events, event].slice(-MAX_EVENTS)
    this.#onNews()
  }

  node(report: NodeReport): void {
    const text = JSON.stringify(report)
    if (text === this.#nodeText) return
    this.#nodeText = text
    this.#node = report
    this.#onNews()
  }

  /** The control plane asked for the node's status, whatever it was told before. */
  repeatNode(report: NodeReport): void {
    this.#nodeText = ''
    this.node(report)
  }

  /** Takes what is to be sent; `undo` puts it back where nothing newer has come. */
  take(): { readonly news: Pick<SyncRequest, 'node' | 'pods' | 'ended' | 'events'>; undo(): void; done(): void } {
    const pods = [...this.#statuses.values()].slice(0, MAX_REPORTS_A_SYNC)
    const ended = [...this.#ended.values()]
    const events = this.#events
    const node = this.#node
    for (const { uid } of pods) this.#statuses.delete(uid)
    for (const { uid, status } of pods) this.#told.set(uid, JSON.stringify(status))
    this.#ended.clear()
    this.#events = []
    this.#node = undefined
    return {
      news: { ...(node ? { node } : {}), pods, ended, events },
      done: () => {},
      undo: () => {
        for (const report of pods) if (!this.#statuses.has(report.uid)) this.#statuses.set(report.uid, report)
        for (const end of ended) this.#ended.set(end.uid, end)
        this.#events = [...events, ...this.#events].slice(-MAX_EVENTS)
        this.#node ??= node
      },
    }
  }

  /** The Pod is gone: nothing of it is news any more. */
  forget(uid: string): void {
    this.#statuses.delete(uid)
    this.#told.delete(uid)
    this.#ended.delete(uid)
  }

  /** The server may not have what it was told (a full sync): tell all again. */
  forgetTold(): void {
    this.#told.clear()
  }
}
