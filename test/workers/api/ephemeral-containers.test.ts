/** Containers that join a Pod while it runs, as `kubectl debug` adds them: a subresource of its own. */
import { beforeAll, describe, expect, it } from 'vitest'
import {
  APPLY,
  type Client,
  expectRefusal,
  JSON_PATCH,
  type Json,
  MERGE,
  newClient,
  PODS,
  pod,
  STRATEGIC,
} from './client.ts'

let client: Client

beforeAll(async () => {
  client = await newClient('ephemeral-containers')
})

const debug = (name: string, fields: object = {}) => ({ name, image: 'tools:1', ...fields })
const specOf = (...ephemeralContainers: object[]) => ({ spec: { ephemeralContainers } })
const namesOf = (object: Json): string[] => (object.spec.ephemeralContainers ?? []).map(({ name }: Json) => name)
const pathOf = (name: string) => `${PODS}/${name}/ephemeralcontainers`

async function newPod(name: string): Promise<Json> {
  return client.post(PODS, pod(name))
}

describe('pods/ephemeralcontainers', () => {
  it('shows the Pod, and takes it back with more of them and no other change', async () => {
    await newPod('put')
    const shown = await client.get(pathOf('put'))
    expect(shown).toEqual(await client.get(`${PODS}/put`))
    const sent = {
      ...shown,
      metadata: { ...shown.metadata, labels: { stolen: 'yes' } },
      spec: { ...shown.spec, nodeName: 'elsewhere', ephemeralContainers: [debug('first')] },
    }
    const now = await client.put(pathOf('put'), sent)
    expect(now).toEqual(await client.get(`${PODS}/put`))
    expect(now.metadata.labels).toEqual(shown.metadata.labels)
    expect(now.spec).toEqual({
      ...shown.spec,
      ephemeralContainers: [
        {
          ...debug('first'),
          resources: {},
          imagePullPolicy: 'IfNotPresent',
          terminationMessagePath: '/dev/termination-log',
          terminationMessagePolicy: 'File',
        },
      ],
    })
  })

  it.each([
    { type: STRATEGIC, body: specOf(debug('second')), want: ['first', 'second'] },
    { type: MERGE, body: specOf(debug('first'), debug('second')), want: ['first', 'second'] },
    {
      type: JSON_PATCH,
      body: [{ op: 'add', path: '/spec/ephemeralContainers/-', value: debug('second') }],
      want: ['first', 'second'],
    },
  ])('is patched: $type', async ({ type, body, want }) => {
    const name = `patched-${type.split(/[/+-]/)[1]}`
    await newPod(name)
    await client.patch(pathOf(name), specOf(debug('first')), STRATEGIC)
    const now = await client.patch(
      pathOf(name),
      type === MERGE ? whole(await client.get(pathOf(name)), body) : body,
      type,
    )
    expect(namesOf(now).sort()).toEqual(want)
  })

  /** A merge patch has lists whole, and what is there stands as it is. */
  const whole = (current: Json, body: Json) =>
    specOf(...current.spec.ephemeralContainers, body.spec.ephemeralContainers.at(-1))

  it('is applied, and its fields are owned under its name', async () => {
    await newPod('applied')
    const config = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'applied' }, ...specOf(debug('first')) }
    const path = `${pathOf('applied')}?fieldManager=debugger`
    const now = await client.patch(path, config, APPLY)
    const { metadata } = await client.patch(pathOf('applied'), specOf(debug('second')), STRATEGIC)
    expect(namesOf(now)).toEqual(['first'])
    const entries = metadata.managedFields.filter(({ subresource }: Json) => subresource === 'ephemeralcontainers')
    expect(entries.map(({ operation }: Json) => operation)).toEqual(['Apply', 'Update'])
    expect(entries[0]).toMatchObject({
      manager: 'debugger',
      fieldsV1: { 'f:spec': { 'f:ephemeralContainers': { 'k:{"name":"first"}': { 'f:image': {} } } } },
    })
    // Who applies no more of them takes them away, and that nobody may.
    const empty = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'applied' } }
    expectRefusal(await client.ask(path, { method: 'PATCH', body: empty, type: APPLY }), {
      code: 422,
      reason: 'Invalid',
      message: /existing ephemeral containers "first" may not be removed/,
    })
  })

  it('only adds', async () => {
    await newPod('stands')
    await client.patch(pathOf('stands'), specOf(debug('first')), STRATEGIC)
    const change = (body: unknown, type = STRATEGIC) => client.ask(pathOf('stands'), { method: 'PATCH', body, type })
    const refusal = (message: RegExp) => ({ code: 422, reason: 'Invalid', message })
    expectRefusal(await change(specOf(debug('first', { image: 'tools:2' }))), refusal(/"first" may not be changed/))
    expectRefusal(await change({ spec: { ephemeralContainers: null } }, MERGE), refusal(/"first" may not be removed/))
    expectRefusal(
      await change(specOf(debug('second', { ports: [{ containerPort: 1 }] }))),
      refusal(/spec.ephemeralContainers\[\d\].ports: Forbidden: cannot be set for an Ephemeral Container/),
    )
    expectRefusal(await change({ spec: { ephemeralContainers: 'x' } }), { code: 422, reason: 'Invalid' })
    expect(namesOf(await client.get(`${PODS}/stands`))).toEqual(['first'])
  })

  it('is the only way for them', async () => {
    const early = { ...pod('early'), spec: { ...pod('early').spec, ephemeralContainers: [debug('first')] } }
    expectRefusal(await client.ask(PODS, { method: 'POST', body: early }), {
      code: 422,
      reason: 'Invalid',
      message: /spec.ephemeralContainers: Forbidden: cannot be set on create/,
    })
    await newPod('late')
    const late = { method: 'PATCH', body: specOf(debug('first')), type: STRATEGIC }
    expectRefusal(await client.ask(`${PODS}/late`, late), {
      code: 422,
      reason: 'Invalid',
      message: /pod updates may not change fields other than/,
    })
    expectRefusal(await client.ask(pathOf('absent'), late), { code: 404, reason: 'NotFound' })
    expectRefusal(await client.ask(pathOf('late'), { method: 'DELETE' }), { code: 405, reason: 'MethodNotAllowed' })
  })

  it('is judged as the Pod is, by the labels of its namespace', async () => {
    await client.post('/api/v1/namespaces', {
      metadata: { name: 'strict', labels: { 'pod-security.kubernetes.io/enforce': 'baseline' } },
    })
    await client.post('/api/v1/namespaces/strict/pods', pod('held'))
    const path = '/api/v1/namespaces/strict/pods/held/ephemeralcontainers'
    const privileged = debug('first', { securityContext: { privileged: true } })
    expectRefusal(await client.ask(path, { method: 'PATCH', body: specOf(privileged), type: STRATEGIC }), {
      code: 403,
      reason: 'Forbidden',
      message: /violates PodSecurity "baseline:latest": privileged/,
    })
    expect(namesOf(await client.patch(path, specOf(debug('first')), STRATEGIC))).toEqual(['first'])
  })
})
