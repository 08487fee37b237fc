import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Node, Pod } from '../kube/types.ts'
import { createScheduler, type Decision, type Scheduler, writesOf } from './scheduler.ts'
import { bound, node, pod } from './testing.ts'

const now = Date.parse('2026-01-01T11:00:00Z')
const random = () => 0.5

function schedulerOf(nodes: readonly Node[], pods: readonly Pod[] = []): Scheduler {
  const scheduler = createScheduler()
  for (const each of nodes) scheduler.observeNode(each, undefined)
  for (const each of pods) scheduler.observePod(each, undefined)
  return scheduler
}

const decide = (scheduler: Scheduler, limit = 1000): Decision[] => scheduler.schedule({ now, limit, random }).decisions
const nodesOf = (decisions: readonly Decision[]) =>
  decisions.map((decision) => (decision.verb === 'bind' ? decision.node : '-'))
const messageOf = (decisions: readonly Decision[]) =>
  decisions.map((decision) => (decision.verb === 'unschedulable' ? decision.message : 'bound')).join('\n')

const FINAL = (n: number) => `preemption: 0/${n} nodes are available: ${n} Preemption is not helpful for scheduling.`
const taint = { key: 'dedicated', value: 'db', effect: 'NoSchedule' } as const

describe('a Pod that fits nowhere is told why', () => {
  it.each([
    { when: 'there are no nodes', nodes: [], wants: {}, says: 'no nodes available to schedule pods' },
    {
      when: 'all nodes are cordoned',
      nodes: [node('a', { spec: { unschedulable: true } })],
      wants: {},
      says: `0/1 nodes are available: 1 node(s) were unschedulable. ${FINAL(1)}`,
    },
    {
      when: 'it asks for more than any node has',
      nodes: [node('a'), node('b')],
      wants: { cpu: '5' },
      says: `0/2 nodes are available: 2 Insufficient cpu. ${FINAL(2)}`,
    },
    {
      when: 'two resources run short',
      nodes: [node('a'), node('b')],
      wants: { cpu: '5', memory: '9Gi' },
      says: `0/2 nodes are available: 2 Insufficient cpu, 2 Insufficient memory. ${FINAL(2)}`,
    },
    {
      when: 'it asks for a resource no node has',
      nodes: [node('a')],
      wants: { requests: { 'nvidia.com/gpu': '1' } },
      says: `0/1 nodes are available: 1 Insufficient nvidia.com/gpu. ${FINAL(1)}`,
    },
    {
      when: 'a taint is not tolerated',
      nodes: [node('a', { spec: { taints: [taint] } })],
      wants: {},
      says: `0/1 nodes are available: 1 node(s) had untolerated taint {dedicated: db}. ${FINAL(1)}`,
    },
    {
      when: 'its selector matches no node',
      nodes: [node('a')],
      wants: { spec: { nodeSelector: { disk: 'ssd' } } },
      says: `0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector. ${FINAL(1)}`,
    },
    {
      when: 'every node has another reason',
      nodes: [
        node('a', { spec: { unschedulable: true } }),
        node('b', { cpu: '1' }),
        node('c', { spec: { taints: [taint] } }),
      ],
      wants: { cpu: '2' },
      says:
        '0/3 nodes are available: 1 Insufficient cpu, 1 node(s) had untolerated taint {dedicated: db}, ' +
        `1 node(s) were unschedulable. ${FINAL(3)}`,
    },
    {
      when: 'it may not preempt',
      nodes: [node('a')],
      wants: { cpu: '5', spec: { preemptionPolicy: 'Never' as const } },
      says: '0/1 nodes are available: 1 Insufficient cpu. preemption: not eligible due to preemptionPolicy=Never.',
    },
  ])('when $when', ({ nodes, wants, says }) => {
    expect(messageOf(decide(schedulerOf(nodes, [pod(wants)])))).toBe(says)
  })

  it('and that nobody could make way, where others have taken the room', () => {
    const scheduler = schedulerOf(
      [node('a', { cpu: '1', pods: '1' })],
      [bound(pod({ cpu: '800m' }), 'a'), pod({ cpu: '500m' })],
    )
    expect(messageOf(decide(scheduler))).toBe(
      '0/1 nodes are available: 1 Insufficient cpu, 1 Too many pods. ' +
        'preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.',
    )
  })
})

describe('filters', () => {
  it('let a Pod on a cordoned or tainted node that tolerates it', () => {
    const tolerations = [{ operator: 'Exists' as const }]
    const nodes = [node('a', { spec: { unschedulable: true, taints: [taint] } })]
    expect(nodesOf(decide(schedulerOf(nodes, [pod({ spec: { tolerations } })])))).toEqual(['a'])
  })

  it('keep two Pods with one host port apart', () => {
    const wants = () =>
      pod({ spec: { containers: [{ name: 'c', image: 'i', ports: [{ containerPort: 80, hostPort: 80 }] }] } })
    const decisions = decide(schedulerOf([node('a'), node('b')], [wants(), wants(), wants()]))
    expect(nodesOf(decisions).sort()).toEqual(['-', 'a', 'b'])
    expect(messageOf(decisions)).toContain("2 node(s) didn't have free ports for the requested pod ports")
  })

  it('keep Pods with anti-affinity apart, also from one that does not mind', () => {
    const antiAffinity = {
      requiredDuringSchedulingIgnoredDuringExecution: [
        { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { app: 'db' } } },
      ],
    }
    const shy = () => pod({ labels: { app: 'db' }, spec: { affinity: { podAntiAffinity: antiAffinity } } })
    const decisions = decide(schedulerOf([node('a'), node('b')], [shy(), shy(), shy()]))
    expect(nodesOf(decisions).sort()).toEqual(['-', 'a', 'b'])
    expect(messageOf(decisions)).toContain("2 node(s) didn't match pod anti-affinity rules")
    const other = schedulerOf([node('a')], [bound(shy(), 'a'), pod({ labels: { app: 'db' } })])
    expect(messageOf(decide(other))).toContain("1 node(s) didn't satisfy existing pods anti-affinity rules")
  })

  it('bring Pods with affinity together, and let the first of them start', () => {
    const podAffinity = {
      requiredDuringSchedulingIgnoredDuringExecution: [
        { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { app: 'web' } } },
      ],
    }
    const social = () => pod({ labels: { app: 'web' }, spec: { affinity: { podAffinity } } })
    const nodes = nodesOf(decide(schedulerOf([node('a'), node('b'), node('c')], [social(), social(), social()])))
    expect(new Set(nodes).size).toBe(1)
    expect(nodes[0]).not.toBe('-')
  })

  it('hold the skew of hard spread constraints', () => {
    const topologySpreadConstraints = [
      {
        maxSkew: 1,
        topologyKey: 'zone',
        whenUnsatisfiable: 'DoNotSchedule' as const,
        labelSelector: { matchLabels: { app: 'web' } },
      },
    ]
    const wants = () => pod({ labels: { app: 'web' }, spec: { topologySpreadConstraints } })
    const nodes = [node('a', { labels: { zone: 'x' } }), node('b', { labels: { zone: 'y' }, pods: '1' }), node('c')]
    const decisions = decide(schedulerOf(nodes, [wants(), wants(), wants(), wants()]))
    expect(nodesOf(decisions).sort()).toEqual(['-', 'a', 'a', 'b'])
    expect(messageOf(decisions)).toContain(
      "1 Too many pods, 1 node(s) didn't match pod topology spread constraints, " +
        "1 node(s) didn't match pod topology spread constraints (missing required label).",
    )
  })
})

describe('choice', () => {
  it('spreads the replicas of one owner over all nodes first', () => {
    const nodes = ['a', 'b', 'c', 'd'].map((name) => node(name))
    const decisions = decide(
      schedulerOf(
        nodes,
        Array.from({ length: 8 }, () => pod({ owner: 'rs', cpu: '100m' })),
      ),
    )
    expect(nodesOf(decisions).sort()).toEqual(['a', 'a', 'b', 'b', 'c', 'c', 'd', 'd'])
  })

  it('takes the emptier node, and avoids one that others should have', () => {
    expect(
      nodesOf(decide(schedulerOf([node('a'), node('b')], [bound(pod({ cpu: '2' }), 'a'), pod({ cpu: '1' })]))),
    ).toEqual(['b'])
    const avoided = node('b', { spec: { taints: [{ key: 'k', effect: 'PreferNoSchedule' }] } })
    expect(
      nodesOf(decide(schedulerOf([node('a'), avoided], [bound(pod({ cpu: '2' }), 'a'), pod({ cpu: '1' })]))),
    ).toEqual(['a'])
  })

  it('begins with the highest priority, then the oldest', () => {
    const pods = [
      pod({ name: 'young', created: '2026-01-01T10:00:09Z' }),
      pod({ name: 'old', created: '2026-01-01T10:00:01Z' }),
      pod({ name: 'urgent', created: '2026-01-01T10:00:30Z', spec: { priority: 1000 } }),
    ]
    expect(decide(schedulerOf([node('a')], pods)).map((decision) => decision.pod.metadata.name)).toEqual([
      'urgent',
      'old',
      'young',
    ])
  })

  it('leaves alone what is not its own, gated, terminating or bound', () => {
    const pods = [
      pod({ spec: { schedulerName: 'mine' } }),
      pod({ spec: { schedulingGates: [{ name: 'wait' }] } }),
      bound(pod(), 'a'),
    ]
    expect(decide(schedulerOf([node('a')], pods))).toEqual([])
  })
})

describe('a refused Pod', () => {
  it('waits until something happens that may help, and is not tried before', () => {
    const big = pod({ cpu: '3' })
    const running = bound(pod({ cpu: '2' }), 'a')
    const scheduler = schedulerOf([node('a')], [running, big])
    expect(nodesOf(decide(scheduler))).toEqual(['-'])
    expect(scheduler.schedule({ now, limit: 10, random })).toEqual({ decisions: [], more: false })
    const told = { ...big, status: { ...big.status, conditions: [{ type: 'PodScheduled', status: 'False' as const }] } }
    scheduler.observePod(told, big)
    scheduler.observeNode(node('a', { labels: { some: 'label' } }), node('a'))
    expect(decide(scheduler)).toEqual([])
    scheduler.observePod(undefined, running)
    expect(decide(scheduler)).toEqual([{ verb: 'bind', pod: told, node: 'a' }])
  })

  it.each([
    { when: 'a node joins', what: (s: Scheduler) => s.observeNode(node('b', { cpu: '8' }), undefined) },
    { when: 'its node grows', what: (s: Scheduler) => s.observeNode(node('a', { cpu: '8' }), node('a')) },
    {
      when: 'a Pod ends',
      what: (s: Scheduler, running: Pod) => s.observePod({ ...running, status: { phase: 'Succeeded' } }, running),
    },
  ])('is tried again when $when', ({ what }) => {
    const running = bound(pod({ cpu: '2' }), 'a')
    const scheduler = schedulerOf([node('a')], [running, pod({ cpu: '3' })])
    decide(scheduler)
    what(scheduler, running)
    expect(decide(scheduler).map(({ verb }) => verb)).toEqual(['bind'])
  })

  it('is tried again when a node goes, with which the skew of its domain does', () => {
    const topologySpreadConstraints = [
      {
        maxSkew: 1,
        topologyKey: 'zone',
        whenUnsatisfiable: 'DoNotSchedule' as const,
        labelSelector: { matchLabels: { app: 'web' } },
      },
    ]
    const wants = () => pod({ labels: { app: 'web' }, spec: { topologySpreadConstraints } })
    const full = node('b', { labels: { zone: 'y' }, pods: '0' })
    const scheduler = schedulerOf([node('a', { labels: { zone: 'x' } }), full], [wants(), wants()])
    expect(nodesOf(decide(scheduler)).sort()).toEqual(['-', 'a'])
    scheduler.observeNode(undefined, full)
    expect(nodesOf(decide(scheduler))).toEqual(['a'])
  })

  it('is told of the nodes that are left when one goes', () => {
    const scheduler = schedulerOf([node('a'), node('b')], [pod({ cpu: '5' })])
    expect(messageOf(decide(scheduler))).toContain('0/2 nodes are available')
    scheduler.observeNode(undefined, node('b'))
    expect(messageOf(decide(scheduler))).toContain('0/1 nodes are available')
  })

  it('is written once, and again only when the message changes', () => {
    const wants = pod({ cpu: '5' })
    const [decision] = decide(schedulerOf([node('a')], [wants]))
    if (decision?.verb !== 'unschedulable') throw new Error('it fits')
    const [status, event] = writesOf(decision, now)
    if (status?.verb !== 'updateStatus' || event?.verb !== 'event') throw new Error('no status')
    const told = status.object as Pod
    expect(told.status.conditions).toEqual([
      {
        type: 'PodScheduled',
        status: 'False',
        reason: 'Unschedulable',
        message: decision.message,
        lastTransitionTime: '2026-01-01T11:00:00Z',
      },
    ])
    expect(event.event).toMatchObject({ type: 'Warning', reason: 'FailedScheduling', component: 'default-scheduler' })
    expect(writesOf({ ...decision, pod: told }, now)).toEqual([])
  })
})

it('says in an Event where it put a Pod', () => {
  const [decision] = decide(schedulerOf([node('a')], [pod({ name: 'web-1' })]))
  if (!decision) throw new Error('undecided')
  expect(writesOf(decision, now)).toMatchObject([
    { verb: 'bind', node: 'a' },
    { event: { type: 'Normal', reason: 'Scheduled', message: 'Successfully assigned default/web-1 to a' } },
  ])
})

it('explains each node', () => {
  const scheduler = schedulerOf([node('a', { cpu: '1' }), node('b')])
  expect(scheduler.explain(pod({ cpu: '2' }))).toMatchObject([
    { node: 'a', fits: false, filter: 'NodeResourcesFit', reasons: ['Insufficient cpu'] },
    { node: 'b', fits: true, reasons: [] },
  ])
})

describe('law', () => {
  const sizes = fc.integer({ min: 1, max: 30 }).map((n) => `${n * 100}m`)
  it('no node is ever given more than it has, and what is put aside fits nowhere', () =>
    fc.assert(
      fc.property(
        fc.array(sizes, { maxLength: 40 }),
        fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 6 }),
        (asked, cpus) => {
          const free = new Map(cpus.map((cpu, at) => [`n${at}`, cpu * 1000]))
          const scheduler = schedulerOf(
            cpus.map((cpu, at) => node(`n${at}`, { cpu: String(cpu) })),
            asked.map((cpu) => pod({ cpu })),
          )
          const cpuOf = ({ spec }: Pod) => Number.parseInt(String(spec.containers[0]?.resources?.requests?.['cpu']), 10)
          for (const decision of decide(scheduler)) {
            const wanted = cpuOf(decision.pod)
            if (decision.verb === 'bind') {
              free.set(decision.node, (free.get(decision.node) ?? 0) - wanted)
              expect(free.get(decision.node)).toBeGreaterThanOrEqual(0)
            } else expect(Math.max(...free.values())).toBeLessThan(wanted)
          }
        },
      ),
    ))

  it('memory fed with changes decides as memory fed anew', () =>
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(5), fc.nat(3), fc.boolean()), { maxLength: 30 }), (acts) => {
        const nodes = ['n0', 'n1', 'n2', 'n3'].map((name) => node(name))
        const fed = schedulerOf(nodes)
        const present = new Map<number, Pod>()
        for (const [slot, at, isGone] of acts) {
          const former = present.get(slot)
          const next = isGone ? undefined : bound(pod({ cpu: '500m', owner: `o${slot}` }), `n${at}`)
          fed.observePod(next, former)
          if (next) present.set(slot, next)
          else present.delete(slot)
        }
        const fresh = schedulerOf(nodes, [...present.values()])
        const asked = pod({ cpu: '1', owner: 'o1' })
        expect(fed.explain(asked)).toEqual(fresh.explain(asked))
      }),
    ))
})

describe('the work of a decision', () => {
  /** The same object; `note` hears of every look at it. */
  const watched = <T extends object>(object: T, note: () => void): T =>
    new Proxy(object, {
      get(target, name) {
        note()
        return Reflect.get(target, name)
      },
    })

  it('is no look at a Pod that is bound already: 1,000 of them cost what none costs', () => {
    let looks = 0
    const nodes = Array.from({ length: 100 }, (_, at) => node(`n${at}`))
    const running = Array.from({ length: 1000 }, (_, at) => bound(pod({ cpu: '10m' }), `n${at % 100}`))
    const scheduler = schedulerOf(
      nodes,
      running.map((each) => watched(each, () => looks++)),
    )
    for (let at = 0; at < 50; at++) scheduler.observePod(pod({ cpu: '100m', owner: `rs${at % 5}` }), undefined)
    looks = 0
    expect(decide(scheduler).map(({ verb }) => verb)).toEqual(Array(50).fill('bind'))
    expect(looks).toBe(0)
  })

  it('is a look at 420 of 1,000 nodes that fit, each time at others', () => {
    const seen = new Set<string>()
    const scheduler = schedulerOf(
      Array.from({ length: 1000 }, (_, at) => node(`n${at}`)).map((each) =>
        watched(each, () => seen.add(each.metadata.name)),
      ),
    )
    const lookedAt = () => {
      seen.clear()
      scheduler.observePod(pod({ cpu: '100m' }), undefined)
      decide(scheduler)
      return new Set(seen)
    }
    const first = lookedAt()
    const second = lookedAt()
    expect([first.size, second.size]).toEqual([420, 420])
    expect([...second].some((name) => first.has(name))).toBe(false)
  })
})
