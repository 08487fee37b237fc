/** What is to be told: the newest status of each Pod, ended Pods, Events. Kept until the control plane has taken it. */
import type { AgentEvent, PodEnded, PodReport, SyncRequest } from '../../../src/protocol/agent.ts'

/** Events that could not be sent are few or old; beyond this the oldest are forgotten. */
const MAX_EVENTS = 500

export class Reports {
  #pods = new Map<string, PodReport>()
  #ended = new Map<string, PodEnded>()
  #events: AgentEvent[] = []
  #node: SyncRequest['node']

  get isEmpty(): boolean {
    return this.#pods.size === 0 && this.#ended.size === 0 && this.#events.length === 0 && this.#node === undefined
  }

  node(node: NonNullable<SyncRequest['node']>): void {
    this.#node = node
  }

  status(report: PodReport): void {
    this.#pods.set(report.uid, report)
  }

  ended(ended: PodEnded): void {
    this.#ended.set(ended.uid, ended)
  }

  event(event: AgentEvent): void {
    this.#events.push(event)
    if (this.#events.length > MAX_EVENTS) this.#events.shift()
  }

  /** Takes all there is; `putBack` is for when it could not be sent. */
  take(): { batch: Omit<SyncRequest, 'cursor'>; putBack: () => void } {
    const pods = this.#pods
    const ended = this.#ended
    const events = this.#events
    const node = this.#node
    this.#pods = new Map()
    this.#ended = new Map()
    this.#events = []
    this.#node = undefined
    return {
      batch: { ...(node ? { node } : {}), pods: [...pods.values()], ended: [...ended.values()], events },
      putBack: () => {
        // What has been told since is newer.
        this.#pods = new Map([...pods, ...this.#pods])
        this.#ended = new Map([...ended, ...this.#ended])
        this.#events = [...events, ...this.#events].slice(-MAX_EVENTS)
        this.#node ??= node
      },
    }
  }
}
