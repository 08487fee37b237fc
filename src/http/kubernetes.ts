/**
 * The Kubernetes API under `/clusters/<id>`. What is the same for all clusters (discovery, schemas, version) is
 * answered here at the edge; everything else is the cluster object's.
 */
import type { Cluster } from '../cluster/cluster.ts'
import { noSuchResource, notFound, statusErrorOf } from '../kube/errors.ts'
import { negotiate } from '../kube/form.ts'
import { isMaster } from '../kube/rbac/user.ts'
import { isTrue, type RequestPath, requestPath, segmentsOf, wholeNumber } from '../kube/request.ts'
import { bookmark } from '../kube/watch-frames.ts'
import { AUDIT_ID_HEADER } from '../protocol/audit-id.ts'
import { IDENTITY_HEADER, type Identity, userOf } from '../protocol/identity.ts'
import { WATCHED_KIND } from '../protocol/watch.ts'
import type { Tenancy } from '../tenancy/tenancy.ts'
import { auditIdOf } from './audit-id.ts'
import { accessTo, anonymousAccess, type ClusterAccess } from './authenticate.ts'
import { createCatalogs } from './catalogs.ts'
import { clusterWide } from './cluster-wide.ts'
import { encoded } from './encoding.ts'
import type { Env } from './env.ts'
import { checksOf, type Endpoint, healthOf, isHealthEndpoint } from './health.ts'
import { isTokenReview, reviewed } from './token-review.ts'
import { watchSocket } from './watch-socket.ts'
import { BOOKMARK_MS, watchStream } from './watch-stream.ts'
import { asJson, inAskedForm, prefersYaml } from './yaml-form.ts'

const catalogs = createCatalogs()

/**
 * Splits `/clusters/<id>/rest` into id and `/rest`; undefined for other paths. The prefix may stand twice: `kubectl
 * proxy` puts it in front of URLs that the OpenAPI index names (API fact 10).
 */
export function clusterPath(pathname: string): Omit<ClusterTarget, 'url'> | undefined {
  const match = /^(\/clusters\/([^/]+))(\/.*)?$/.exec(pathname)
  if (match?.[1] === undefined || match[2] === undefined) return undefined
  const path = match[3] ?? '/'
  const prefix = match[1]
  return { id: match[2], path: path.startsWith(`${prefix}/`) ? path.slice(prefix.length) : path, prefix }
}

/** A cluster by a host name of its own, where the deployment has a domain for that. */
export function clusterHost(url: URL, domain: string | undefined): Omit<ClusterTarget, 'url'> | undefined {
  if (!domain || !url.hostname.endsWith(`.${domain}`)) return undefined
  const id = url.hostname.slice(0, -domain.length - 1)
  return id.includes('.') ? undefined : { id, path: url.pathname, prefix: '' }
}

export interface ClusterTarget {
  readonly url: URL
  readonly id: string
  /** Under the cluster's. */
  readonly path: string
  /** What stands before it: `/clusters/<id>`, or nothing on a host of the cluster's own. */
  readonly prefix: string
}

export async function kubernetes(
  request: Request,
  { url, id, path, prefix }: ClusterTarget,
  env: Env,
  tenancy: Tenancy,
): Promise<Response> {
  const access = (await anonymousAccess(tenancy, id, request, path)) ?? (await accessTo(tenancy, id, request.headers))
  if (access === undefined) throw notFound({ group: '', plural: 'clusters' }, id)
  const stub = env.CLUSTERS.get(env.CLUSTERS.idFromName(access.cluster.id))
  const parsed = requestPath(request.method, path, url.searchParams)
  if (parsed === undefined) {
    const common = await unversioned(request, { url, path, prefix, stub, access })
    return encoded(request, isSchema(path) ? common : await inAskedForm(request, common))
  }
  if (parsed.isWatch) return watch(request, { stub, url, path, parsed, identity: access.identity })
  const answer = isTokenReview(request.method, parsed)
    ? await reviewToken(stub, request, { url, id, path, prefix }, access, tenancy)
    : await forward(stub, request, url, path, access.identity)
  return encoded(request, await inAskedForm(request, answer))
}

/** Schemas are not printed as YAML: there are forms of their own. */
const isSchema = (path: string): boolean => path.startsWith('/openapi/')

/** Perhaps asked twice: its body is kept. */
async function reviewToken(
  stub: DurableObjectStub<Cluster>,
  request: Request,
  { url, path }: ClusterTarget,
  { cluster, identity }: ClusterAccess,
  tenancy: Tenancy,
): Promise<Response> {
  const body = await request.arrayBuffer()
  return reviewed(tenancy, cluster.id, (more) => {
    const headers = forwardedHeaders(request, identity)
    for (const [name, value] of Object.entries(more)) headers.set(name, value)
    return stub.fetch(`https://cluster${path}${url.search}`, { method: 'POST', headers, body })
  })
}

interface Unversioned {
  readonly url: URL
  readonly path: string
  readonly prefix: string
  readonly stub: DurableObjectStub<Cluster>
  readonly access: ClusterAccess
}

/** What is no resource: discovery, schemas, health, metrics. */
async function unversioned(request: Request, { url, path, prefix, stub, access }: Unversioned): Promise<Response> {
  await checkPath(stub, request, path, access.identity)
  const [first, ...rest] = segmentsOf(path)
  if (isHealthEndpoint(first) && (request.method === 'GET' || request.method === 'HEAD'))
    return health(first, rest, url.searchParams, stub)
  if (path === '/metrics' && request.method === 'GET') return forward(stub, request, url, path, access.identity)
  const catalog = () => catalogs.of(access.cluster.id, stub)
  const { signingPublicKey: publicKey } = access.cluster
  const common = await clusterWide(request, url, path, { prefix, catalog, publicKey })
  if (common === undefined) throw noSuchResource()
  return common
}

/** Who may do everything may do this; of others the cluster's roles say. Throws 403, and what impersonation throws. */
async function checkPath(
  stub: DurableObjectStub<Cluster>,
  request: Request,
  path: string,
  identity: Identity,
): Promise<void> {
  const impersonation = [...request.headers].filter(([name]) => isImpersonation(name))
  if (impersonation.length === 0 && isMaster(userOf(identity))) return
  const refusal = await stub.refusalOf(identity, { verb: request.method.toLowerCase(), path, impersonation })
  if (refusal !== undefined) throw statusErrorOf(refusal)
}

async function health(
  endpoint: Endpoint,
  [name, ...more]: string[],
  search: URLSearchParams,
  stub: DurableObjectStub<Cluster>,
): Promise<Response> {
  const checks = checksOf(endpoint, async () => void (await stub.figures()))
  const found = more.length === 0 ? await healthOf(endpoint, name, search, checks) : undefined
  if (found === undefined) throw noSuchResource()
  return new Response(found.text, {
    status: found.status,
    headers: {
      'content-type': 'text/plain; charset=utf-8',
      'cache-control': 'no-cache, private',
      'x-content-type-options': 'nosniff',
    },
  })
}

/** Only these are the object's business; above all no client can speak for the Worker. */
const FORWARDED = ['accept', 'content-type', 'content-length', 'user-agent']

/** Whom the client wants to be; whether it may, the cluster's roles say. */
const isImpersonation = (name: string): boolean => name.startsWith('impersonate-')

export function forwardedHeaders(request: Request, identity: Identity): Headers {
  const headers = new Headers({ [IDENTITY_HEADER]: JSON.stringify(identity), [AUDIT_ID_HEADER]: auditIdOf(request) })
  for (const [name, value] of request.headers) if (isImpersonation(name)) headers.set(name, value)
  for (const name of FORWARDED) {
    const value = request.headers.get(name)
    if (value !== null) headers.set(name, value)
  }
  return headers
}

function forward(
  stub: DurableObjectStub<Cluster>,
  request: Request,
  url: URL,
  path: string,
  identity: Identity,
): Promise<Response> {
  const hasBody = request.method !== 'GET' && request.method !== 'HEAD'
  const headers = forwardedHeaders(request, identity)
  const accept = request.headers.get('accept')
  if (accept !== null && prefersYaml(accept)) headers.set('accept', asJson(accept))
  return stub.fetch(`https://cluster${path}${url.search}`, {
    method: request.method,
    headers,
    ...(hasBody ? { body: request.body } : {}),
  })
}

/** kube-apiserver's --min-request-timeout: a watch lasts that long, and up to twice as long, at random. */
const MIN_WATCH_MS = 30 * 60 * 1000

/** How long a watch lasts: as its client asks, or as long as kube-apiserver's. Throws 400. */
function timeoutOf(search: URLSearchParams): number {
  const seconds = wholeNumber(search, 'timeoutSeconds')
  return seconds > 0 ? seconds * 1000 : MIN_WATCH_MS * (1 + Math.random())
}

interface WatchRequest {
  readonly stub: DurableObjectStub<Cluster>
  readonly url: URL
  readonly path: string
  readonly parsed: RequestPath
  readonly identity: Identity
}

async function watch(request: Request, { stub, url, path, parsed, identity }: WatchRequest): Promise<Response> {
  const timeoutMs = timeoutOf(url.searchParams)
  const headers = forwardedHeaders(request, identity)
  headers.set('upgrade', 'websocket')
  const opened = await stub.fetch(`https://cluster${path}${url.search}`, { headers })
  const socket = opened.webSocket
  if (!socket) return opened
  const form = negotiate(request.headers.get('accept'), null)
  const isWebSocket = request.headers.get('upgrade')?.toLowerCase() === 'websocket'
  const watched = { group: parsed.group, version: parsed.version, kind: opened.headers.get(WATCHED_KIND) ?? '' }
  const options = {
    socket,
    signal: request.signal,
    timeoutMs,
    bookmark: isTrue(url.searchParams.get('allowWatchBookmarks'))
      ? (version: number) => bookmark(watched, form, version)
      : undefined,
    bookmarkMs: BOOKMARK_MS,
  }
  if (isWebSocket) return watchSocket(options, request.headers)
  const stream = watchStream(options)
  const warning = opened.headers.get('warning')
  return new Response(stream, {
    headers: {
      ...(warning === null ? {} : { warning }),
      'content-type': 'application/json',
      // Any other encoding is buffered on the way and holds frames back (API fact 1).
      'content-encoding': 'identity',
      'cache-control': 'no-cache, private',
    },
    encodeBody: 'manual',
  })
}
