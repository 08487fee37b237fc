/** Between machines and the control plane: latency, and what faults do to what is under way. */
import type { SyncRequest, SyncResponse } from '../../src/protocol/agent.ts'
import type { Answer, DurableObject } from './durable-object.ts'
import type { Machine } from './machine.ts'
import type { Chance } from './random.ts'
import type { SimulatedSocket } from './sockets.ts'
import type { Timeline } from './timeline.ts'

/** In percent of the syncs. */
export interface NetworkFaults {
  lostRequests: number
  lostAnswers: number
  repeated: number
  late: number
}

export interface Network {
  readonly faults: NetworkFaults
  /** `settle` may be called more than once: the caller takes the first, and has a time-out of its own. */
  sync(machine: Machine, request: SyncRequest, settle: (answer: Answer<SyncResponse>) => void): void
  /** `closed` is called in the end, `opened` before it or never. */
  doorbell(machine: Machine, far: DoorbellEnd): void
}

export interface DoorbellEnd {
  opened(socket: Line): void
  rung(): void
  closed(): void
}

/** The machine's end of a socket. */
export interface Line {
  /** Answered by the platform, or not: then `pong` is not called. */
  ping(pong: () => void): void
  close(): void
}

const LATENCY_MS = 60
/** Beyond the caller's time-out: it has long asked again. */
const LATE_MS = 50_000

export interface NetworkOptions {
  readonly timeline: Timeline
  readonly chance: Chance
  readonly object: DurableObject
}

export function createNetwork({ timeline, chance, object }: NetworkOptions): Network {
  const faults: NetworkFaults = { lostRequests: 0, lostAnswers: 0, repeated: 0, late: 0 }
  const latency = () => chance.int(chance.percent(faults.late) ? LATE_MS : LATENCY_MS)

  const deliver: Network['sync'] = (machine, request, settle) => {
    if (chance.percent(faults.lostRequests)) return
    timeline.after(latency(), `a sync of ${machine.name}`, () => {
      if (machine.isCutOff) return
      object.call(
        // What was sent is text: nobody shares an object over a network.
        (plane) => plane.gateway.sync(machine.name, structuredClone(request)),
        (answer) => {
          if (machine.isCutOff || chance.percent(faults.lostAnswers)) return
          const received = structuredClone(answer)
          timeline.after(latency(), `an answer for ${machine.name}`, () => {
            if (!machine.isCutOff) settle(received)
          })
        },
      )
    })
  }

  return {
    faults,
    sync(machine, request, settle) {
      deliver(machine, request, settle)
      if (chance.percent(faults.repeated)) deliver(machine, request, settle)
    },
    doorbell(machine, far) {
      timeline.after(latency(), `the doorbell of ${machine.name}`, () => {
        if (machine.isCutOff) {
          far.closed()
          return
        }
        const socket = object.connect(
          {
            message: () => {
              if (!machine.isCutOff) far.rung()
            },
            closed: () => far.closed(),
          },
          (plane, accepted) => {
            plane.doorbell.accept(machine.name, accepted)
            plane.liveness.heard(machine.name, timeline.now())
          },
        )
        far.opened(lineOf(machine, socket))
      })
    },
  }

  function lineOf(machine: Machine, socket: SimulatedSocket): Line {
    return {
      ping(pong) {
        if (!socket.isOpen || machine.isCutOff) return
        socket.lastPingAt = timeline.now()
        pong()
      },
      // Over a cut line the object hears of nothing.
      close() {
        if (!machine.isCutOff) object.hangUp(socket)
      },
    }
  }
}
