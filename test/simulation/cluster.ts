/** A whole cluster in one process: control plane, machines with their agents, clients, and everything about them. */
import { furnishCluster } from '../../src/cluster/apiserver/furnishing.ts'
import type { KubeObject } from '../../src/kube/object.ts'
import { nodes } from '../../src/kube/resources/core/node.ts'
import { Agent } from './agent.ts'
import type { Checker } from './checkers/checker.ts'
import { checkers } from './checkers/index.ts'
import { type Client, createClient } from './client.ts'
import { CA_CERTIFICATE, createDurableObject, type DurableObject } from './durable-object.ts'
import { createHistory, type History } from './history.ts'
import { Machine } from './machine.ts'
import { createNetwork, type Network } from './network.ts'
import { createOutside, type Outside } from './outside.ts'
import { type Chance, createChance } from './random.ts'
import { createTimeline, type Timeline } from './timeline.ts'
import type { Violation } from './violation.ts'
import { createWatcher, type Interest, type Watcher } from './watcher.ts'

const START = Date.parse('2026-01-01T10:00:00Z')
/** Its chance is that of another seed. */
const OUTSIDE = 1_000_003

export class Cluster {
  readonly chance: Chance
  readonly timeline: Timeline
  readonly object: DurableObject
  readonly history: History = createHistory()
  readonly network: Network
  readonly outside: Outside
  readonly client: Client
  readonly agents: Agent[] = []
  readonly watchers: Watcher[] = []
  readonly checkers: readonly Checker[]
  /** What happened, the newest last. */
  readonly trace: string[] = []
  steps = 0
  #violation: Violation | undefined
  #counter = 0

  constructor(seed: number) {
    this.chance = createChance(seed)
    const timeline = createTimeline(START, this.chance.fork())
    const fail = (violation: Violation) => {
      this.#violation ??= violation
    }
    this.timeline = timeline
    // Not a fork: what is drawn outside moves nothing of what happens in a cluster without webhooks.
    const outside = createOutside(timeline, createChance(seed + OUTSIDE))
    this.outside = outside
    this.checkers = checkers(outside)
    const durable = () => this.#durable()
    this.object = createDurableObject({ timeline, chance: this.chance.fork(), outside, durable, fail })
    const { object } = this
    this.network = createNetwork({ timeline, chance: this.chance.fork(), object })
    this.client = createClient({ timeline, chance: this.chance.fork(), object, fail })
  }

  /** Makes what every cluster has. */
  async found(): Promise<void> {
    let isDone = false
    const found = (): void =>
      this.object.call(
        ({ queue, store, operations }) =>
          queue.commit(() => furnishCluster(store, operations, { caCertificate: CA_CERTIFICATE })),
        ({ state }) => {
          if (state === 'answered') isDone = true
          else found()
        },
      )
    found()
    while (!isDone) await this.step()
  }

  /** A new machine with an agent that joins. */
  join(name = `node-${++this.#counter}`): Agent {
    const at = this.#counter
    const machine = new Machine({
      name,
      ip: `192.168.0.${at}`,
      zone: `zone-${at % 2}`,
      cpu: '4',
      memory: '8Gi',
      maxPods: 30,
      timeline: this.timeline,
    })
    const agent = new Agent({
      machine,
      network: this.network,
      timeline: this.timeline,
      chance: this.chance.fork(),
      starting: (on, pod) => {
        for (const checker of this.checkers) checker.starting?.(on, pod)
      },
    })
    this.agents.push(agent)
    agent.start()
    return agent
  }

  /** A machine is switched off for good, and its Node deleted. */
  leave(agent: Agent): void {
    agent.crash()
    agent.machine.loseContainers()
    this.agents.splice(this.agents.indexOf(agent), 1)
    this.client.remove(nodes, { namespace: '', name: agent.machine.name })
  }

  watch(interest: Interest): void {
    const { timeline, object } = this
    this.watchers.push(createWatcher({ timeline, object, interest, chance: this.chance.fork() }))
  }

  /** Lets the next thing happen, and all that follows of it at once. */
  async step(): Promise<void> {
    const what = this.timeline.step()
    this.steps += 1
    this.note(what ?? 'nothing')
    await promisesKept()
    if (this.#violation) throw this.#violation
  }

  note(what: string): void {
    this.trace.push(`${new Date(this.timeline.now()).toISOString().slice(11, 23)} ${what}`)
    if (this.trace.length > 2000) this.trace.splice(0, 1000)
  }

  #durable(): void {
    this.history.read(this.object.database.sql, {
      change: (change, before) => {
        const { rv, type, resource, key, object } = change
        this.note(`  ${rv} ${type} ${resource} ${key.namespace}/${key.name}${detailsOf(object)}`)
        for (const checker of this.checkers) checker.change?.(change, before)
      },
      changed: (change, after) => {
        for (const checker of this.checkers) checker.changed?.(change, after)
      },
    })
  }

  /** From now on Pods may go, or serve nobody, without anybody in the control plane wanting it. */
  excuse(): void {
    for (const checker of this.checkers) checker.excuse?.(this.timeline.now())
  }

  look(): void {
    for (const checker of this.checkers) checker.look?.(this)
  }

  judge(): void {
    for (const checker of this.checkers) checker.rest?.(this)
  }
}

/** Everything that only waits for what has happened has gone on: no promise of the code under test waits for a timer. */
const promisesKept = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** What histories are most often read for: numbers of replicas, and what is on its way out. */
function detailsOf(object: KubeObject): string {
  const { spec, status } = object as { spec?: { replicas?: number }; status?: { replicas?: number } }
  const replicas = spec?.replicas === undefined ? '' : `, ${status?.replicas ?? 0} of ${spec.replicas} replicas`
  return `${replicas}${object.metadata.deletionTimestamp === undefined ? '' : ', going'}`
}
