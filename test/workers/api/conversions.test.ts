/** Custom resources whose versions differ by more than their name: a webhook converts, and clients see one object. */
import { beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../world.ts'
import { APPLY, type Client, type Json, MERGE, newClient } from './client.ts'
import { type Frame, watch } from './watching.ts'
import { newWebhook, type Webhook } from './webhook.ts'

const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
const GROUP = 'conversions.example.com'
const V1 = `/apis/${GROUP}/v1/namespaces/default/lamps`
const V2 = `/apis/${GROUP}/v2/namespaces/default/lamps`

let client: Client
let webhook: Webhook

/** `spec.color` of v1 is `spec.hue` of v2. */
const BEHAVIOUR = { convert: { version: 'v2', from: 'color', to: 'hue' } }

const version = (name: string, field: string, storage: boolean) => ({
  name,
  served: true,
  storage,
  schema: {
    openAPIV3Schema: {
      type: 'object',
      properties: {
        spec: { type: 'object', properties: { [field]: { type: 'string' }, size: { type: 'integer', default: 1 } } },
      },
    },
  },
})

const definition = () => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `lamps.${GROUP}` },
  spec: {
    group: GROUP,
    scope: 'Namespaced',
    names: { plural: 'lamps', kind: 'Lamp' },
    versions: [version('v1', 'color', true), version('v2', 'hue', false)],
    conversion: {
      strategy: 'Webhook',
      webhook: { clientConfig: { url: webhook.url }, conversionReviewVersions: ['v1'] },
    },
  },
})

const lamp = (apiVersion: string, name: string, spec: object, metadata: object = {}) => ({
  apiVersion: `${GROUP}/${apiVersion}`,
  kind: 'Lamp',
  metadata: { name, ...metadata },
  spec,
})

const specs = (list: Json) => list.items.map((item: Json) => [item.apiVersion, item.metadata.name, item.spec])

beforeAll(async () => {
  client = await newClient('conversions')
  webhook = await newWebhook('convert', BEHAVIOUR)
  await client.post(DEFINITIONS, definition())
  await eventually('the kind is served', async () => (await client.ask(V2)).code === 200)
})

describe('an object of a kind that a webhook converts', () => {
  it('is made in one version and read in the other', async () => {
    await client.post(V1, lamp('v1', 'one', { color: 'red' }))
    expect(await client.get(`${V2}/one`)).toMatchObject({
      apiVersion: `${GROUP}/v2`,
      metadata: { name: 'one' },
      spec: { hue: 'red', size: 1 },
    })
    await client.post(V2, lamp('v2', 'two', { hue: 'blue' }))
    expect((await client.get(`${V1}/two`)).spec).toEqual({ color: 'blue', size: 1 })
  })

  it('answers a write in the version it was written in, with one uid and version in both', async () => {
    const made = await client.post(V2, lamp('v2', 'same', { hue: 'green' }))
    expect(made).toMatchObject({ apiVersion: `${GROUP}/v2`, spec: { hue: 'green', size: 1 } })
    const { metadata } = await client.get(`${V1}/same`)
    expect(metadata.uid).toBe(made.metadata.uid)
    expect(metadata.resourceVersion).toBe(made.metadata.resourceVersion)
  })

  it('is updated, patched and applied in either version', async () => {
    const made = await client.post(V1, lamp('v1', 'changed', { color: 'red' }))
    await client.put(`${V2}/changed`, { ...made, apiVersion: `${GROUP}/v2`, spec: { hue: 'grey', size: 2 } })
    expect((await client.get(`${V1}/changed`)).spec).toEqual({ color: 'grey', size: 2 })
    await client.patch(`${V2}/changed`, { spec: { hue: 'pink' } }, MERGE)
    expect((await client.get(`${V1}/changed`)).spec).toEqual({ color: 'pink', size: 2 })
    const applied = lamp('v2', 'changed', { size: 3 })
    const { code } = await client.ask(`${V2}/changed?fieldManager=test&force=true`, {
      method: 'PATCH',
      type: APPLY,
      body: applied,
    })
    expect(code).toBe(200)
    expect((await client.get(`${V1}/changed`)).spec).toEqual({ color: 'pink', size: 3 })
  })

  it('is written only where it has changed', async () => {
    const made = await client.post(V2, lamp('v2', 'still', { hue: 'red' }))
    const again = await client.put(`${V2}/still`, made)
    expect(again.metadata.resourceVersion).toBe(made.metadata.resourceVersion)
  })

  it('is deleted in either version', async () => {
    await client.post(V1, lamp('v1', 'gone', { color: 'red' }))
    await client.delete(`${V2}/gone`)
    expect((await client.ask(`${V1}/gone`)).code).toBe(404)
  })
})

describe('lists and watches of such a kind', () => {
  const labelled = { labels: { of: 'lists' } }
  const query = 'labelSelector=of%3Dlists'

  beforeAll(async () => {
    for (const [name, color] of [
      ['a', 'red'],
      ['b', 'green'],
      ['c', 'blue'],
    ] as const)
      await client.post(V1, lamp('v1', `list-${name}`, { color }, labelled))
  })

  it('show all objects in the version asked for, converted by one call', async () => {
    // What was answered before is remembered; so these are new to the webhook.
    for (const name of ['a', 'b', 'c'])
      await client.patch(`${V1}/list-${name}`, { metadata: { annotations: { new: 'yes' } } }, MERGE)
    await webhook.behave(BEHAVIOUR)
    expect(specs(await client.get(`${V2}?${query}`))).toEqual([
      [`${GROUP}/v2`, 'list-a', { hue: 'red', size: 1 }],
      [`${GROUP}/v2`, 'list-b', { hue: 'green', size: 1 }],
      [`${GROUP}/v2`, 'list-c', { hue: 'blue', size: 1 }],
    ])
    expect(await webhook.calls()).toHaveLength(1)
  })

  it('are paged, each object once', async () => {
    const first = await client.get(`${V2}?${query}&limit=2`)
    expect(specs(first)).toHaveLength(2)
    const rest = await client.get(`${V2}?${query}&limit=2&continue=${first.metadata.continue}`)
    expect(specs(rest)).toEqual([[`${GROUP}/v2`, 'list-c', { hue: 'blue', size: 1 }]])
  })

  it('stream what is more than is converted at once', async () => {
    const big = 'x'.repeat(300_000)
    for (let index = 0; index < 6; index++)
      await client.post(V1, lamp('v1', `big-${index}`, { color: `${index}${big}` }, { labels: { of: 'big' } }))
    const { items } = await client.get(`${V2}?labelSelector=of%3Dbig`)
    expect(items.map((item: Json) => item.spec.hue.slice(0, 1))).toEqual(['0', '1', '2', '3', '4', '5'])
  })

  it('tell of the state and of each change, in the version asked for', async () => {
    const events = await watch(client, V2, query)
    const of = ({ type, object }: Frame) => [type, object.metadata.name, object.spec.hue]
    expect((await events.until(3)).map(of)).toEqual([
      ['ADDED', 'list-a', 'red'],
      ['ADDED', 'list-b', 'green'],
      ['ADDED', 'list-c', 'blue'],
    ])
    await client.patch(`${V1}/list-a`, { spec: { color: 'black' } }, MERGE)
    await client.patch(`${V2}/list-b`, { spec: { hue: 'white' } }, MERGE)
    await client.delete(`${V1}/list-c`)
    expect((await events.until(6)).slice(3).map(of)).toEqual([
      ['MODIFIED', 'list-a', 'black'],
      ['MODIFIED', 'list-b', 'white'],
      ['DELETED', 'list-c', 'blue'],
    ])
    await events.stop()
  })

  it('tell of a change that came while the webhook was slow in its order, and none twice', async () => {
    const events = await watch(client, V2, `labelSelector=of%3Dslow&resourceVersion=${await client.version()}`)
    await webhook.behave({ ...BEHAVIOUR, delayMs: 200 })
    for (const color of ['red', 'green', 'blue'])
      await client.post(V1, lamp('v1', `slow-${color}`, { color }, { labels: { of: 'slow' } }))
    const frames = await events.until(3)
    expect(frames.map(({ object }) => object.spec.hue)).toEqual(['red', 'green', 'blue'])
    await webhook.behave(BEHAVIOUR)
    await client.delete(`${V1}/slow-red`)
    expect((await events.until(4)).map(({ type }) => type)).toEqual(['ADDED', 'ADDED', 'ADDED', 'DELETED'])
    await events.stop()
  })

  it('end with the reason where the webhook fails', async () => {
    const events = await watch(client, V2, `labelSelector=of%3Dfails&resourceVersion=${await client.version()}`)
    await webhook.behave({ failure: 'no hue today' })
    await client.post(V1, lamp('v1', 'fails', { color: 'red' }, { labels: { of: 'fails' } }))
    await events.ended
    expect(events.frames).toMatchObject([{ type: 'ERROR', object: { kind: 'Status', code: 500 } }])
    await webhook.behave(BEHAVIOUR)
  })
})

describe('a conversion that fails', () => {
  it('is told to the client, and changes nothing', async () => {
    const before = await client.post(V1, lamp('v1', 'stuck', { color: 'red' }))
    await webhook.behave({ failure: 'no hue today' })
    const { code, body } = await client.ask(`${V2}/stuck`)
    expect(code).toBe(500)
    expect(body.message).toBe(`conversion webhook for ${GROUP}/v1, Kind=Lamp failed: no hue today`)
    expect((await client.ask(V2, { method: 'POST', body: lamp('v2', 'never', { hue: 'red' }) })).code).toBe(500)
    expect((await client.ask(`${V1}/never`)).code).toBe(404)
    // Its own version needs nobody.
    expect((await client.get(`${V1}/stuck`)).metadata.resourceVersion).toBe(before.metadata.resourceVersion)
    await webhook.behave(BEHAVIOUR)
    expect((await client.get(`${V2}/stuck`)).spec.hue).toBe('red')
  })

  it.each([
    { what: 'no review', instead: { status: 200, text: '{}' }, says: 'the response is no ConversionReview' },
    { what: 'an error', instead: { status: 500, text: 'down' }, says: 'an error on the server ("down")' },
    { what: 'no JSON', instead: { status: 200, text: '<html>' }, says: 'the response is no JSON' },
  ])('because the webhook answers $what says so', async ({ what, instead, says }) => {
    const name = `bad-${what.replaceAll(' ', '-').toLowerCase()}`
    await client.post(V1, lamp('v1', name, { color: 'red' }))
    await webhook.behave({ instead })
    const { code, body } = await client.ask(`${V2}/${name}`)
    expect(code).toBe(500)
    expect(body.message).toContain(says)
    await webhook.behave(BEHAVIOUR)
  })
})

describe('when the storage version moves', () => {
  it('what was stored before is converted as it is read', async () => {
    await client.post(V1, lamp('v1', 'older', { color: 'red' }))
    await client.patch(
      `${DEFINITIONS}/lamps.${GROUP}`,
      { spec: { versions: [version('v1', 'color', false), version('v2', 'hue', true)] } },
      MERGE,
    )
    await eventually('it is the storage version', async () => (await client.get(`${V2}/older`)).spec.hue === 'red')
    expect((await client.get(`${V1}/older`)).spec.color).toBe('red')
    await client.patch(`${V1}/older`, { spec: { color: 'blue' } }, MERGE)
    expect((await client.get(`${V2}/older`)).spec.hue).toBe('blue')
  })

  it('deleting the definition deletes what is stored in either', async () => {
    await client.delete(`${DEFINITIONS}/lamps.${GROUP}`)
    await eventually('it is gone', async () => (await client.ask(`${DEFINITIONS}/lamps.${GROUP}`)).code === 404)
  })
})
