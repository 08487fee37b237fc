/**
 * Plays skycrane-agent on one machine: its sync loop, doorbell and Pod workers, with simulated containers. Where the
 * real agent's code is pure it is used as it is (what is reported, and how it is kept until it is taken).
 */
import { retryDelay } from '../../agent/src/backoff.ts'
import { Desired } from '../../agent/src/control/desired.ts'
import { Reports } from '../../agent/src/control/reports.ts'
import { identityOf, isRunning } from '../../agent/src/pods/containers.ts'
import { statusOf, statusText } from '../../agent/src/pods/status.ts'
import type { Pod } from '../../src/kube/types.ts'
import type { SyncRequest, SyncResponse } from '../../src/protocol/agent.ts'
import type { Answer } from './durable-object.ts'
import type { Machine } from './machine.ts'
import type { Line, Network } from './network.ts'
import type { Chance } from './random.ts'
import type { Timeline } from './timeline.ts'

export interface AgentOptions {
  readonly machine: Machine
  readonly network: Network
  readonly timeline: Timeline
  readonly chance: Chance
  /** A Pod's containers start on the machine. */
  readonly starting: (machine: Machine, pod: Pod) => void
}

const GATHER_MS = 50
const TIMEOUT_MS = 30_000
const RETRY = { initialMs: 500, maxMs: 30_000 }
const DOORBELL_RETRY = { initialMs: 1000, maxMs: 60_000 }
const PING_MS = 10_000
const PULL_MS = 3000
const START_MS = 800
const READY_MS = 4000
const STOP_MS = 1500
const RESTART_MS = 10_000

interface Worker {
  pod: Pod
  status: Pod['status']
  /** What the control plane has. */
  reported: string
  isBusy: boolean
  hasEnded: boolean
  isRemoved: boolean
  cancelProbe: () => void
}

export class Agent {
  readonly machine: Machine
  readonly #options: AgentOptions
  /** What one process of the agent has in memory; undefined while none runs. */
  #process: AgentProcess | undefined

  constructor(options: AgentOptions) {
    this.#options = options
    this.machine = options.machine
  }

  get isRunning(): boolean {
    return this.#process !== undefined
  }

  start(): void {
    this.#process ??= new AgentProcess(this.#options)
  }

  /** The process ends; what is on the machine stays. */
  crash(): void {
    this.#process?.die()
    this.#process = undefined
  }

  /** Something happened to one of the machine's containers. */
  notice(uid: string): void {
    this.#process?.turn(uid)
  }
}

class AgentProcess {
  readonly #options: AgentOptions
  readonly #machine: Machine
  readonly #reports = new Reports()
  readonly #desired = new Desired('')
  readonly #workers = new Map<string, Worker>()
  #cursor: string | undefined
  #isAlive = true
  #isWanted = false
  #isSyncing = false
  #failures = 0
  #cutShort: () => void = () => undefined
  #line: Line | undefined
  #doorbellAttempt = 0

  constructor(options: AgentOptions) {
    this.#options = options
    this.#machine = options.machine
    for (const pod of this.#machine.disk) this.#desired.pods.set(`${pod.metadata.namespace}/${pod.metadata.name}`, pod)
    this.#follow()
    this.#reports.node(this.#nodeReport())
    this.#ringUp()
    this.#wake()
  }

  die(): void {
    this.#isAlive = false
    this.#line?.close()
  }

  #after(ms: number, what: string, happen: () => void): () => void {
    return this.#options.timeline.after(ms, `${this.#machine.name}: ${what}`, () => {
      if (this.#isAlive) happen()
    })
  }

  #slowly(ms: number): number {
    return this.#options.chance.between(ms / 10, ms) * this.#machine.slowness
  }

  #wake(): void {
    this.#isWanted = true
    if (!this.#isSyncing) this.#waitThenSync(GATHER_MS)
  }

  #waitThenSync(ms: number): void {
    this.#cutShort()
    this.#cutShort = this.#after(ms, 'it is time to sync', () => this.#sync())
  }

  #sync(): void {
    this.#isSyncing = true
    this.#isWanted = false
    const { batch, putBack } = this.#reports.take()
    const request: SyncRequest = { ...(this.#cursor ? { cursor: this.#cursor } : {}), ...batch }
    let isSettled = false
    const settle = (answer: Answer<SyncResponse>) => {
      if (isSettled || !this.#isAlive) return
      isSettled = true
      giveUp()
      this.#isSyncing = false
      if (answer.state === 'answered') this.#take(answer.value)
      else this.#failed(putBack)
    }
    const giveUp = this.#after(TIMEOUT_MS, 'a sync timed out', () => settle({ state: 'lost' }))
    this.#options.network.sync(this.#machine, request, settle)
  }

  #failed(putBack: () => void): void {
    putBack()
    this.#failures += 1
    this.#isSyncing = true
    this.#after(retryDelay(this.#failures - 1, this.#options.chance.next, RETRY), 'it tries again', () => this.#sync())
  }

  #take(answer: SyncResponse): void {
    this.#cursor = answer.cursor
    this.#failures = 0
    const isChanged = this.#desired.take(answer)
    if (answer.node.statusWanted) {
      this.#reports.node(this.#nodeReport())
      this.#isWanted = true
    }
    if (isChanged) {
      this.#machine.disk = [...this.#desired.pods.values()]
      this.#follow()
    }
    if (answer.full) this.#clearAway()
    this.#waitThenSync(this.#isWanted ? GATHER_MS : this.#line ? answer.idleMs : answer.pollMs)
  }

  #ringUp(): void {
    let isOver = false
    const closed = () => {
      if (isOver || !this.#isAlive) return
      isOver = true
      this.#line = undefined
      const delay = retryDelay(this.#doorbellAttempt, this.#options.chance.next, DOORBELL_RETRY)
      this.#doorbellAttempt += 1
      this.#after(delay, 'it rings up again', () => this.#ringUp())
    }
    this.#options.network.doorbell(this.#machine, {
      opened: (line) => {
        if (!this.#isAlive) {
          line.close()
          return
        }
        this.#line = line
        this.#doorbellAttempt = 0
        this.#beat(line, closed)
        this.#wake()
      },
      rung: () => {
        if (this.#isAlive) this.#wake()
      },
      closed,
    })
  }

  #beat(line: Line, closed: () => void): void {
    if (this.#line !== line) return
    let isAnswered = false
    line.ping(() => {
      isAnswered = true
    })
    this.#after(PING_MS, 'its heart beats', () => {
      if (this.#line !== line) return
      if (isAnswered) {
        this.#beat(line, closed)
        return
      }
      line.close()
      closed()
    })
  }

  #nodeReport(): NonNullable<SyncRequest['node']> {
    const { name, ip, zone, cpu, memory, maxPods } = this.#machine.options
    const amounts = { cpu, memory, pods: String(maxPods) }
    const now = new Date(this.#machine.now()).toISOString().replace(/\.\d+/, '')
    return {
      labels: { 'kubernetes.io/hostname': name, 'topology.kubernetes.io/zone': zone },
      status: {
        capacity: amounts,
        allocatable: amounts,
        addresses: [{ type: 'InternalIP', address: ip }],
        conditions: [
          {
            type: 'Ready',
            status: 'True',
            reason: 'KubeletReady',
            message: 'the agent is ready',
            lastHeartbeatTime: now,
            lastTransitionTime: now,
          },
        ],
      },
    }
  }

  #follow(): void {
    const wanted = new Map([...this.#desired.pods.values()].map((pod) => [pod.metadata.uid, pod]))
    for (const [uid, pod] of wanted) {
      const worker = this.#workers.get(uid)
      if (worker?.pod.metadata.resourceVersion === pod.metadata.resourceVersion) continue
      if (worker) {
        worker.pod = pod
        // Another may have written over it, or it never arrived: then it is told again.
        worker.reported = statusText(pod.status)
      } else this.#workers.set(uid, newWorker(pod))
      this.turn(uid)
    }
    for (const [uid, worker] of this.#workers) {
      if (wanted.has(uid) || worker.isRemoved) continue
      worker.isRemoved = true
      this.turn(uid)
    }
    // It waits for its range.
    for (const uid of this.#workers.keys()) if (!this.#machine.ipOf(uid)) this.turn(uid)
  }

  /** What the machine holds of Pods that nobody wants. */
  #clearAway(): void {
    for (const uid of this.#machine.uids()) if (!this.#workers.has(uid)) this.#machine.remove(uid)
  }

  /** Looks at one Pod, tells what it sees, and does the next thing. */
  turn(uid: string): void {
    const worker = this.#workers.get(uid)
    if (!worker || !this.#isAlive) return
    this.#publish(worker)
    if (worker.isBusy) return
    if (worker.isRemoved || worker.pod.metadata.deletionTimestamp !== undefined) this.#end(uid, worker)
    else this.#run(uid, worker)
  }

  #busy(worker: Worker, ms: number, what: string, then: () => void): void {
    worker.isBusy = true
    this.#after(this.#slowly(ms), what, () => {
      worker.isBusy = false
      then()
      this.turn(worker.pod.metadata.uid)
    })
  }

  #run(uid: string, worker: Worker): void {
    const range = this.#desired.podCidr
    const { containers, sandboxes } = this.#machine.observe(worker.pod)
    if (sandboxes.length === 0) {
      if (range) this.#busy(worker, PULL_MS, 'an image is there', () => this.#machine.plug(worker.pod, range))
      return
    }
    if (containers.some(isRunning)) {
      this.#probe(uid, worker)
      return
    }
    const delay = containers.length === 0 ? START_MS : RESTART_MS
    this.#busy(worker, delay, 'containers start', () => {
      if (worker.isRemoved || worker.pod.metadata.deletionTimestamp !== undefined) return
      this.#options.starting(this.#machine, worker.pod)
      this.#machine.start(worker.pod, this.#slowly(READY_MS))
    })
  }

  #probe(uid: string, worker: Worker): void {
    const ms = this.#machine.nextReadyInMs(uid)
    worker.cancelProbe()
    if (ms !== undefined) worker.cancelProbe = this.#after(ms, 'a probe', () => this.turn(uid))
  }

  #end(uid: string, worker: Worker): void {
    const isOver = !this.#machine.observe(worker.pod).containers.some(isRunning)
    if (!isOver) {
      const graceMs = worker.isRemoved ? 0 : (worker.pod.metadata.deletionGracePeriodSeconds ?? 30) * 1000
      this.#busy(worker, Math.max(20, Math.min(graceMs, STOP_MS)), 'containers stop', () => this.#machine.exit(uid, 0))
      return
    }
    if (worker.isRemoved) {
      this.#machine.remove(uid)
      this.#workers.delete(uid)
      return
    }
    if (worker.hasEnded) return
    this.#machine.unplug(uid)
    this.#publish(worker, true)
    worker.hasEnded = true
    this.#reports.ended(identityOf(worker.pod))
    this.#wake()
  }

  #publish(worker: Worker, isOver = false): void {
    const { pod } = worker
    const { uid } = pod.metadata
    const podIp = this.#machine.ipOf(uid)
    worker.status = statusOf(pod, {
      observed: this.#machine.observe(pod),
      old: worker.status,
      podIp,
      hostIp: this.#machine.options.ip,
      isSandboxReady: podIp !== undefined,
      reasons: new Map(),
      messages: new Map(),
      healthOf: (_, id) => ({ isStarted: true, isReady: this.#machine.isReady(uid, id) }),
      isOver: isOver || worker.hasEnded,
      now: new Date(this.#machine.now()),
    })
    const text = statusText(worker.status)
    if (worker.isRemoved || text === worker.reported) return
    worker.reported = text
    this.#reports.status({ ...identityOf(pod), status: worker.status })
    this.#wake()
  }
}

const newWorker = (pod: Pod): Worker => ({
  pod,
  status: pod.status,
  reported: statusText(pod.status),
  isBusy: false,
  hasEnded: false,
  isRemoved: false,
  cancelProbe: () => undefined,
})
