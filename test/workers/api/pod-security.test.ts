/** Pod Security Standards, by the labels of a namespace. */
import { beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../world.ts'
import {
  type Answer,
  type Client,
  DEPLOYMENTS,
  deployment,
  expectRefusal,
  type Json,
  MERGE,
  newClient,
  pod,
} from './client.ts'

let client: Client

beforeAll(async () => {
  client = await newClient('pod-security')
})

const PREFIX = 'pod-security.kubernetes.io/'

async function namespace(name: string, labels: Record<string, string>): Promise<string> {
  const body = {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name, labels: Object.fromEntries(Object.entries(labels).map(([key, value]) => [PREFIX + key, value])) },
  }
  await client.post('/api/v1/namespaces', body)
  return `/api/v1/namespaces/${name}/pods`
}

const privileged = (name: string) =>
  pod(name, { spec: { containers: [{ name: 'main', image: 'main:1', securityContext: { privileged: true } }] } })
const WHY = 'privileged (container "main" must not set securityContext.privileged=true)'
const warnings = ({ headers }: Answer): string => headers.get('warning') ?? ''
const quoted = (text: string): string => `299 - ${JSON.stringify(text)}`

describe('a namespace that enforces', () => {
  it('refuses Pods, and lets their makers tell', async () => {
    const pods = await namespace('strict', { enforce: 'baseline', warn: 'restricted' })
    expectRefusal(await client.ask(pods, { method: 'POST', body: privileged('wrong') }), {
      code: 403,
      reason: 'Forbidden',
      message: `pods "wrong" is forbidden: violates PodSecurity "baseline:latest": ${WHY}`,
    })
    const usual = await client.ask(pods, { method: 'POST', body: pod('usual') })
    expect(usual.code).toBe(201)
    expect(warnings(usual)).toContain(
      'would violate PodSecurity \\"restricted:latest\\": allowPrivilegeEscalation != false',
    )
    const template = { metadata: { labels: { app: 'web' } }, spec: privileged('x').spec }
    const deployments = DEPLOYMENTS.replace('default', 'strict')
    const made = await client.ask(deployments, { method: 'POST', body: deployment('web', { spec: { template } }) })
    expect(made.code).toBe(201)
    expect(warnings(made)).toContain(`would violate PodSecurity`)
    const failure = await eventually('the failure', async () => {
      const { status } = await client.get(`${deployments}/web`)
      return status.conditions?.find(({ type }: Json) => type === 'ReplicaFailure')
    })
    expect(failure.message).toContain(`violates PodSecurity "baseline:latest": ${WHY}`)
    const scaled = await client.ask(`${deployments}/web`, {
      method: 'PATCH',
      type: MERGE,
      body: { spec: { replicas: 2 } },
    })
    expect([scaled.code, warnings(scaled)]).toEqual([200, ''])
  })

  it('tells of the Pods that it has already', async () => {
    const pods = await namespace('later', {})
    for (const name of ['a', 'b'])
      expect((await client.ask(pods, { method: 'POST', body: privileged(name) })).code).toBe(201)
    const tightened = await client.ask('/api/v1/namespaces/later', {
      method: 'PATCH',
      type: MERGE,
      body: { metadata: { labels: { [`${PREFIX}enforce`]: 'baseline' } } },
    })
    expect(tightened.code).toBe(200)
    expect(warnings(tightened)).toBe(
      [
        quoted('existing pods in namespace "later" violate the new PodSecurity enforce level "baseline:latest"'),
        quoted('a (and 1 other pod): privileged'),
      ].join(', '),
    )
    // What was there goes on.
    const labelled = await client.ask(`${pods}/a`, {
      method: 'PATCH',
      type: MERGE,
      body: { metadata: { labels: { a: 'b' } } },
    })
    expect(labelled.code).toBe(200)
    expect(
      (await client.ask(`${pods}/a/status`, { method: 'PATCH', type: MERGE, body: { status: { phase: 'Running' } } }))
        .code,
    ).toBe(200)
  })
})

describe('a namespace without labels', () => {
  it('lets in everything, in silence', async () => {
    const pods = await namespace('free', {})
    const made = await client.ask(pods, { method: 'POST', body: privileged('any') })
    expect([made.code, warnings(made)]).toEqual([201, ''])
  })
})

describe('labels that say nothing', () => {
  it('are refused', async () => {
    const body = {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'wrong', labels: { [`${PREFIX}enforce`]: 'strict' } },
    }
    expectRefusal(await client.ask('/api/v1/namespaces', { method: 'POST', body }), {
      code: 422,
      reason: 'Invalid',
      message: `Namespace "wrong" is invalid: metadata.labels[${PREFIX}enforce]: Invalid value: "strict": must be one of privileged, baseline, restricted`,
    })
  })
})
