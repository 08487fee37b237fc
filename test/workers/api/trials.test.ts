/** Writes that are only tried, and what becomes of fields that nobody knows. */
import { beforeAll, describe, expect, it } from 'vitest'
import {
  type Client,
  CONFIG_MAPS,
  configMap,
  DEPLOYMENTS,
  deployment,
  expectRefusal,
  MERGE,
  newClient,
  settled,
} from './client.ts'

const PATH = `${DEPLOYMENTS}/web`
const PAUSED = { replicas: 0, paused: true }

let client: Client

beforeAll(async () => {
  client = await newClient('trials')
  await client.post(DEPLOYMENTS, deployment('web', { spec: PAUSED }))
  await settled(client)
})

const patch = (body: unknown, query: string) => client.ask(`${PATH}${query}`, { method: 'PATCH', body, type: MERGE })

describe('a dry run', () => {
  const DRY = '?dryRun=All'
  it.each([
    {
      does: 'create',
      ask: () => client.ask(`${CONFIG_MAPS}${DRY}`, { method: 'POST', body: configMap('dry', { data: { a: '1' } }) }),
    },
    {
      does: 'update',
      ask: () => client.ask(`${PATH}${DRY}`, { method: 'PUT', body: deployment('web', { spec: { replicas: 3 } }) }),
    },
    { does: 'patch', ask: () => patch({ spec: { replicas: 3 } }, DRY) },
    {
      does: 'scale',
      ask: () => client.ask(`${PATH}/scale${DRY}`, { method: 'PATCH', body: { spec: { replicas: 3 } }, type: MERGE }),
    },
    { does: 'delete', ask: () => client.ask(`${PATH}${DRY}`, { method: 'DELETE' }) },
  ])('answers what a $does would, and leaves no trace', async ({ ask }) => {
    const before = await client.version()
    const deployed = await client.get(PATH)
    const { code, text } = await ask()
    expect(code, text).toBeLessThan(300)
    expect(await client.get(PATH)).toEqual(deployed)
    expect((await client.ask(`${CONFIG_MAPS}/dry`)).code).toBe(404)
    expect(await client.version()).toBe(before)
    const watched = await client.ask(`/apis/apps/v1/deployments?watch=true&timeoutSeconds=1&resourceVersion=${before}`)
    expect(watched.text).toBe('')
  })

  it.each([
    {
      kind: 'CreateOptions',
      ask: (query: string) => client.ask(`${CONFIG_MAPS}${query}`, { method: 'POST', body: configMap('dry') }),
    },
    {
      kind: 'UpdateOptions',
      ask: (query: string) => client.ask(`${PATH}${query}`, { method: 'PUT', body: deployment('web') }),
    },
    { kind: 'PatchOptions', ask: (query: string) => patch({ spec: { replicas: 3 } }, query) },
    {
      kind: 'PatchOptions',
      ask: (query: string) => client.ask(`${PATH}/scale${query}`, { method: 'PATCH', body: {}, type: MERGE }),
    },
    { kind: 'DeleteOptions', ask: (query: string) => client.ask(`${PATH}${query}`, { method: 'DELETE' }) },
  ])('of another kind is refused in the $kind', async ({ kind, ask }) => {
    const { code, body } = await ask('?dryRun=All&dryRun=Some')
    expect([code, body.message, body.details]).toEqual([
      422,
      `${kind}.meta.k8s.io "" is invalid: dryRun: Unsupported value: []string{"All", "Some"}: supported values: "All"`,
      expect.objectContaining({ group: 'meta.k8s.io', kind }),
    ])
  })

  it('shows no version of its own: what was tried has none', async () => {
    const created = await client.ask(`${CONFIG_MAPS}${DRY}`, { method: 'POST', body: configMap('dry') })
    expect(created.body.metadata).not.toHaveProperty('resourceVersion')
    const { metadata } = await client.get(PATH)
    const patched = await patch({ spec: { replicas: 3 } }, DRY)
    expect([patched.body.spec.replicas, patched.body.metadata.resourceVersion]).toEqual([3, metadata.resourceVersion])
  })

  it('refuses what would be refused', async () => {
    const body = configMap('kube-root-ca.crt')
    expectRefusal(await client.ask(`${CONFIG_MAPS}${DRY}`, { method: 'POST', body }), {
      code: 409,
      reason: 'AlreadyExists',
    })
  })
})

describe('a field that nobody knows', () => {
  const odd = (name: string) => deployment(name, { spec: { ...PAUSED, replicaz: 3 } })
  const create = (name: string, validation: string) =>
    client.ask(`${DEPLOYMENTS}?fieldValidation=${validation}`, { method: 'POST', body: odd(name) })

  it('is refused by Strict, in the words that kubectl shows', async () => {
    expectRefusal(await create('strict', 'Strict'), {
      code: 400,
      reason: 'BadRequest',
      message:
        'Deployment in version "v1" cannot be handled as a Deployment: strict decoding error: unknown field "spec.replicaz"',
    })
  })

  it('is dropped and warned of by Warn, and silently by Ignore', async () => {
    const warned = await create('warned', 'Warn')
    expect(warned.headers.get('warning')).toBe('299 - "unknown field \\"spec.replicaz\\""')
    const ignored = await create('ignored', 'Ignore')
    expect(ignored.headers.get('warning')).toBeNull()
    for (const { code, body } of [warned, ignored]) {
      expect(code).toBe(201)
      expect(body.spec).not.toHaveProperty('replicaz')
    }
    const patched = await patch({ spec: { replicaz: 3 } }, '?fieldValidation=Warn')
    expect(patched.headers.get('warning')).toBe('299 - "unknown field \\"spec.replicaz\\""')
  })
})
