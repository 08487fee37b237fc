/**
 * Who asks: a bearer token of ours (looked up in D1 by its hash) or a ServiceAccount's (verified with its cluster's
 * key). What was found is remembered for a short while, so that a client's next request costs no query; so a deleted
 * token ends within CACHE_MS.
 */
import { unauthorized } from '../kube/errors.ts'
import { MASTERS } from '../kube/rbac/user.ts'
import { ISSUER, isJwt, verifyAccountToken } from '../protocol/account-token.ts'
import type { Identity } from '../protocol/identity.ts'
import type { ClusterRecord, Tenancy, TokenRecord } from '../tenancy/tenancy.ts'

export const CACHE_MS = 10_000
/** Entries remembered at most in one isolate; beyond, all are forgotten. */
const MAX_CACHED = 10_000

interface Remembered<T> {
  readonly value: T
  readonly until: number
}

/** A small memory with an end; misses are not remembered, so a new token works at once. */
export class Memory<T> {
  readonly #held = new Map<string, Remembered<T>>()

  async get(key: string, find: () => Promise<T | undefined>): Promise<T | undefined> {
    const now = Date.now()
    const held = this.#held.get(key)
    if (held && held.until > now) return held.value
    const value = await find()
    if (value === undefined) {
      this.#held.delete(key)
      return undefined
    }
    if (this.#held.size >= MAX_CACHED) this.#held.clear()
    this.#held.set(key, { value, until: now + CACHE_MS })
    return value
  }

  forget(): void {
    this.#held.clear()
  }
}

const tokensHeld = new Memory<TokenRecord>()
const clustersHeld = new Memory<ClusterRecord>()
const accountsHeld = new Memory<Identity>()

/** After a token or cluster has been deleted through this isolate. */
export function forgetAll(): void {
  tokensHeld.forget()
  clustersHeld.forget()
  accountsHeld.forget()
}

const SUBPROTOCOL_TOKEN = 'base64url.bearer.authorization.k8s.io.'

/** Whether a sub-protocol only carries a token. */
export const isTokenProtocol = (protocol: string): boolean => protocol.startsWith(SUBPROTOCOL_TOKEN)

/** The bearer token of a request, from its header or, for browsers' WebSockets, its subprotocol. */
export function bearerOf(headers: Headers): string | undefined {
  const [scheme = '', token] = (headers.get('authorization') ?? '').split(' ', 2)
  if (scheme.toLowerCase() === 'bearer' && token) return token
  const protocols = (headers.get('sec-websocket-protocol') ?? '').split(',').map((text) => text.trim())
  const carrier = protocols.find((text) => text.startsWith(SUBPROTOCOL_TOKEN))
  if (!carrier) return undefined
  try {
    return atob(carrier.slice(SUBPROTOCOL_TOKEN.length).replaceAll('-', '+').replaceAll('_', '/'))
  } catch {
    return undefined
  }
}

/** The record of the token a request carries; throws 401. */
export async function authenticate(tenancy: Tenancy, headers: Headers): Promise<TokenRecord> {
  const token = bearerOf(headers)
  const record = token && !isJwt(token) ? await tokensHeld.get(token, () => tenancy.token(token)) : undefined
  // Remembered ones may have ended meanwhile.
  if (record === undefined || (record.expiresAt !== null && record.expiresAt <= Date.now())) throw unauthorized()
  return record
}

export interface ClusterAccess {
  readonly cluster: ClusterRecord
  readonly identity: Identity
}

/**
 * Who asks of a cluster. Throws 401 for a missing, unknown or expired token, whether or not the cluster exists;
 * answers undefined where the token is good but the cluster is not its to see.
 */
export async function accessTo(tenancy: Tenancy, id: string, headers: Headers): Promise<ClusterAccess | undefined> {
  const token = bearerOf(headers)
  if (token && isJwt(token)) return serviceAccountAccess(tenancy, id, token)
  const record = await authenticate(tenancy, headers)
  if (record.kind === 'join') throw unauthorized()
  if (record.clusterId !== null && record.clusterId !== id) return undefined
  const cluster = await clustersHeld.get(`${record.organizationId}\n${id}`, () =>
    tenancy.authorizedCluster(record.organizationId, id),
  )
  return cluster && { cluster, identity: identityOf(record) }
}

function identityOf(record: TokenRecord): Identity {
  if (record.kind === 'node' && record.node !== null) return { kind: 'node', node: record.node }
  if (record.user !== null) return { kind: 'user', name: record.user, groups: record.groups ?? [] }
  return { kind: 'user', name: record.id, groups: [MASTERS] }
}

/**
 * Nobody in particular, who may ask for these only, and for what the cluster's roles show to `system:unauthenticated`: by
 * default all of the first line. Whoever shows the second to all lets clouds trust the cluster's ServiceAccounts. As an
 * authentication configuration that admits the anonymous to some paths (KEP-4633).
 */
const ANONYMOUS_PATHS: ReadonlySet<string> = new Set([
  ...['/healthz', '/livez', '/readyz', '/version', '/version/'],
  ...['/.well-known/openid-configuration', '/openid/v1/jwks'],
])

/** Access without credentials; undefined where there are some, or something else is asked for. Throws 401. */
export async function anonymousAccess(
  tenancy: Tenancy,
  id: string,
  { method, headers }: Request,
  path: string,
): Promise<ClusterAccess | undefined> {
  if (!ANONYMOUS_PATHS.has(path) || (method !== 'GET' && method !== 'HEAD')) return undefined
  if (headers.has('authorization') || bearerOf(headers) !== undefined) return undefined
  return { cluster: await verifiableCluster(tenancy, id), identity: { kind: 'anonymous' } }
}

async function verifiableCluster(tenancy: Tenancy, id: string): Promise<ClusterRecord> {
  const cluster = await clustersHeld.get(`\n${id}`, () => tenancy.clusterForVerification(id))
  if (cluster === undefined) throw unauthorized()
  return cluster
}

async function serviceAccountAccess(tenancy: Tenancy, id: string, token: string): Promise<ClusterAccess> {
  const cluster = await verifiableCluster(tenancy, id)
  const identity = await accountsHeld.get(`${id}\n${token}`, () => verify(cluster, token))
  if (identity === undefined) throw unauthorized()
  return { cluster, identity }
}

async function verify(cluster: ClusterRecord, token: string): Promise<Identity | undefined> {
  const verified = await verifyAccountToken(cluster.signingPublicKey, token, { now: Date.now(), audience: ISSUER })
  return verified?.identity
}
