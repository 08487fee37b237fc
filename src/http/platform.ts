/**
 * The platform's own REST API: the first organization, clusters, tokens, kubeconfigs. JSON in and out; errors are
 * Status objects as everywhere. Paths stand under /platform/v1.
 */
import { Hono } from 'hono'
import { z } from 'zod'
import { COMPATS, type Compat, isCompat } from '../kube/compat.ts'
import {
  alreadyExists,
  badRequest,
  forbidden,
  invalid,
  noSuchResource,
  notFound,
  unauthorized,
} from '../kube/errors.ts'
import { MASTERS } from '../kube/rbac/user.ts'
import type { ClusterRecord, Tenancy, TokenRecord } from '../tenancy/tenancy.ts'
import { newId } from '../tenancy/tokens.ts'
import { authenticate, bearerOf, forgetAll } from './authenticate.ts'
import type { Env } from './env.ts'
import { kubeconfig } from './kubeconfig.ts'

type App = { Bindings: Env; Variables: { tenancy: Tenancy; token: TokenRecord } }

const CLUSTERS = { group: '', plural: 'clusters' }
const TOKENS = { group: '', plural: 'tokens' }
const DAY_MS = 24 * 60 * 60 * 1000
const JOIN_TOKEN_MS = DAY_MS

const name = z
  .string()
  .regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, 'must be a lowercase RFC 1123 label of at most 63 characters')
/** Names that Kubernetes keeps for itself are not for users. */
const ownName = z
  .string()
  .min(1)
  .max(200)
  .refine((text) => !text.startsWith('system:'), 'names that begin with system: are reserved')
const bootstrapBody = z.strictObject({ organization: name })
const clusterBody = z.strictObject({ name, compat: z.string().optional() })
const tokenBody = z
  .strictObject({
    kind: z.enum(['organization', 'cluster']),
    cluster: z.string().optional(),
    user: ownName.optional(),
    groups: z
      .array(z.union([ownName, z.literal(MASTERS)]))
      .max(100)
      .optional(),
    description: z.string().max(200).default(''),
    expiresInSeconds: z.number().int().positive().optional(),
  })
  .refine(({ kind, user }) => user === undefined || kind === 'cluster', {
    path: ['user'],
    message: 'only a token of one cluster has a user',
  })
  .refine(({ user, groups }) => groups === undefined || user !== undefined, {
    path: ['groups'],
    message: 'groups are of a user',
  })
const joinTokenBody = z.strictObject({
  expiresInSeconds: z
    .number()
    .int()
    .positive()
    .max(30 * 24 * 3600)
    .optional(),
})

export const platform = new Hono<App>({ strict: false })

platform.post('/bootstrap', async (c) => {
  const secret = c.env.BOOTSTRAP_SECRET
  const given = bearerOf(c.req.raw.headers)
  if (!secret || !given || !(await isSame(secret, given))) throw unauthorized('the bootstrap secret is needed')
  const body = await parsed(c.req.raw, 'Bootstrap', bootstrapBody)
  const organization = await c.var.tenancy.bootstrap(body.organization)
  if (!organization) throw alreadyExists({ group: '', plural: 'organizations' }, 'first')
  const { token } = await c.var.tenancy.createToken({
    organizationId: organization.id,
    kind: 'organization',
    description: 'bootstrap',
  })
  return c.json({ organization, token }, 201)
})

/** Everything below is an organization's own. */
platform.use('*', async (c, next) => {
  const token = await authenticate(c.var.tenancy, c.req.raw.headers)
  if (token.kind !== 'organization') throw forbidden(TOKENS, token.id, 'a token of the organization is needed')
  c.set('token', token)
  await next()
})

platform.get('/organization', async (c) => {
  const organization = await c.var.tenancy.organization(c.var.token.organizationId)
  if (!organization) throw notFound({ group: '', plural: 'organizations' }, c.var.token.organizationId)
  return c.json(organization)
})

platform.get('/clusters', async (c) => {
  const clusters = await c.var.tenancy.listClusters(c.var.token.organizationId)
  return c.json({ items: clusters.map((cluster) => shown(cluster, c.req.url, c.env)) })
})

platform.post('/clusters', async (c) => {
  const body = await parsed(c.req.raw, 'Cluster', clusterBody)
  const { organizationId } = c.var.token
  const compat = compatOf(body.compat)
  const known = await c.var.tenancy.listClusters(organizationId)
  if (known.some((cluster) => cluster.name === body.name)) throw alreadyExists(CLUSTERS, body.name)
  const id = newId('c-')
  const founded = await c.env.CLUSTERS.get(c.env.CLUSTERS.idFromName(id)).found({ compat })
  const cluster = await c.var.tenancy.createCluster({ id, organizationId, name: body.name, compat, ...founded })
  return c.json(shown(cluster, c.req.url, c.env), 201)
})

platform.get('/clusters/:id', async (c) =>
  c.json(shown(await clusterOf(c.var.tenancy, c.var.token, c.req.param('id')), c.req.url, c.env)),
)

platform.delete('/clusters/:id', async (c) => {
  const cluster = await clusterOf(c.var.tenancy, c.var.token, c.req.param('id'))
  await c.var.tenancy.deleteCluster(cluster.id)
  forgetAll()
  await destroyed(c.env, cluster.id)
  return c.json(shown(cluster, c.req.url, c.env))
})

platform.get('/clusters/:id/kubeconfig', async (c) => {
  const cluster = await clusterOf(c.var.tenancy, c.var.token, c.req.param('id'))
  const text = kubeconfig({
    name: cluster.name,
    server: serverOf(cluster, c.req.url, c.env),
    // The caller's own token, which it has shown: nothing new to keep or lose.
    token: bearerOf(c.req.raw.headers) ?? '',
    ca: c.env.SERVER_CA,
  })
  return c.text(text, 200, { 'content-type': 'application/yaml', 'cache-control': 'no-store' })
})

platform.get('/clusters/:id/figures', async (c) => {
  const cluster = await clusterOf(c.var.tenancy, c.var.token, c.req.param('id'))
  return c.json(await c.env.CLUSTERS.get(c.env.CLUSTERS.idFromName(cluster.id)).figures())
})

platform.post('/clusters/:id/join-tokens', async (c) => {
  const cluster = await clusterOf(c.var.tenancy, c.var.token, c.req.param('id'))
  const body = await parsed(c.req.raw, 'JoinToken', joinTokenBody)
  const expiresAt = Date.now() + (body.expiresInSeconds ? body.expiresInSeconds * 1000 : JOIN_TOKEN_MS)
  const { token, record } = await c.var.tenancy.createToken({
    organizationId: cluster.organizationId,
    kind: 'join',
    clusterId: cluster.id,
    description: 'join',
    expiresAt,
  })
  return c.json({ ...record, token }, 201)
})

platform.get('/tokens', async (c) => c.json({ items: await c.var.tenancy.listTokens(c.var.token.organizationId) }))

platform.post('/tokens', async (c) => {
  const body = await parsed(c.req.raw, 'Token', tokenBody)
  const { organizationId } = c.var.token
  const cluster = body.kind === 'cluster' ? await clusterOf(c.var.tenancy, c.var.token, body.cluster ?? '') : undefined
  const { token, record } = await c.var.tenancy.createToken({
    organizationId,
    kind: body.kind,
    clusterId: cluster?.id,
    user: body.user,
    groups: body.groups,
    description: body.description,
    expiresAt: body.expiresInSeconds ? Date.now() + body.expiresInSeconds * 1000 : undefined,
  })
  return c.json({ ...record, token }, 201)
})

platform.delete('/tokens/:id', async (c) => {
  const id = c.req.param('id')
  if (!(await c.var.tenancy.deleteToken(c.var.token.organizationId, id))) throw notFound(TOKENS, id)
  forgetAll()
  return c.json({ id })
})

platform.all('*', () => {
  throw noSuchResource()
})

async function clusterOf(tenancy: Tenancy, token: TokenRecord, id: string) {
  const cluster = await tenancy.authorizedCluster(token.organizationId, id)
  if (!cluster) throw notFound(CLUSTERS, id)
  return cluster
}

/** Throws 400: what a cluster would not be made for is not left out quietly. */
function compatOf(text: string | undefined): Compat | undefined {
  if (text === undefined || isCompat(text)) return text
  const known = COMPATS.map((version) => JSON.stringify(version)).join(', ')
  throw badRequest(`compat: Unsupported value: ${JSON.stringify(text)}: supported values: ${known}`)
}

/** Where a cluster's API is: a host of its own where there can be one, for clients that take no path. */
function serverOf({ id }: ClusterRecord, url: string, { BASE_DOMAIN }: Env): string {
  const { origin, protocol, port } = new URL(url)
  return BASE_DOMAIN ? `${protocol}//${id}.${BASE_DOMAIN}${port && `:${port}`}` : `${origin}/clusters/${id}`
}

const shown = (cluster: ClusterRecord, url: string, env: Env) => ({
  id: cluster.id,
  name: cluster.name,
  createdAt: new Date(cluster.createdAt).toISOString(),
  server: serverOf(cluster, url, env),
  caCertificate: cluster.caCertificate,
  ...(cluster.compat === null ? {} : { compat: cluster.compat }),
})

/** The object ends itself while it answers, which the caller sees as a failure: that is its success. */
async function destroyed(env: Env, id: string): Promise<void> {
  try {
    await env.CLUSTERS.get(env.CLUSTERS.idFromName(id)).destroy()
  } catch (error) {
    if (!String(error).includes('has been deleted')) throw error
  }
}

async function parsed<T>(request: Request, kind: string, schema: z.ZodType<T>): Promise<T> {
  const text = await request.text()
  const result = schema.safeParse(text.trim() === '' ? {} : jsonOf(text))
  if (result.success) return result.data
  throw invalid(
    { group: '', kind },
    '',
    result.error.issues.map((issue) => ({
      reason: 'FieldValueInvalid',
      field: issue.path.join('.'),
      message: issue.message,
    })),
  )
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw badRequest('the body is not JSON')
  }
}

/** Compares digests, so that time tells nothing about the secret. */
async function isSame(a: string, b: string): Promise<boolean> {
  const digest = async (text: string) =>
    new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)))
  const [left, right] = await Promise.all([digest(a), digest(b)])
  return left.every((byte, index) => byte === right[index])
}
