/**
 * The GraphQL face of the platform, at /graphql: queries and mutations over POST or GET, subscriptions as server-sent
 * events, GraphiQL for browsers. Who asks is found out as for REST, and before the query is so much as parsed.
 */
import { createYoga, type YogaServerInstance } from 'graphql-yoga'
import { accessTo, authenticate, bearerOf } from '../http/authenticate.ts'
import type { Env } from '../http/env.ts'
import { statusOf } from '../http/errors.ts'
import { watchStream } from '../http/watch-stream.ts'
import { forbidden, notFound, unauthorized } from '../kube/errors.ts'
import { isJwt } from '../protocol/account-token.ts'
import type { Identity } from '../protocol/identity.ts'
import type { ClusterRecord, Tenancy } from '../tenancy/tenancy.ts'
import { createClient } from './client.ts'
import type { Context, Session } from './context.ts'
import { masking, refusal } from './errors.ts'
import { createBudget, limitsRule, MAX_BODY_BYTES } from './limits.ts'
import { createLoader } from './loader.ts'
import { createSchema } from './schema.ts'

const CLUSTERS = { group: '', plural: 'clusters' }
const BOOKMARK_MS = 60_000
/** As long as REST's watches last at least; the client then goes on from where it is. */
const SUBSCRIPTION_MS = 30 * 60 * 1000

interface Asked extends Record<string, unknown> {
  readonly context: Context
}

let server: YogaServerInstance<Asked, Context> | undefined

export async function graphql(request: Request, env: Env, tenancy: Tenancy): Promise<Response> {
  server ??= createServer()
  if (!isPage(request)) {
    try {
      await checkToken(request, tenancy)
    } catch (error) {
      if (!request.bodyUsed) await request.body?.pipeTo(new WritableStream())
      return refusal(statusOf(error))
    }
  }
  const response = await server.fetch(request, { context: contextOf(request, env, tenancy) })
  return measured(response)
}

/** The page asks for nothing but itself; its requests bring the token that its user enters. */
const isPage = ({ method, headers }: Request): boolean =>
  method === 'GET' && (headers.get('accept') ?? '').includes('text/html')

/** A ServiceAccount's token can be verified only by the cluster it is for; that happens when one is named. */
async function checkToken({ headers }: Request, tenancy: Tenancy): Promise<void> {
  const token = bearerOf(headers)
  if (token && isJwt(token)) return
  const { kind } = await authenticate(tenancy, headers)
  if (kind === 'join') throw unauthorized()
}

function createServer(): YogaServerInstance<Asked, Context> {
  const openStream = ({ socket, signal, bookmark }: Parameters<Parameters<typeof createSchema>[0]>[0]) =>
    watchStream({ socket, signal, bookmark, bookmarkMs: BOOKMARK_MS, timeoutMs: SUBSCRIPTION_MS })
  return createYoga<Asked, Context>({
    schema: createSchema(openStream),
    context: ({ context }) => context,
    graphqlEndpoint: '/graphql',
    graphiql: { title: 'Skycrane', defaultQuery: DEFAULT_QUERY, headers: '{"authorization": "Bearer "}' },
    landingPage: false,
    logging: false,
    // Tokens are in a header, which no other site's page can set; and none may read the answers.
    cors: false,
    multipart: false,
    maxRequestBodySize: MAX_BODY_BYTES,
    maskedErrors: { maskError: masking(statusOf), isDev: false },
    plugins: [
      {
        onValidate: ({ addValidationRule }: { addValidationRule: (rule: typeof limitsRule) => void }) =>
          addValidationRule(limitsRule),
      },
    ],
    fetchAPI: { Request, Response, Headers, URL, ReadableStream, TextEncoder, TextDecoder, crypto },
  })
}

const DEFAULT_QUERY = `{
  clusters {
    id
    name
    pods {
      items {
        metadata { namespace name }
        status { phase }
      }
    }
  }
}
`

function contextOf(request: Request, env: Env, tenancy: Tenancy): Context {
  const { headers } = request
  const budget = createBudget()
  const held = new Map<string, Promise<Session>>()

  const sessionIn = (cluster: ClusterRecord, identity: Identity): Session => {
    const client = createClient(env.CLUSTERS.get(env.CLUSTERS.idFromName(cluster.id)), identity)
    return { cluster, client, budget, loader: createLoader({ client, budget, turn }) }
  }
  const open = async (id: string): Promise<Session> => {
    const access = await accessTo(tenancy, id, headers)
    if (!access) throw notFound(CLUSTERS, id)
    return sessionIn(access.cluster, access.identity)
  }
  const session = (id: string): Promise<Session> => {
    const known = held.get(id) ?? open(id)
    held.set(id, known)
    return known
  }
  /** An organization's token is the same to each of its clusters: one look-up answers for all. */
  const sessions = async (): Promise<readonly Session[]> => {
    const token = bearerOf(headers)
    if (token && isJwt(token)) throw forbidden(CLUSTERS, '', 'a token of the organization is needed')
    const record = await authenticate(tenancy, headers)
    if (record.clusterId !== null) return [await session(record.clusterId)]
    const [first, ...others] = await tenancy.listClusters(record.organizationId)
    if (!first) return []
    const access = await accessTo(tenancy, first.id, headers)
    return access ? [first, ...others].map((cluster) => sessionIn(cluster, access.identity)) : []
  }

  return { session, sessions, signal: request.signal, now: () => Date.now() }
}

/** Resolvers that run at the same time ask in microtasks; the next task comes after them. */
const turn = (): Promise<void> => new Promise((done) => setTimeout(done, 0))

/** A stream says that it is not to be compressed, which would hold events back (API fact 1); the rest how long it is. */
async function measured(response: Response): Promise<Response> {
  const headers = new Headers(response.headers)
  if (!headers.has('cache-control')) headers.set('cache-control', 'no-store')
  if (headers.get('content-type')?.startsWith('text/event-stream')) {
    headers.set('content-encoding', 'identity')
    return new Response(response.body, { status: response.status, headers, encodeBody: 'manual' })
  }
  const bytes = await response.arrayBuffer()
  headers.set('content-length', String(bytes.byteLength))
  return new Response(bytes, { status: response.status, headers })
}
