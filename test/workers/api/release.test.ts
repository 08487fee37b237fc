/** What Kubernetes v1.32 does with fields that it does not know yet, and with those that it knows and does not use. */
import { beforeAll, describe, expect, it } from 'vitest'
import { type Client, DEPLOYMENTS, deployment, expectRefusal, MERGE, newClient, PODS, pod } from './client.ts'

let client: Client

beforeAll(async () => {
  client = await newClient('release')
})

const podWith = (name: string, spec: object) => ({ ...pod(name), spec: { ...pod(name).spec, ...spec } })

describe('a field that came with a later release', () => {
  const later = (name: string) => podWith(name, { hostnameOverride: 'other' })

  it('is pruned, and warned of', async () => {
    const { code, headers, body } = await client.ask(PODS, { method: 'POST', body: later('pruned') })
    expect(code).toBe(201)
    expect(headers.get('warning')).toContain('unknown field \\"spec.hostnameOverride\\"')
    expect(body.spec.hostnameOverride).toBeUndefined()
  })

  it('is refused where the client is strict', async () => {
    expectRefusal(await client.ask(`${PODS}?fieldValidation=Strict`, { method: 'POST', body: later('strict') }), {
      code: 400,
      reason: 'BadRequest',
      message: /strict decoding error: unknown field "spec.hostnameOverride"/,
    })
  })

  it('may have no value that came with one', async () => {
    const tolerations = [{ key: 'a', operator: 'Gt', value: '1' }]
    const { code, body } = await client.ask(PODS, { method: 'POST', body: podWith('tolerant', { tolerations }) })
    expect(code).toBe(422)
    expect(body.details.causes[0]).toMatchObject({
      field: 'spec.tolerations[0].operator',
      message: 'Unsupported value: "Gt": supported values: "Equal", "Exists"',
    })
  })
})

describe('a field whose feature gate is off', () => {
  it('is known, and dropped without a word', async () => {
    const body = podWith('gated', { hostUsers: false, securityContext: { supplementalGroupsPolicy: 'Strict' } })
    const { code, headers, body: made } = await client.ask(`${PODS}?fieldValidation=Strict`, { method: 'POST', body })
    expect(code).toBe(201)
    expect(headers.get('warning')).toBeNull()
    expect([made.spec.hostUsers, made.spec.securityContext]).toEqual([undefined, {}])
  })

  it('is dropped from updates and from templates, which so do not change', async () => {
    const { metadata } = await client.post(DEPLOYMENTS, deployment('gated', { spec: { paused: true } }))
    const body = { spec: { template: { spec: { hostUsers: false } } } }
    const now = await client.patch(`${DEPLOYMENTS}/gated`, body, MERGE)
    expect(now.spec.template.spec.hostUsers).toBeUndefined()
    expect(now.metadata.generation).toBe(metadata.generation)
  })

  it('leaves a volume without a source', async () => {
    const volumes = [{ name: 'v', image: { reference: 'a:1' } }]
    expectRefusal(await client.ask(PODS, { method: 'POST', body: podWith('image', { volumes }) }), {
      code: 422,
      reason: 'Invalid',
      message: /spec.volumes\[0\]: Required value: must specify a volume type/,
    })
  })
})
