/** Kinds that are served in several versions: the same objects, and whose their fields are, in each. */
import { beforeAll, describe, expect, it } from 'vitest'
import { APPLY, type Client, type Json, MERGE, newClient } from './client.ts'
import { watch } from './watching.ts'

const autoscalers = (version: string) => `/apis/autoscaling/${version}/namespaces/default/horizontalpodautoscalers`
const scaled = { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }, maxReplicas: 5 }
const memory = {
  type: 'Resource',
  resource: { name: 'memory', target: { type: 'AverageValue', averageValue: '1Gi' } },
}
const cpu = (averageUtilization: number) => ({
  type: 'Resource',
  resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization } },
})

let client: Client

beforeAll(async () => {
  client = await newClient('versions')
})

const autoscaler = (version: string, name: string, spec: object) => ({
  apiVersion: `autoscaling/${version}`,
  kind: 'HorizontalPodAutoscaler',
  metadata: { name },
  spec: { ...scaled, ...spec },
})

const entriesOf = ({ metadata }: Json): Json =>
  Object.fromEntries(metadata.managedFields.map((entry: Json) => [entry.manager, entry]))

const apply = (version: string, name: string, manager: string, spec: object, force = false) =>
  client.ask(`${autoscalers(version)}/${name}?fieldManager=${manager}&force=${force}`, {
    method: 'PATCH',
    type: APPLY,
    body: JSON.stringify({ ...autoscaler(version, name, {}), spec }),
  })

describe('autoscalers in two versions', () => {
  it('are one object: made in one, read, watched and written in the other', async () => {
    const made = await client.post(autoscalers('v2'), autoscaler('v2', 'one', { metrics: [memory, cpu(50)] }))
    const older = await client.get(`${autoscalers('v1')}/one`)
    expect(older).toMatchObject({
      apiVersion: 'autoscaling/v1',
      metadata: { uid: made.metadata.uid, resourceVersion: made.metadata.resourceVersion },
      spec: { ...scaled, targetCPUUtilizationPercentage: 50 },
    })
    expect(await client.put(`${autoscalers('v1')}/one`, older)).toEqual(older)
    await client.patch(`${autoscalers('v1')}/one`, { spec: { targetCPUUtilizationPercentage: 70 } }, MERGE)
    expect((await client.get(`${autoscalers('v2')}/one`)).spec.metrics).toEqual([memory, cpu(70)])
    const listed = await client.get(autoscalers('v1'))
    expect([listed.apiVersion, listed.items.length]).toEqual(['autoscaling/v1', 1])
  })

  it('keep spec and status apart, in annotations too', async () => {
    await client.post(autoscalers('v2'), autoscaler('v2', 'apart', { metrics: [memory, cpu(50)] }))
    const conditions = [{ type: 'AbleToScale', status: 'True' }]
    await client.patch(`${autoscalers('v2')}/apart/status`, { status: { conditions, desiredReplicas: 2 } }, MERGE)
    const annotations = Object.fromEntries(
      ['metrics', 'conditions'].map((key) => [`autoscaling.alpha.kubernetes.io/${key}`, '[]']),
    )
    await client.patch(`${autoscalers('v1')}/apart/status`, { metadata: { annotations } }, MERGE)
    const judged = await client.get(`${autoscalers('v2')}/apart`)
    expect([judged.spec.metrics, judged.status.conditions]).toEqual([[memory, cpu(50)], undefined])
    await client.patch(`${autoscalers('v2')}/apart/status`, { status: { conditions } }, MERGE)
    await client.patch(`${autoscalers('v1')}/apart`, { metadata: { annotations } }, MERGE)
    const written = await client.get(`${autoscalers('v2')}/apart`)
    expect([written.spec.metrics, written.status.conditions]).toEqual([[cpu(50)], conditions])
  })

  it('prefer the newer one, and are stored in one', async () => {
    expect((await client.get('/apis/autoscaling')).preferredVersion.version).toBe('v2')
    const hashes = await Promise.all(
      ['v1', 'v2'].map(async (version) => {
        const { resources } = await client.get(`/apis/autoscaling/${version}`)
        return resources.find(({ name }: Json) => name === 'horizontalpodautoscalers').storageVersionHash
      }),
    )
    expect(hashes[0]).toBe(hashes[1])
  })

  it('lose a field in the version that names it when it is changed in the other', async () => {
    const path = (version: string, manager: string) => `${autoscalers(version)}/two?fieldManager=${manager}`
    await client.ask(`${autoscalers('v1')}?fieldManager=older`, {
      method: 'POST',
      body: autoscaler('v1', 'two', { targetCPUUtilizationPercentage: 50 }),
    })
    await client.patch(path('v2', 'newer'), { spec: { maxReplicas: 6 } }, MERGE)
    const before = entriesOf(await client.get(`${autoscalers('v2')}/two`))
    expect(before.older).toMatchObject({
      apiVersion: 'autoscaling/v1',
      fieldsV1: { 'f:spec': { 'f:targetCPUUtilizationPercentage': {} } },
    })
    expect(before.older.fieldsV1['f:spec']).not.toHaveProperty(['f:maxReplicas'])
    await client.patch(path('v2', 'newer'), { spec: { metrics: [cpu(60)] } }, MERGE)
    const after = entriesOf(await client.get(`${autoscalers('v1')}/two`))
    expect(after.older.fieldsV1['f:spec']).not.toHaveProperty(['f:targetCPUUtilizationPercentage'])
    expect(after.newer).toMatchObject({
      apiVersion: 'autoscaling/v2',
      fieldsV1: { 'f:spec': { 'f:maxReplicas': {}, 'f:metrics': {} } },
    })
  })

  it('conflict across versions, in the path of the version that owns', async () => {
    expect((await apply('v1', 'three', 'older', { ...scaled, targetCPUUtilizationPercentage: 50 })).code).toBe(201)
    const refused = await apply('v2', 'three', 'newer', { ...scaled, metrics: [cpu(60)] })
    expect(refused.code, refused.text).toBe(409)
    expect(refused.body.details.causes).toEqual([
      {
        reason: 'FieldManagerConflict',
        message: 'conflict with "older"',
        field: '.spec.targetCPUUtilizationPercentage',
      },
    ])
    expect((await apply('v2', 'three', 'newer', { ...scaled, metrics: [cpu(60)] }, true)).code).toBe(200)
  })

  it('keep what another applier owns in its version, and lose what nobody applies any more', async () => {
    await apply('v1', 'four', 'older', { ...scaled, targetCPUUtilizationPercentage: 50 })
    await apply('v2', 'four', 'newer', { ...scaled, minReplicas: 2, metrics: [cpu(50)] })
    const kept = await apply('v2', 'four', 'newer', { ...scaled })
    expect(kept.body.spec).toMatchObject({ minReplicas: 1, metrics: [cpu(50)] })
    const moved = await apply('v2', 'four', 'older', { ...scaled })
    expect(moved.body.spec.metrics, 'back to the default').toEqual([cpu(80)])
  })
})

describe('Events in two groups', () => {
  const CORE = '/api/v1/namespaces/default/events'
  const NEWER = '/apis/events.k8s.io/v1/namespaces/default/events'
  const about = { kind: 'Pod', namespace: 'default', name: 'web' }
  const newer = (name: string) => ({
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { name },
    eventTime: '2026-01-01T00:00:00.000000Z',
    regarding: about,
    reportingController: 'example.com/tests',
    reportingInstance: 'one',
    action: 'Testing',
    reason: 'Tested',
    note: 'all well',
    type: 'Normal',
  })

  it('are one object, listed and selected in both', async () => {
    const made = await client.post(NEWER, newer('both'))
    expect(await client.get(`${NEWER}/both`)).toEqual(made)
    const core = await client.get(`${CORE}/both`)
    expect(core).toMatchObject({ involvedObject: about, message: 'all well', metadata: { uid: made.metadata.uid } })
    const listed = async (path: string) => (await client.get(path)).items.map(({ metadata }: Json) => metadata.name)
    expect(await listed(`${NEWER}?fieldSelector=regarding.name=web`)).toEqual(['both'])
    expect(await listed(`${NEWER}?fieldSelector=regarding.name=db`)).toEqual([])
    expect(await listed(`${CORE}?fieldSelector=involvedObject.name=web`)).toEqual(['both'])
    expect((await client.ask(`${NEWER}?fieldSelector=involvedObject.name=web`)).code).toBe(400)
    await client.delete(`${CORE}/both`)
    expect((await client.ask(`${NEWER}/both`)).code).toBe(404)
  })

  it('are watched in each group by its names', async () => {
    const query = `resourceVersion=${await client.version()}`
    const [older, younger] = [await watch(client, CORE, query), await watch(client, NEWER, query)]
    await client.post(NEWER, newer('watched'))
    expect((await older.until(1))[0]?.object).toMatchObject({ apiVersion: 'v1', involvedObject: about })
    expect((await younger.until(1))[0]?.object).toMatchObject({ apiVersion: 'events.k8s.io/v1', regarding: about })
    await older.stop()
    await younger.stop()
  })

  it('are fixed in the newer group but for their series', async () => {
    await client.post(NEWER, newer('counted'))
    const series = { count: 2, lastObservedTime: '2026-01-01T00:00:01.000000Z' }
    expect((await client.patch(`${NEWER}/counted`, { series }, MERGE)).series).toEqual(series)
    const refused = await client.ask(`${NEWER}/counted`, { method: 'PATCH', type: MERGE, body: { note: 'other' } })
    expect([refused.code, refused.body.details.causes[0].field]).toEqual([422, 'message'])
  })

  it('belong to whoever wrote them, in the names of the version that they were written in', async () => {
    await client.post(NEWER, newer('owned'))
    await client.patch(`${CORE}/owned?fieldManager=older`, { message: 'other' }, MERGE)
    const [first, second] = (await client.get(`${CORE}/owned`)).metadata.managedFields
    expect([first.apiVersion, second.apiVersion]).toEqual(['events.k8s.io/v1', 'v1'])
    expect(first.fieldsV1).not.toHaveProperty(['f:note'])
    expect(first.fieldsV1).toHaveProperty(['f:regarding'])
    expect(second.fieldsV1).toEqual({ 'f:message': {} })
  })
})
