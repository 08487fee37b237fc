/**
 * Plays the platform under a control plane: turns, the alarm, sockets, and durability. What a turn writes becomes durable
 * as a whole, some time after it; until then nothing that the object says leaves it. A crash takes its memory, its
 * sockets and what is not durable; an eviction takes its memory only, and only while it has nothing to do.
 * https://developers.cloudflare.com/durable-objects/concepts/durable-object-lifecycle/
 */
import type { Transport } from '../../src/cluster/callouts/transport.ts'
import { type ControlPlane, createControlPlane } from '../../src/cluster/control-plane.ts'
import { createDatabase, type Database } from './database.ts'
import type { Outside } from './outside.ts'
import type { Chance } from './random.ts'
import { type FarEnd, SimulatedSocket, SocketList } from './sockets.ts'
import type { Timeline } from './timeline.ts'
import { Violation } from './violation.ts'

export type Answer<T> =
  | { readonly state: 'answered'; readonly value: T }
  | { readonly state: 'refused'; readonly error: unknown }
  /** Nobody knows whether it was done. */
  | { readonly state: 'lost' }

export interface DurableObject {
  readonly database: Database
  /** Asks the object; wakes it if it sleeps. `settle` is called once. */
  call<T>(work: (plane: ControlPlane) => Promise<T>, settle: (answer: Answer<T>) => void): void
  /** Opens a socket to the object; `accept` is what it does with its end. */
  connect(far: FarEnd, accept: (plane: ControlPlane, socket: SimulatedSocket) => void): SimulatedSocket
  /** The far end has said something. */
  hear(socket: SimulatedSocket, message: string): void
  /** The far end has closed. */
  hangUp(socket: SimulatedSocket): void
  crash(): void
  /** Answers whether it could be: not while there is anything to do. */
  evict(): boolean
  readonly isAwake: boolean
  /** In the midst of something: a turn or an answer is to come, or what a turn wrote is not durable yet. */
  readonly isBusy: boolean
  /** Makes durable what is not yet. */
  settle(): void
  /** What is in memory, made if there is nothing; for checks at rest. */
  plane(): ControlPlane
}

export interface DurableObjectOptions {
  readonly timeline: Timeline
  readonly chance: Chance
  /** Who answers webhooks. */
  readonly outside: Outside
  /** Called when something more is durable. */
  readonly durable: () => void
  readonly fail: (violation: Violation) => void
}

/** PEM in a real cluster. */
export const CA_CERTIFICATE = 'the CA'

/** Of a commit until it is durable, and of a turn until it begins. */
const DISK_MS = 10
const TURN_MS = 3
/** A broken connection is noticed at once, or by a time-out. */
const NOTICE_MS = 3000
const ALARM_LATE_MS = 50

export function createDurableObject({ timeline, chance, outside, durable, fail }: DurableObjectOptions): DurableObject {
  const database = createDatabase()
  const sockets = new SocketList()
  let plane: ControlPlane | undefined
  /** Counts lives; what was begun in a former one has no effect any more. */
  let life = 0
  let held: (() => void)[] = []
  let waiting = new Set<() => void>()
  let turns = 0
  /** Calls to the outside that are under way. */
  let calls = 0
  let isFlushing = false
  let alarm: number | undefined
  let ringing: number | undefined
  let durableAlarm: number | undefined

  const enter = (): ControlPlane => {
    plane ??= create()
    flushSoon()
    return plane
  }

  const create = (): ControlPlane =>
    createControlPlane({
      sql: database.sql,
      sockets,
      clock: timeline,
      random: chance,
      later: laterIn(life),
      setAlarm: (at) => {
        alarm = at
        arm(at)
      },
      tokens: { issue: () => Promise.reject(new Error('the simulation issues no tokens')) },
      certificates: { sign: () => Promise.reject(new Error('the simulation signs no certificates')) },
      transport: () => transportIn(life),
      after: () => () => undefined,
      caCertificate: () => CA_CERTIFICATE,
      compat: () => undefined,
      log: (message, fields) => {
        // What a webhook refuses is no bug.
        if (!String(fields['error']).includes('webhook')) fail(new Violation(message, JSON.stringify(fields)))
      },
    })

  /** What is asked leaves as any output does; what is answered to a former life nobody hears. */
  const transportIn = (of: number): Transport => ({
    post: ({ url = '' }, body, timeoutMs) =>
      new Promise((resolve, reject) => {
        calls += 1
        hold(() =>
          outside.post({ url, body, timeoutMs }, (told) => {
            if (of !== life) return
            calls -= 1
            if (told.state === 'answered') resolve(told.value)
            else reject(new Error(`failed to call webhook: Post ${JSON.stringify(url)}: ${told.why}`))
          }),
        )
      }),
  })

  const laterIn = (of: number) => (work: () => void) => {
    turns += 1
    timeline.after(chance.int(TURN_MS), 'a turn', () => {
      if (of !== life) return
      turns -= 1
      work()
      flushSoon()
    })
  }

  const arm = (at: number) =>
    timeline.after(at - timeline.now() + chance.int(ALARM_LATE_MS), 'the alarm', () => {
      if (alarm === at) ring(at)
    })

  const ring = (at: number): void => {
    const of = life
    alarm = undefined
    ringing = at
    enter()
      .alarm()
      .catch((error: unknown) => fail(new Violation('the alarm failed', String(error))))
      .finally(() => {
        if (of !== life) return
        ringing = undefined
        flushSoon()
      })
  }

  const flushSoon = (): void => {
    if (isFlushing) return
    isFlushing = true
    const of = life
    timeline.after(chance.int(DISK_MS), 'the disk', () => {
      if (of === life) flush()
    })
  }

  const flush = (): void => {
    isFlushing = false
    database.flush()
    // An alarm whose handler has not come to its end goes off again after a crash.
    durableAlarm = alarm ?? ringing
    const outputs = held
    held = []
    durable()
    for (const output of outputs) output()
  }

  const hold = (output: () => void): void => {
    held.push(output)
    flushSoon()
  }

  return {
    database,
    call(work, settle) {
      const of = life
      const lose = () => settle({ state: 'lost' })
      waiting.add(lose)
      const answer = (given: Answer<never>) => {
        if (of !== life) return
        hold(() => {
          waiting.delete(lose)
          settle(given)
        })
      }
      work(enter()).then(
        (value) => answer({ state: 'answered', value } as Answer<never>),
        (error: unknown) => answer({ state: 'refused', error }),
      )
    },
    connect(far, accept) {
      const socket = new SimulatedSocket({ timeline, chance, far, hold })
      accept(enter(), socket)
      return socket
    },
    hear(socket, message) {
      if (socket.isOpen) enter().hub().message(socket, message)
    },
    hangUp(socket) {
      if (!socket.isOpen) return
      socket.isOpen = false
      enter().closed(socket)
    },
    crash() {
      const lost = waiting
      plane = undefined
      life += 1
      held = []
      waiting = new Set()
      turns = 0
      calls = 0
      isFlushing = false
      database.lose()
      sockets.breakAll()
      alarm = durableAlarm
      ringing = undefined
      if (alarm !== undefined) arm(alarm)
      for (const lose of lost) timeline.after(chance.int(NOTICE_MS), 'a connection breaks', lose)
    },
    evict() {
      const isIdle = turns === 0 && calls === 0 && !isFlushing && held.length === 0 && waiting.size === 0
      if (!plane || !isIdle || ringing !== undefined) return false
      plane = undefined
      life += 1
      return true
    },
    get isAwake() {
      return plane !== undefined
    },
    get isBusy() {
      return turns > 0 || calls > 0 || isFlushing
    },
    settle: flush,
    plane: enter,
  }
}
