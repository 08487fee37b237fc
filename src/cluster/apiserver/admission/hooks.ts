/**
 * The webhooks of a cluster's configurations, compiled: which of them are about a write, and what each is shown of it.
 * Without configurations a write costs one look at an empty list.
 */
import type { Attributes } from '../../../kube/admission/attributes.ts'
import { Budget } from '../../../kube/admission/budget.ts'
import { type Conditions, compileConditions } from '../../../kube/admission/conditions.ts'
import { compileMatch, type Match, type Surroundings } from '../../../kube/admission/match.ts'
import { sightOf } from '../../../kube/admission/situation.ts'
import type { Decide } from '../../../kube/cel/authorizer.ts'
import { reasonOf } from '../../../kube/cel/expression.ts'
import { forbidden } from '../../../kube/errors.ts'
import type { KubeObject } from '../../../kube/object.ts'
import type { Resource } from '../../../kube/resource.ts'
import type { MutatingWebhook, ValidatingWebhook } from '../../../kube/resources/admissionregistration/webhooks.ts'
import { REVIEW_VERSIONS } from '../../../kube/webhooks/review-versions.ts'
import type { Change } from '../../../store/log.ts'
import type { Store } from '../../../store/store.ts'
import type { ClientConfig } from '../../callouts/transport.ts'
import { heldBy } from './held.ts'
import { inVersion } from './versions.ts'

/** One webhook of a configuration. */
export interface Hook {
  /** Tells it from all others, former states of it among them. */
  readonly id: string
  readonly name: string
  /**
   * Whether the object as it is now is one that it wants to see. Throws 403 where its conditions can't be told and it may
   * not be passed over.
   */
  readonly cares: (attributes: Attributes) => boolean
  /** In the version that it wants to see. */
  readonly shown: (attributes: Attributes) => Attributes
  readonly clientConfig: ClientConfig
  readonly reviewVersion: string
  readonly timeoutMs: number
  readonly failsOpen: boolean
  readonly allowsDryRun: boolean
  readonly isReinvoked: boolean
}

export interface Hooks {
  /** Whether any webhook may care for writes of it. */
  mayConcern(resource: Resource): boolean
  /** Those whose rules and namespaces fit, in the order in which they are called. */
  concerned(attributes: Attributes): readonly Hook[]
  /** Hears of committed changes. */
  heed(changes: readonly Change[]): void
}

type Webhook = MutatingWebhook | ValidatingWebhook

interface Configuration extends KubeObject {
  readonly webhooks?: readonly Webhook[]
}

export interface HooksOptions {
  readonly store: Store
  readonly surroundings: Surroundings
  readonly decide: Decide
}

interface Compiled extends Hook {
  readonly match: Match
}

export function createHooks<T extends Configuration>(configurations: Resource<T>, options: HooksOptions): Hooks {
  const { store, surroundings } = options
  const held = heldBy(store, configurations)
  let source: readonly T[] | undefined
  let compiled: readonly Compiled[] = []
  let concerns = new WeakMap<Resource, boolean>()

  /** In the order of the configurations' names, and within one of the webhooks themselves. */
  function hooks(): readonly Compiled[] {
    const current = held.in('')
    if (current === source) return compiled
    source = current
    compiled = current.flatMap(({ metadata, webhooks = [] }) =>
      webhooks.map((webhook) => compile(webhook, `${metadata.uid}/${metadata.resourceVersion}`, options)),
    )
    concerns = new WeakMap()
    return compiled
  }

  return {
    mayConcern(resource) {
      const all = hooks()
      if (all.length === 0) return false
      const known = concerns.get(resource)
      if (known !== undefined) return known
      const may = all.some(({ match }) => match.mayConcern(resource, surroundings.versionsOf))
      concerns.set(resource, may)
      return may
    },
    concerned: (attributes) =>
      hooks().filter(
        ({ match }) =>
          match.resource(attributes, surroundings.versionsOf) !== undefined &&
          match.namespace(attributes, surroundings.labelsOf),
      ),
    heed(changes) {
      held.heed(changes)
    },
  }
}

const MS = 1000

function compile(webhook: Webhook, configuration: string, { surroundings, decide }: HooksOptions): Compiled {
  const match = compileMatch({ ...webhook, rules: webhook.rules ?? [] })
  const conditions = conditionsOf(webhook)
  const failsOpen = webhook.failurePolicy === 'Ignore'
  const shown = (attributes: Attributes): Attributes =>
    inVersion(attributes, match.resource(attributes, surroundings.versionsOf) ?? attributes.resource)
  return {
    id: `${configuration}/${webhook.name}`,
    name: webhook.name,
    match,
    cares(attributes) {
      if (!match.object(attributes)) return false
      if (conditions.isEmpty) return true
      const sight = sightOf({ attributes: shown(attributes), requested: attributes, decide })
      const outcome = conditions.evaluate(sight, new Budget())
      if (outcome.result !== 'error') return outcome.result === 'match'
      if (failsOpen) return false
      throw forbidden(attributes.resource, attributes.name, outcome.message)
    },
    shown,
    clientConfig: webhook.clientConfig,
    reviewVersion: webhook.admissionReviewVersions.find((one) => REVIEW_VERSIONS.includes(one)) ?? 'v1',
    timeoutMs: (webhook.timeoutSeconds ?? 10) * MS,
    failsOpen,
    allowsDryRun: webhook.sideEffects === 'None' || webhook.sideEffects === 'NoneOnDryRun',
    isReinvoked: 'reinvocationPolicy' in webhook && webhook.reinvocationPolicy === 'IfNeeded',
  }
}

/** Conditions that do not compile, which only an older version of the control plane may have let in, can't be told. */
function conditionsOf({ matchConditions }: Webhook): Conditions {
  try {
    return compileConditions(matchConditions, { hasParams: false, hasAuthorizer: true })
  } catch (error) {
    const message = reasonOf(error)
    return { isEmpty: false, evaluate: () => ({ result: 'error', message }) }
  }
}
