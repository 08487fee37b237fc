/**
 * ValidatingAdmissionPolicies in force: those that have bindings, compiled, and kept until one of them or of their bindings
 * changes. A cluster without any pays nothing.
 * https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/
 */
import type { Attributes } from '../../../kube/admission/attributes.ts'
import { Budget } from '../../../kube/admission/budget.ts'
import { type Match, matchedIn, matchOf, type Surroundings } from '../../../kube/admission/match.ts'
import { type CompiledPolicy, compilePolicy, type Objection } from '../../../kube/admission/policy.ts'
import { type Memo, once, type Situation } from '../../../kube/admission/situation.ts'
import type { Catalog } from '../../../kube/catalog.ts'
import type { Decide } from '../../../kube/cel/authorizer.ts'
import { forbidden, StatusError } from '../../../kube/errors.ts'
import type { KubeObject } from '../../../kube/object.ts'
import { type Resource, resourceName } from '../../../kube/resource.ts'
import { validatingAdmissionPolicies } from '../../../kube/resources/admissionregistration/validating-admission-policy.ts'
import { validatingAdmissionPolicyBindings } from '../../../kube/resources/admissionregistration/validating-admission-policy-binding.ts'
import { namespaces } from '../../../kube/resources/core/namespace.ts'
import type { ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding } from '../../../kube/types.ts'
import type { Change } from '../../../store/log.ts'
import type { Store } from '../../../store/store.ts'
import type { Warn } from '../tracking.ts'
import { Misconfigured, paramResource, paramsOf } from './params.ts'
import { inVersion } from './versions.ts'

export interface Policies {
  /** Whether any policy may be about writes of it: else nothing need be prepared. */
  mayRefuse(resource: Resource): boolean
  /** Throws CalloutsNeeded, and what the write is refused with. */
  judge(attributes: Attributes, warn: Warn): void
  /** Hears of committed changes. */
  heed(changes: readonly Change[]): void
}

export interface PoliciesOptions {
  readonly store: Store
  readonly catalog: Pick<Catalog, 'byKind'>
  readonly surroundings: Surroundings
  readonly decide: Decide
}

interface BoundPolicy {
  readonly policy: ValidatingAdmissionPolicy
  readonly match: Match
  /** Why it can't be used, where a version before this one let it in. */
  readonly compiled: CompiledPolicy | Misconfigured
  readonly failsOpen: boolean
  readonly bindings: readonly Binding[]
}

interface Binding {
  readonly name: string
  readonly match: Match
  readonly spec: ValidatingAdmissionPolicyBinding['spec']
}

interface JudgedWrite {
  readonly attributes: Attributes
  readonly budget: Budget
  /** As the policy sees it that names this version, with these parameters. */
  readonly situation: (version: Resource, params: KubeObject | undefined) => Situation
}

interface Denial {
  readonly policy: string
  /** Undefined where the policy itself is at fault. */
  readonly binding: string | undefined
  readonly message: string
  readonly reason: string | undefined
}

const WATCHED = new Set(
  [validatingAdmissionPolicies, validatingAdmissionPolicyBindings].map((kind) => resourceName(kind)),
)

export function createPolicies({ store, catalog, surroundings, decide }: PoliciesOptions): Policies {
  let known: readonly BoundPolicy[] | undefined

  function inForce(): readonly BoundPolicy[] {
    known ??= bound(store.list(validatingAdmissionPolicies), store.list(validatingAdmissionPolicyBindings))
    return known
  }

  function judge(attributes: Attributes, warn: Warn): void {
    const write = writeOf(attributes)
    const denials: Denial[] = []
    for (const one of inForce()) {
      const version = matchedIn(one.match, attributes, surroundings)
      if (version) denials.push(...denialsOf(one, write, version, warn))
    }
    const [first] = denials
    if (first) throw refusal(attributes, first)
  }

  function denialsOf(
    { policy, compiled, failsOpen, bindings }: BoundPolicy,
    write: JudgedWrite,
    version: Resource,
    warn: Warn,
  ): Denial[] {
    const { attributes, situation, budget } = write
    const { name } = policy.metadata
    const misconfigured = (error: unknown, binding: string | undefined): Denial[] => {
      if (!(error instanceof Misconfigured)) throw error
      return failsOpen ? [] : [{ policy: name, binding, message: error.message, reason: undefined }]
    }
    try {
      if (compiled instanceof Misconfigured) throw compiled
      const kind = paramResource(catalog, policy.spec.paramKind)
      return bindings.flatMap((binding) => {
        if (!matchedIn(binding.match, attributes, surroundings)) return []
        try {
          const objections = paramsOf(store, kind, binding.spec.paramRef, attributes.namespace).flatMap((params) =>
            compiled.objections(situation(version, params), budget),
          )
          return enforced(name, binding, objections, warn)
        } catch (error) {
          return misconfigured(error, binding.name)
        }
      })
    } catch (error) {
      return misconfigured(error, undefined)
    }
  }

  /** What all policies that judge a write share. */
  function writeOf(attributes: Attributes): JudgedWrite {
    const shown = new Map<Resource, Attributes>([[attributes.resource, attributes]])
    const memo: Memo = new Map()
    const namespaceObject = once(() => namespaceOf(attributes))
    return {
      attributes,
      budget: new Budget(),
      situation(version, params) {
        const inIt = shown.get(version) ?? inVersion(attributes, version)
        shown.set(version, inIt)
        return { attributes: inIt, requested: attributes, namespaceObject: namespaceObject(), params, decide, memo }
      },
    }
  }

  /** A Namespace is not its own. */
  const namespaceOf = ({ resource, namespace }: Attributes): KubeObject | undefined =>
    namespace === '' || resourceName(resource) === NAMESPACES
      ? undefined
      : store.get(namespaces, { namespace: '', name: namespace })

  return {
    mayRefuse: (resource) => inForce().some(({ match }) => match.mayConcern(resource, surroundings.versionsOf)),
    judge,
    heed(changes) {
      if (changes.some(({ resource }) => WATCHED.has(resource))) known = undefined
    },
  }
}

const NAMESPACES = resourceName(namespaces)

/** Those that have bindings, in order of their names. */
function bound(
  policies: readonly ValidatingAdmissionPolicy[],
  bindings: readonly ValidatingAdmissionPolicyBinding[],
): BoundPolicy[] {
  const byPolicy = new Map<string, Binding[]>()
  for (const { metadata, spec } of bindings) {
    const binding = { name: metadata.name, match: matchOf(spec.matchResources ?? {}), spec }
    byPolicy.set(spec.policyName, [...(byPolicy.get(spec.policyName) ?? []), binding])
  }
  return policies.flatMap((policy) => {
    const own = byPolicy.get(policy.metadata.name)
    if (!own) return []
    return [
      {
        policy,
        match: matchOf(policy.spec.matchConstraints ?? {}),
        compiled: compiledOf(policy),
        failsOpen: policy.spec.failurePolicy === 'Ignore',
        bindings: own,
      },
    ]
  })
}

function compiledOf({ spec }: ValidatingAdmissionPolicy): CompiledPolicy | Misconfigured {
  try {
    return compilePolicy(spec)
  } catch (error) {
    return new Misconfigured('policy', error instanceof Error ? error.message : String(error))
  }
}

/** What a binding makes of a policy's objections. There is no audit log: Audit alone does nothing. */
function enforced(policy: string, { name, spec }: Binding, objections: readonly Objection[], warn: Warn): Denial[] {
  const actions = spec.validationActions
  return objections.flatMap(({ message, reason, isFatal }) => {
    if (actions.includes('Warn') && !isFatal)
      warn(`Validation failed for ValidatingAdmissionPolicy '${policy}' with binding '${name}': ${message}`)
    return actions.includes('Deny') || isFatal ? [{ policy, binding: name, message, reason }] : []
  })
}

const CODES: Readonly<Record<string, number>> = { Forbidden: 403, RequestEntityTooLarge: 413, Invalid: 422 }

function refusal({ resource, name }: Attributes, denial: Denial): StatusError {
  const { policy, binding, message, reason = 'Invalid' } = denial
  const by = binding === undefined ? '' : ` with binding '${binding}'`
  const why = `ValidatingAdmissionPolicy '${policy}'${by} denied request: ${message}`
  const { message: whole, details } = forbidden(resource, name, why, [{ message: why }])
  return new StatusError(CODES[reason] ?? 422, reason, whole, details)
}
