/**
 * What the expressions of admission see: the write, who asked for it, and what lies around it. As in Kubernetes objects are
 * what their JSON is: times and quantities are texts, whole numbers exact integers, and a field that is not there is no key.
 * Values are made when something first looks at them.
 */
import { CelAuthorizer, type Decide } from '../cel/authorizer.ts'
import { type Size, type SizeOf, sizeOf, together } from '../cel/cost.ts'
import { toCel } from '../cel/values.ts'
import type { KubeObject } from '../object.ts'
import type { Resource } from '../resource.ts'
import type { Attributes, GroupVersionKind } from './attributes.ts'

export interface Situation {
  /** In the version that the rules matched in. */
  readonly attributes: Attributes
  /** As the client asked. */
  readonly requested: { readonly kind: GroupVersionKind; readonly resource: Resource }
  readonly namespaceObject?: KubeObject | undefined
  /** Undefined where the policy is used without. */
  readonly params?: KubeObject | undefined
  readonly decide: Decide
  /** Shared by the situations of one write: what it has made of an object is not made again. */
  readonly memo?: Memo | undefined
}

interface Converted {
  readonly value: () => unknown
  readonly size: () => Size
}

/** Objects as expressions see them. They may not be changed as long as it is used. */
export type Memo = Map<KubeObject, Converted>

export interface Sight {
  /** The variables, by name. */
  readonly values: Readonly<Record<string, unknown>>
  readonly sizeOf: SizeOf
}

export function sightOf(situation: Situation): Sight {
  const { attributes, namespaceObject, params, memo = new Map() } = situation
  const { object, oldObject, options, user } = attributes
  const celOf = (one: KubeObject | undefined) => (one ? convertedBy(memo, one).value() : null)
  const whole = once(() =>
    [object, oldObject, namespaceObject, params]
      .flatMap((one) => (one ? [convertedBy(memo, one).size()] : []))
      .reduce(together, sizeOf([options, user])),
  )
  const lazy = {
    object: once(() => celOf(object)),
    oldObject: once(() => celOf(oldObject)),
    namespaceObject: once(() => celOf(namespaceObject)),
    params: once(() => celOf(params)),
    request: once(() => requestOf(situation)),
    authorizer: once(() => authorizerOf(situation)),
  }
  return {
    values: {
      get object() {
        return lazy.object()
      },
      get oldObject() {
        return lazy.oldObject()
      },
      get namespaceObject() {
        return lazy.namespaceObject()
      },
      get params() {
        return lazy.params()
      },
      get request() {
        return lazy.request()
      },
      get authorizer() {
        return lazy.authorizer()
      },
    },
    sizeOf: whole,
  }
}

/** Asked at most once. */
export function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}

function convertedBy(memo: Memo, object: KubeObject): Converted {
  const known = memo.get(object)
  if (known) return known
  const made = { value: once(() => shown(object)), size: once(() => sizeOf(object)) }
  memo.set(object, made)
  return made
}

/** Managed fields are left out: they are held as text, and would cost every write that a policy looks at. */
function shown(object: KubeObject): unknown {
  const { managedFields: _, ...metadata } = object.metadata ?? {}
  return toCel(undefined, { ...object, metadata })
}

const gvr = ({ group, version, plural }: Resource) => ({ group, version, resource: plural })

/** AdmissionRequest without what Go would leave out as empty. */
function requestOf({ attributes, requested }: Situation): Record<string, unknown> {
  const { kind, resource, subresource, name, namespace, operation, user, isDryRun, options } = attributes
  const { username, uid, groups, extra } = user
  return {
    kind,
    resource: gvr(resource),
    ...(subresource === undefined ? {} : { subResource: subresource }),
    requestKind: requested.kind,
    requestResource: gvr(requested.resource),
    ...(subresource === undefined ? {} : { requestSubResource: subresource }),
    ...(name === '' ? {} : { name }),
    ...(namespace === '' ? {} : { namespace }),
    operation,
    userInfo: {
      username,
      ...(uid ? { uid } : {}),
      ...(groups.length > 0 ? { groups: [...groups] } : {}),
      ...(extra && Object.keys(extra).length > 0 ? { extra: toCel(undefined, extra) } : {}),
    },
    dryRun: isDryRun,
    options: toCel(undefined, options),
  }
}

function authorizerOf({ attributes, requested, decide }: Situation): CelAuthorizer {
  const { user, subresource, namespace, name } = attributes
  const { group, version, plural } = requested.resource
  return new CelAuthorizer({ user, decide }, { group, version, resource: plural, subresource, namespace, name })
}
