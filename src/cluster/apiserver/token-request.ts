/**
 * TokenRequest (KEP-1205): tokens of a ServiceAccount that end with the Pod, Secret or Node they are bound to. What is
 * bound is looked up when a token is made, and again whenever one is used.
 */
import { badRequest, conflict, invalid, notFound, unauthorized } from '../../kube/errors.ts'
import { FieldPath, invalidValue } from '../../kube/field.ts'
import { stringify, toNumber } from '../../kube/json.ts'
import type { Key, KubeObject } from '../../kube/object.ts'
import { nodeOf } from '../../kube/rbac/user.ts'
import type { ResourceRequest } from '../../kube/request.ts'
import type { Resource } from '../../kube/resource.ts'
import { nodes } from '../../kube/resources/core/node.ts'
import { pods } from '../../kube/resources/core/pod.ts'
import { secrets } from '../../kube/resources/core/secret.ts'
import { serviceAccounts } from '../../kube/resources/core/service-account.ts'
import type { Pod } from '../../kube/types.ts'
import { ISSUER } from '../../protocol/account-token.ts'
import type { BoundObject, Identity } from '../../protocol/identity.ts'
import type { Store } from '../../store/store.ts'
import { restrictToken } from '../access/node-restriction.ts'
import { type TokenIssuer, timestampOf } from '../service-account-tokens.ts'
import { decodeRequest, decodeRequestValue, readBody } from './bodies.ts'
import { commit, isDryRun } from './commit.ts'
import { jsonResponse } from './responses.ts'
import type { Lens, Manager } from './tracking.ts'
import { keyOfRequest, managerOf, type WriteContext } from './writes.ts'

const TOKEN_REQUEST = {
  kind: 'TokenRequest',
  apiVersions: ['authentication.k8s.io/v1'],
  schema: 'io.k8s.api.authentication.v1.TokenRequest',
}

const DEFAULT_SECONDS = 3600
const MIN_SECONDS = 600
const MAX_SECONDS = 2 ** 32

interface Reference {
  readonly apiVersion?: string
  readonly kind?: string
  readonly name?: string
  readonly uid?: string
}

interface TokenRequest {
  readonly metadata?: { readonly name?: string; readonly namespace?: string }
  readonly spec?: {
    readonly audiences?: readonly string[]
    readonly expirationSeconds?: number
    readonly boundObjectRef?: Reference
  }
}

export async function createToken(
  context: WriteContext,
  request: ResourceRequest,
  search: URLSearchParams,
  http: Request,
  issuer: TokenIssuer,
): Promise<Response> {
  const sent = decodeRequest<TokenRequest>(TOKEN_REQUEST, await readBody(http))
  const key = keyOfRequest(request)
  const by = managerOf(context, request, search, http, 'CreateOptions')
  // Nothing is written, but webhooks are asked between two runs of a write.
  const { account, spec, object } = await commit(context, isDryRun(search, 'CreateOptions'), () =>
    admitted(context, key, sent, by),
  )
  const issued = await issuer.issue({
    account,
    bound: object && { kind: kindOf(object), name: object.metadata.name, uid: object.metadata.uid },
    // Only a Pod has a node it runs on.
    node: object?.kind === 'Pod' ? nodeOfPod(context.store, object as Pod) : undefined,
    audiences: spec.audiences,
    seconds: spec.expirationSeconds,
    now: context.now,
  })
  return jsonResponse(
    `${stringify({
      kind: 'TokenRequest',
      apiVersion: 'authentication.k8s.io/v1',
      metadata: { name: key.name, namespace: key.namespace, creationTimestamp: timestampOf(context.now) },
      spec: { ...spec, audiences: issued.audiences },
      status: { token: issued.token, expirationTimestamp: timestampOf(issued.expiresAt) },
    })}\n`,
    201,
    context.warnings,
  )
}

/** What a token is made of, once all have said what they have to say of it. */
function admitted({ store, judgement, requester }: WriteContext, key: Key, sent: TokenRequest, by: Manager) {
  let wanted = filled(sent)
  const lens: Lens = {
    kind: { group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest' },
    show: () => wanted as unknown as KubeObject,
    decode: (value) => decodeRequestValue<KubeObject>(TOKEN_REQUEST, value),
    // The account stays as it is: it is the request that a webhook has changed.
    put(account, shown) {
      wanted = filled(shown as TokenRequest)
      return account
    },
  }
  const judged = { ...by, asked: by.asked && { ...by.asked, lens } }
  const existing = store.get(serviceAccounts, key)
  const write = { operation: 'CREATE', next: existing ?? unknownAccount(key), previous: undefined } as const
  judgement.revised(ACCOUNTS, write, judged, () => undefined)
  checkNames(wanted, key)
  if (!existing) throw notFound(serviceAccounts, key.name)
  const { audiences, expirationSeconds, boundObjectRef } = wanted.spec
  wanted = {
    ...wanted,
    metadata: { ...wanted.metadata, ...key },
    spec: { ...wanted.spec, audiences: audiences?.length ? audiences : [ISSUER] },
  }
  checkDuration(expirationSeconds)
  judgement.check(ACCOUNTS, write, judged)
  const object = boundObjectRef && boundObject(store, existing.metadata, boundObjectRef)
  const node = nodeOf(requester.user)
  if (node !== undefined) restrictToken(node, key.name, object)
  const spec = { audiences: wanted.spec.audiences ?? [], expirationSeconds, ...(boundObjectRef && { boundObjectRef }) }
  return { account: existing, spec, object }
}

/** As Go's type has it before anybody looks at it. */
const filled = ({ metadata, spec }: TokenRequest) => ({
  kind: 'TokenRequest',
  apiVersion: 'authentication.k8s.io/v1',
  metadata: metadata ?? {},
  spec: { ...spec, expirationSeconds: toNumber(spec?.expirationSeconds ?? DEFAULT_SECONDS) },
})

const ACCOUNTS = serviceAccounts as unknown as Resource

/** Whoever judges the request is asked before the account is looked up; only its name is told. */
const unknownAccount = ({ namespace, name }: Key): KubeObject =>
  ({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { namespace, name } }) as KubeObject

function checkNames({ metadata }: TokenRequest, key: Key): void {
  for (const field of ['name', 'namespace'] as const) {
    const sent = metadata?.[field]
    if (sent && sent !== key[field])
      throw invalid({ group: 'authentication.k8s.io', kind: 'TokenRequest' }, key.name, [
        invalidValue(new FieldPath(`metadata.${field}`), sent, `must match the service account ${field} if specified`),
      ])
  }
}

function nodeOfPod(store: Store, { spec: { nodeName } }: Pod): { name: string; uid: string } | undefined {
  const node = nodeName && store.get(nodes, { namespace: '', name: nodeName })
  return node ? { name: node.metadata.name, uid: node.metadata.uid } : undefined
}

function checkDuration(seconds: number): void {
  const why =
    seconds < MIN_SECONDS
      ? 'may not specify a duration less than 10 minutes'
      : seconds > MAX_SECONDS
        ? 'may not specify a duration larger than 2^32 seconds'
        : undefined
  if (why !== undefined)
    throw invalid({ group: 'authentication.k8s.io', kind: 'TokenRequest' }, '', [
      invalidValue(new FieldPath('spec.expirationSeconds'), seconds, why),
    ])
}

const BINDABLE: Readonly<Record<BoundObject['kind'], Resource>> = {
  Pod: pods as unknown as Resource,
  Secret: secrets as unknown as Resource,
  Node: nodes as unknown as Resource,
}

const isBindable = (kind: string | undefined): kind is BoundObject['kind'] =>
  kind !== undefined && Object.hasOwn(BINDABLE, kind)

/** `boundObject` answers objects of these kinds only. */
const kindOf = (object: KubeObject) => object.kind as BoundObject['kind']

const find = (store: Store, kind: BoundObject['kind'], namespace: string, name: string): KubeObject | undefined =>
  store.get(BINDABLE[kind], { namespace: kind === 'Node' ? '' : namespace, name })

function boundObject(
  store: Store,
  account: { readonly name: string; readonly namespace?: string },
  { apiVersion = 'v1', kind, name = '', uid }: Reference,
): KubeObject {
  if (apiVersion !== 'v1' || !isBindable(kind))
    throw badRequest(
      `cannot bind token for serviceaccount "${account.name}" to object of type ${apiVersion.includes('/') ? '' : '/'}${apiVersion}, Kind=${kind}`,
    )
  const object = find(store, kind, account.namespace ?? '', name)
  if (!object) throw notFound(BINDABLE[kind], name)
  // The kind says what it is.
  if (kind === 'Pod' && (object as Pod).spec.serviceAccountName !== account.name)
    throw badRequest(
      `cannot bind token for serviceaccount "${account.name}" to pod running with different serviceaccount name.`,
    )
  if (uid && uid !== object.metadata.uid)
    throw conflict(
      { group: '', plural: kind },
      name,
      `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`,
    )
  return object
}

/** Kubernetes lets a token outlive the deletion of what it is bound to by so long (jwt.DefaultLeeway). */
const LEEWAY_MS = 60_000

/** Throws 401 where a token's account, or what it is bound to, is gone or was made anew. */
export function checkBound(store: Store, identity: Identity, now: number): void {
  if (identity.kind !== 'serviceaccount') return
  const { namespace, name, uid, bound } = identity
  const isAlive = (object: KubeObject | undefined, expected: string): boolean =>
    object?.metadata.uid === expected &&
    (object.metadata.deletionTimestamp === undefined ||
      Date.parse(object.metadata.deletionTimestamp) >= now - LEEWAY_MS)
  if (!isAlive(store.get(serviceAccounts, { namespace, name }), uid)) throw unauthorized()
  if (bound && !isAlive(find(store, bound.kind, namespace, bound.name), bound.uid)) throw unauthorized()
}
