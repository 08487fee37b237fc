/** What goes wrong, drawn from the seed. Which faults there are at all is drawn too: each kind is missing in some runs. */
import type { Cluster } from './cluster.ts'
import type { Chance } from './random.ts'

export interface FaultPlan {
  /** Of ten thousand steps in which the control plane is busy, before how many it crashes. */
  readonly crashes: number
  /** Of ten thousand steps, before how many it is evicted. */
  readonly evictions: number
  /** Whether machines, agents and containers fail. */
  readonly isRough: boolean
  /** Whether syncs are lost, repeated and late. */
  readonly isLossy: boolean
}

export const planOf = (chance: Chance): FaultPlan => ({
  crashes: chance.pick([0, 30, 200, 800]),
  evictions: chance.pick([0, 100, 2000]),
  isRough: chance.percent(60),
  isLossy: chance.percent(60),
})

export interface Faults {
  readonly plan: FaultPlan
  readonly counts: Record<string, number>
  /** Before each step. */
  maybe(): void
  /** Nodes and the network work again; the control plane goes on crashing. */
  end(): void
}

const GAPS = [100, 2000, 10_000, 60_000] as const

export function startFaults(cluster: Cluster, chance: Chance): Faults {
  const plan = planOf(chance)
  const counts: Record<string, number> = {}
  let isOver = false
  const count = (what: string): void => {
    counts[what] = (counts[what] ?? 0) + 1
    cluster.note(`  fault: ${what}`)
  }

  if (plan.isLossy)
    Object.assign(cluster.network.faults, {
      lostRequests: chance.int(10),
      lostAnswers: chance.int(10),
      repeated: chance.int(10),
    })

  const break1 = (): void => {
    const { machine } = chance.some(cluster.agents) ?? {}
    const agent = cluster.agents.find((each) => each.machine === machine)
    if (!machine || !agent) return
    cluster.excuse()
    const [what, work] = chance.pick(faultsOf(cluster, chance))
    count(what)
    work(agent)
  }

  const next = (): void => {
    cluster.timeline.after(chance.pick(GAPS), 'something breaks', () => {
      if (isOver) return
      break1()
      next()
    })
  }
  if (plan.isRough) {
    cluster.network.faults.late = chance.int(5)
    next()
  }

  return {
    plan,
    counts,
    maybe() {
      const lot = chance.int(10_000)
      if (lot < plan.crashes) {
        if (!cluster.object.isBusy) return
        count('the control plane crashes')
        cluster.object.crash()
      } else if (lot < plan.crashes + plan.evictions && cluster.object.evict()) count('the control plane is evicted')
    },
    end() {
      isOver = true
      Object.assign(cluster.network.faults, { lostRequests: 0, lostAnswers: 0, repeated: 0, late: 0 })
      for (const agent of cluster.agents) {
        agent.machine.isCutOff = false
        agent.machine.slowness = 1
        agent.machine.skewMs = 0
        agent.start()
      }
    },
  }
}

type Fault = readonly [what: string, work: (agent: Cluster['agents'][number]) => void]

/** Shorter than a node is waited for, longer, and longer than its Pods are. */
const SILENCES = [3000, 30_000, 60_000, 200_000, 500_000] as const

function faultsOf({ timeline }: Cluster, chance: Chance): readonly Fault[] {
  const later = (ms: number, what: string, work: () => void) => timeline.after(ms, what, work)
  return [
    [
      'a container crashes',
      (agent) => {
        const pod = chance.some(agent.machine.running())
        if (!pod) return
        agent.machine.exit(pod.metadata.uid, 1)
        agent.notice(pod.metadata.uid)
      },
    ],
    [
      'an agent crashes',
      (agent) => {
        agent.crash()
        later(chance.pick(SILENCES), 'an agent restarts', () => agent.start())
      },
    ],
    [
      'a machine is cut off',
      ({ machine }) => {
        machine.isCutOff = true
        later(chance.pick(SILENCES), 'a machine is back', () => {
          machine.isCutOff = false
        })
      },
    ],
    [
      'a machine loses power',
      (agent) => {
        agent.crash()
        agent.machine.loseContainers()
        later(chance.pick(SILENCES), 'a machine has power', () => agent.start())
      },
    ],
    [
      'a machine is slow',
      ({ machine }) => {
        machine.slowness = chance.pick([1, 5, 30])
      },
    ],
    [
      'a clock is off',
      ({ machine }) => {
        machine.skewMs = chance.between(-120_000, 120_000)
      },
    ],
  ]
}
