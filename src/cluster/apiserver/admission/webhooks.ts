/**
 * Dynamic admission: the webhooks of Mutating- and ValidatingWebhookConfigurations. Which of them care for a write is
 * decided here, in the write's transaction; they are called outside of it (callouts/attempt.ts), and what they answered
 * is judged here again.
 * https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/
 */
import type { Attributes } from '../../../kube/admission/attributes.ts'
import { admissionReview, denial, type Verdict, verdictOf } from '../../../kube/admission/review.ts'
import { internalError, StatusError } from '../../../kube/errors.ts'
import { clone, deepEqual, parseJson, stringify } from '../../../kube/json.ts'
import type { KubeObject } from '../../../kube/object.ts'
import { applyJsonPatch } from '../../../kube/patch/json.ts'
import type { Resource } from '../../../kube/resource.ts'
import type { Change } from '../../../store/log.ts'
import type { Callout } from '../../callouts/attempt.ts'
import type { Transport } from '../../callouts/transport.ts'
import type { Asked, Manager } from '../tracking.ts'
import type { Hook, Hooks } from './hooks.ts'

export interface Shaping {
  /** Of parsed JSON. Throws 400. */
  readonly decode: (value: unknown) => KubeObject
  /** In place: lets Kubernetes' own plugins see what webhooks have made of an object. */
  readonly again: (object: KubeObject) => void
}

export interface Webhooks {
  /** Whether any webhook may care for writes of it: else nothing need be prepared. */
  mayChange(resource: Resource): boolean
  mayRefuse(resource: Resource): boolean
  /** The object as the mutating ones want it; undefined where they leave it. Throws CalloutsNeeded, and refusals. */
  mutate(attributes: Attributes, by: Manager, shaping: Shaping): KubeObject | undefined
  /** Throws CalloutsNeeded, and refusals. */
  validate(attributes: Attributes, by: Manager): void
  /** Hears of committed changes. */
  heed(changes: readonly Change[]): void
}

/** What came of a call: a failure is one too, for the webhook says itself what is to happen then. */
export type Outcome = { readonly verdict: Verdict } | { readonly failure: string }

export interface WebhooksOptions {
  readonly mutating: Hooks
  readonly validating: Hooks
  readonly transport: Transport
  readonly uuid: () => string
}

export function createWebhooks({ mutating, validating, transport, uuid }: WebhooksOptions): Webhooks {
  function mutate(attributes: Attributes, by: Manager, { decode, again }: Shaping): KubeObject | undefined {
    const hooks = mutating.concerned(attributes)
    if (hooks.length === 0) return undefined
    /** What each webhook made of the object it was shown. */
    const left = new Map<Hook, KubeObject | undefined>()
    let { object } = attributes
    const call = (hook: Hook) => {
      const outcome = askOne(hook, { ...attributes, object }, by)
      if (outcome?.patch !== undefined && outcome.patch.length > 0)
        object = patched(hook, object, outcome.patch, decode)
      left.set(hook, object)
    }
    for (const hook of hooks) call(hook)
    if (object === undefined || object === attributes.object) return undefined
    object = reworked(object, again)
    // Once more, for those who want to see what came after them (KEP: reinvocationPolicy IfNeeded).
    for (const hook of hooks) if (hook.isReinvoked && !deepEqual(left.get(hook), object)) call(hook)
    return reworked(object, again)
  }

  /** Undefined where the webhook does not care for it as it is now, or may be passed over. */
  function askOne(hook: Hook, attributes: Attributes, by: Manager): Verdict | undefined {
    const { asked } = by
    if (!asked || !hook.cares(attributes)) return undefined
    const [outcome] = asked.answers.of([calloutOf(hook, attributes, asked)])
    return outcome && judged(hook, outcome, by)
  }

  function validate(attributes: Attributes, by: Manager): void {
    const { asked } = by
    const hooks = validating.concerned(attributes).filter((hook) => hook.cares(attributes))
    if (!asked || hooks.length === 0) return
    const outcomes = asked.answers.of(hooks.map((hook) => calloutOf(hook, attributes, asked)))
    for (const [index, hook] of hooks.entries()) {
      const outcome = outcomes[index]
      if (outcome) judged(hook, outcome, by)
    }
  }

  function calloutOf(hook: Hook, attributes: Attributes, { isDryRun }: Asked): Callout<Outcome> {
    if (isDryRun && !hook.allowsDryRun)
      throw new StatusError(
        400,
        'BadRequest',
        `admission webhook ${JSON.stringify(hook.name)} does not support dry run`,
      )
    const shown = hook.shown(attributes)
    const { operation, subresource, object, oldObject, options } = shown
    const key = stringify([hook.id, operation, subresource ?? '', options, object ?? null, oldObject ?? null])
    return { key, ask: () => call(hook, shown, attributes) }
  }

  /** Never rejects: what went wrong is an outcome. */
  async function call(hook: Hook, shown: Attributes, requested: Attributes): Promise<Outcome> {
    const review = { uid: uuid(), version: hook.reviewVersion }
    try {
      const answer = await transport.post(hook.clientConfig, admissionReview(shown, requested, review), hook.timeoutMs)
      return { verdict: verdictOf(answer, review) }
    } catch (error) {
      return { failure: error instanceof Error ? error.message : String(error) }
    }
  }

  return {
    mayChange: mutating.mayConcern,
    mayRefuse: validating.mayConcern,
    mutate,
    validate,
    heed(changes) {
      mutating.heed(changes)
      validating.heed(changes)
    },
  }
}

/** Throws where the webhook refuses, or failed and may not be passed over; undefined where it may. */
function judged(hook: Hook, outcome: Outcome, { warn }: Manager): Verdict | undefined {
  if ('failure' in outcome) {
    if (hook.failsOpen) return undefined
    throw internalError(`failed calling webhook ${JSON.stringify(hook.name)}: ${outcome.failure}`)
  }
  const { verdict } = outcome
  for (const text of verdict.warnings) warn?.(text)
  if (!verdict.allowed) throw denial(hook.name, verdict)
  return verdict
}

function patched(
  hook: Hook,
  object: KubeObject | undefined,
  patch: readonly unknown[],
  decode: (value: unknown) => KubeObject,
): KubeObject {
  if (object === undefined)
    throw internalError(
      `admission webhook ${JSON.stringify(hook.name)} attempted to modify the object, which is not supported for this operation`,
    )
  try {
    return decode(applyJsonPatch(parseJson(stringify(object)), patch))
  } catch (error) {
    if (!(error instanceof StatusError)) throw error
    throw internalError(
      `admission webhook ${JSON.stringify(hook.name)} made a patch that can't be applied: ${error.message}`,
    )
  }
}

function reworked(object: KubeObject, again: (object: KubeObject) => void): KubeObject {
  const copy = clone(object)
  again(copy)
  return copy
}
