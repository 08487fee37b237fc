/**
 * Who answers a cluster's admission webhooks: somewhere outside, slow, out of reach now and then, of another mind now and
 * then, and unmoved by what becomes of the cluster. It remembers what it was asked and what it made of it, by the URLs
 * that it was asked at: each configuration names one of its own.
 */
import { clone, stringify } from '../../src/kube/json.ts'
import type { KubeObject } from '../../src/kube/object.ts'
import type { Chance } from './random.ts'
import type { Timeline } from './timeline.ts'

export interface OutsideFaults {
  /** In percent of the calls. */
  lost: number
  failing: number
  denying: number
  /** Of an answer, at most. */
  latencyMs: number
}

/** A call that has come to its end. */
export interface Asked {
  readonly url: string
  readonly operation: string
  /** What it was shown; null of what is not there. */
  readonly shown: KubeObject | null
  /** As it wants it to be; undefined where it does not want it, or could not say. */
  readonly wanted: KubeObject | undefined
  readonly end: 'allowed' | 'denied' | 'failed'
}

export type Told =
  | { readonly state: 'answered'; readonly value: unknown }
  | { readonly state: 'failed'; readonly why: string }

export interface Outside {
  readonly faults: OutsideFaults
  readonly asked: readonly Asked[]
  /** Calls about the object with that uid. */
  about(uid: string): readonly Asked[]
  /** `settle` is called once. */
  post(call: Call, settle: (told: Told) => void): void
  /** Nothing goes wrong any more. */
  calm(): void
}

export interface Call {
  readonly url: string
  readonly body: unknown
  readonly timeoutMs: number
}

/** At the URLs that begin so objects are changed; at others they are only judged. */
export const MUTATING = 'https://outside.example.com/mutate/'
export const VALIDATING = 'https://outside.example.com/validate/'
/** The label that it sets, to the URL's last part. */
export const SEEN = 'outside.example.com/seen'

const CALM_LATENCY_MS = 50

interface Review {
  readonly apiVersion: string
  readonly kind: string
  readonly request: {
    readonly uid: string
    readonly operation: string
    readonly object: KubeObject | null
    readonly oldObject: KubeObject | null
  }
}

export function createOutside(timeline: Timeline, chance: Chance): Outside {
  const faults: OutsideFaults = { lost: 0, failing: 0, denying: 0, latencyMs: CALM_LATENCY_MS }
  const asked: Asked[] = []
  const byUid = new Map<string, Asked[]>()

  const remember = (call: Asked, uid: string): void => {
    asked.push(call)
    byUid.set(uid, [...(byUid.get(uid) ?? []), call])
  }

  function answer({ url, body }: Call): { call: Asked; told: Told } {
    // What was sent is text; it is of the form that the control plane under test gives it.
    const { apiVersion, kind, request } = JSON.parse(stringify(body)) as Review
    const { uid, operation, object: shown } = request
    const respond = (response: object): Told => ({
      state: 'answered',
      value: { apiVersion, kind, response: { uid, ...response } },
    })
    const asCall = (end: Asked['end'], wanted?: KubeObject): Asked => ({ url, operation, shown, wanted, end })
    if (chance.percent(faults.denying))
      return { call: asCall('denied'), told: respond({ allowed: false, status: { message: 'not now' } }) }
    if (!url.startsWith(MUTATING) || shown === null)
      return { call: asCall('allowed', shown ?? undefined), told: respond({ allowed: true }) }
    const mark = url.slice(MUTATING.length)
    const patch = [{ op: 'add', path: `/metadata/labels/${SEEN.replace('/', '~1')}`, value: mark }]
    const response = { allowed: true, patchType: 'JSONPatch', patch: btoa(JSON.stringify(patch)) }
    return { call: asCall('allowed', marked(shown, mark)), told: respond(response) }
  }

  return {
    faults,
    asked,
    about: (uid) => byUid.get(uid) ?? [],
    post(call, settle) {
      const { request } = JSON.parse(stringify(call.body)) as Review
      const uid = (request.object ?? request.oldObject)?.metadata.uid ?? ''
      const fail = (why: string): void => {
        const { url } = call
        remember({ url, operation: request.operation, shown: request.object, wanted: undefined, end: 'failed' }, uid)
        settle({ state: 'failed', why })
      }
      const delay = chance.int(faults.latencyMs)
      if (chance.percent(faults.lost) || delay >= call.timeoutMs) {
        timeline.after(call.timeoutMs, 'a webhook is given up', () => fail('context deadline exceeded'))
        return
      }
      timeline.after(delay, 'a webhook answers', () => {
        if (chance.percent(faults.failing)) return fail('the server responded with the status code 500')
        const { call: ended, told } = answer(call)
        remember(ended, uid)
        settle(told)
      })
    },
    calm() {
      Object.assign(faults, { lost: 0, failing: 0, denying: 0, latencyMs: CALM_LATENCY_MS })
    },
  }
}

function marked(object: KubeObject, mark: string): KubeObject {
  const next = clone(object)
  next.metadata.labels = { ...next.metadata.labels, [SEEN]: mark }
  return next
}
