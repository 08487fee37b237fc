/** The Worker's routes: a list. Every answer under them is made elsewhere, and every error is a Status. */
import { Hono } from 'hono'
import { noSuchResource } from '../kube/errors.ts'
import { createTenancy, type Tenancy } from '../tenancy/tenancy.ts'
import { agent, join } from './agents.ts'
import { withAuditId } from './audit-id.ts'
import { encoded } from './encoding.ts'
import type { Env } from './env.ts'
import { errorResponse } from './errors.ts'
import { clusterHost, clusterPath, kubernetes } from './kubernetes.ts'
import { platform } from './platform.ts'
import { inAskedForm } from './yaml-form.ts'

type App = { Bindings: Env; Variables: { tenancy: Tenancy } }

const tenancies = new WeakMap<D1Database, Tenancy>()

/** One for each database binding: an isolate serves many requests. */
function tenancyOf(db: D1Database): Tenancy {
  const known = tenancies.get(db)
  if (known) return known
  const made = createTenancy(db, () => Date.now())
  tenancies.set(db, made)
  return made
}

/** The Kubernetes API goes past the router: its paths are one prefix, and it is nearly all there is to serve. */
export async function fetch(request: Request, env: Env, context: ExecutionContext): Promise<Response> {
  const url = new URL(request.url)
  const target = clusterHost(url, env.BASE_DOMAIN) ?? clusterPath(url.pathname)
  if (!target) return app.fetch(request, env, context)
  try {
    return withAuditId(request, await kubernetes(request, { url, ...target }, env, tenancyOf(env.DB)))
  } catch (error) {
    return withAuditId(request, await failed(request, error))
  }
}

const app = new Hono<App>({ strict: false })

app.use('*', async (c, next) => {
  c.set('tenancy', tenancyOf(c.env.DB))
  await next()
})

app.get('/healthz', (c) => c.text('ok'))

app.post('/agent/v1/join', (c) => join(c.req.raw, c.env, c.var.tenancy))
app.all('/agent/v1/*', (c) => agent(c.req.raw, c.env, c.var.tenancy))

app.route('/platform/v1', platform)

app.all('/graphql', async (c) => {
  const { graphql } = await import('../graphql/server.ts')
  return encoded(c.req.raw, await graphql(c.req.raw, c.env, c.var.tenancy))
})

app.notFound(() => errorResponse(noSuchResource()))
app.onError((error, c) => failed(c.req.raw, error))

async function failed(request: Request, error: unknown): Promise<Response> {
  // Answering with the body unread would make the runtime close the connection.
  if (!request.bodyUsed) await request.body?.pipeTo(new WritableStream())
  return inAskedForm(request, errorResponse(error))
}
