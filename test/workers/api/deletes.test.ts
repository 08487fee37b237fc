/** Deleting: grace, preconditions, finalizers, what becomes of dependents, and collections. */
import { beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../world.ts'
import {
  type Client,
  CONFIG_MAPS,
  configMap,
  expectRefusal,
  JSON_PATCH,
  type Json,
  newClient,
  PODS,
  pod,
  REPLICA_SETS,
  type Refusal,
} from './client.ts'

const CONTROLLERS = '/api/v1/namespaces/default/replicationcontrollers'

let client: Client

beforeAll(async () => {
  client = await newClient('deletes')
})

const codeOf = async (path: string): Promise<number> => (await client.ask(path)).code

describe('a delete', () => {
  it('answers a Status that names what is gone', async () => {
    const { metadata } = await client.post(CONFIG_MAPS, configMap('gone'))
    expect(await client.delete(`${CONFIG_MAPS}/gone`)).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Success',
      details: { name: 'gone', kind: 'configmaps', uid: metadata.uid },
    })
    expectRefusal(await client.ask(`${CONFIG_MAPS}/gone`, { method: 'DELETE' }), { code: 404, reason: 'NotFound' })
  })

  it.each<{ when: string; options: object; want: Refusal }>([
    {
      when: 'another uid was meant',
      options: { preconditions: { uid: 'another' } },
      want: {
        code: 409,
        reason: 'Conflict',
        message: /on ConfigMap "kept": the UID in the precondition \(another\) does not match the UID in record/,
      },
    },
    {
      when: 'another version was meant',
      options: { preconditions: { resourceVersion: '1' } },
      want: {
        code: 409,
        reason: 'Conflict',
        message: /the ResourceVersion in the precondition \(1\) does not match the ResourceVersion in record/,
      },
    },
    {
      when: 'the policy is none',
      options: { propagationPolicy: 'Sideways' },
      want: {
        code: 422,
        reason: 'Invalid',
        causes: [
          {
            reason: 'FieldValueNotSupported',
            message: 'Unsupported value: "Sideways": supported values: "Foreground", "Background", "Orphan", "nil"',
            field: 'propagationPolicy',
          },
        ],
      },
    },
    {
      when: 'two policies are asked',
      options: { propagationPolicy: 'Orphan', orphanDependents: true },
      want: {
        code: 422,
        reason: 'Invalid',
        message:
          /propagationPolicy: Invalid value: "Orphan": orphanDependents and deletionPropagation cannot be both set$/,
      },
    },
    {
      when: 'the trial is none',
      options: { dryRun: ['Some'] },
      want: { code: 422, reason: 'Invalid', message: /dryRun/ },
    },
    { when: 'the options are of another kind', options: configMap('a'), want: { code: 400, reason: 'BadRequest' } },
    {
      when: 'a precondition is no text',
      options: { preconditions: { uid: 1 } },
      want: { code: 400, reason: 'BadRequest' },
    },
  ])('is refused where $when', async ({ options, want }) => {
    await client.ask(CONFIG_MAPS, { method: 'POST', body: configMap('kept') })
    const before = await client.version()
    expectRefusal(await client.ask(`${CONFIG_MAPS}/kept`, { method: 'DELETE', body: options }), want)
    expect(await client.version()).toBe(before)
  })

  it('whose preconditions hold is done', async () => {
    const { metadata } = await client.post(CONFIG_MAPS, configMap('meant'))
    const { uid, resourceVersion } = metadata
    await client.delete(`${CONFIG_MAPS}/meant`, { preconditions: { uid, resourceVersion } })
    expect(await codeOf(`${CONFIG_MAPS}/meant`)).toBe(404)
  })

  it.each(['v1', 'meta.k8s.io/v1', 'apps/v1'])(
    'takes options of version %s, in which clients send them',
    async (version) => {
      await client.post(CONFIG_MAPS, configMap('versions'))
      await client.delete(`${CONFIG_MAPS}/versions`, { apiVersion: version, kind: 'DeleteOptions' })
    },
  )

  it.each([
    { what: 'a Job', query: '', warns: true },
    { what: 'a Job in the background', query: '?propagationPolicy=Background', warns: false },
    { what: 'a Job without its Pods', query: '?orphanDependents=true', warns: false },
  ])('of $what tells of what is left behind: $warns', async ({ query, warns }) => {
    const jobs = '/apis/batch/v1/namespaces/default/jobs'
    const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i:1' }] } }
    const job = { metadata: { generateName: 'warned-' }, spec: { suspend: true, template } }
    const { metadata } = await client.post(jobs, job)
    const warnings = [`${jobs}/${metadata.name}${query}`, `${jobs}${query}`].map(
      async (path) => (await client.ask(path, { method: 'DELETE' })).headers.get('warning') ?? '',
    )
    for (const warning of await Promise.all(warnings))
      expect(warning.includes('child pods are preserved by default when jobs are deleted; set')).toBe(warns)
  })

  it('that is only tried does nothing, whether the query says so or the body (kubectl delete --dry-run=server)', async () => {
    await client.post(CONFIG_MAPS, configMap('tried'))
    const before = await client.version()
    await client.delete(`${CONFIG_MAPS}/tried`, { apiVersion: 'v1', kind: 'DeleteOptions', dryRun: ['All'] })
    await client.delete(`${CONFIG_MAPS}/tried?dryRun=All`)
    await client.delete(`${CONFIG_MAPS}?labelSelector=none`, { dryRun: ['All'] })
    await client.delete(CONFIG_MAPS, { dryRun: ['All'] })
    expect(await client.version()).toBe(before)
    expect(await codeOf(`${CONFIG_MAPS}/tried`)).toBe(200)
  })
})

describe("a Pod's grace", () => {
  const bound = (name: string) => client.post(PODS, pod(name, { spec: { nodeName: 'node-1' } }))
  const remove = async (name: string, options?: object, query = ''): Promise<Json> => {
    const { metadata } = await client.delete(`${PODS}/${name}${query}`, options)
    return [metadata.deletionGracePeriodSeconds, Date.parse(metadata.deletionTimestamp) > 0]
  }

  it('is not given to one that runs nowhere: it is gone, and shown a last time', async () => {
    await client.post(PODS, pod('nowhere'))
    expect(await client.delete(`${PODS}/nowhere`)).toMatchObject({ kind: 'Pod', metadata: { name: 'nowhere' } })
    expect(await codeOf(`${PODS}/nowhere`)).toBe(404)
  })

  it.each([
    { when: 'nothing is said', options: undefined, query: '', seconds: 30 },
    { when: 'the body says it', options: { gracePeriodSeconds: 5 }, query: '', seconds: 5 },
    { when: 'the query says it', options: undefined, query: '?gracePeriodSeconds=7', seconds: 7 },
    { when: 'less than nothing is said', options: { gracePeriodSeconds: -1 }, query: '', seconds: 1 },
  ])('is $seconds s where $when', async ({ options, query, seconds }) => {
    const name = `graceful-${seconds}`
    await bound(name)
    expect(await remove(name, options, query)).toEqual([seconds, true])
    expect(await codeOf(`${PODS}/${name}`)).toBe(200)
  })

  it('may be shortened, not lengthened, and taken away', async () => {
    await bound('hurried')
    expect(await remove('hurried', { gracePeriodSeconds: 20 })).toEqual([20, true])
    expect(await remove('hurried', { gracePeriodSeconds: 600 })).toEqual([20, true])
    expect(await remove('hurried', { gracePeriodSeconds: 10 })).toEqual([10, true])
    await client.delete(`${PODS}/hurried`, { gracePeriodSeconds: 0 })
    expect(await codeOf(`${PODS}/hurried`)).toBe(404)
  })

  it('is refused where it is no number', async () => {
    await bound('uncertain')
    const answer = await client.ask(`${PODS}/uncertain?gracePeriodSeconds=soon`, { method: 'DELETE' })
    expectRefusal(answer, { code: 400, reason: 'BadRequest' })
  })
})

describe('a finalizer', () => {
  const held = (name: string) =>
    client.post(CONFIG_MAPS, configMap(name, { metadata: { name, finalizers: ['example.com/hold'] } }))

  it('holds the object until it is taken away', async () => {
    await held('held')
    const deleted = await client.delete(`${CONFIG_MAPS}/held`)
    expect(deleted).toMatchObject({ kind: 'ConfigMap', metadata: { deletionGracePeriodSeconds: 0 } })
    const again = await client.delete(`${CONFIG_MAPS}/held`)
    expect(again.metadata).toEqual(deleted.metadata)
    await client.patch(`${CONFIG_MAPS}/held`, { data: { still: 'there' } })
    await client.patch(`${CONFIG_MAPS}/held`, { metadata: { finalizers: null } })
    expect(await codeOf(`${CONFIG_MAPS}/held`)).toBe(404)
  })

  it('can not be added to what is on its way out', async () => {
    await held('leaving')
    await client.delete(`${CONFIG_MAPS}/leaving`)
    const more = [{ op: 'add', path: '/metadata/finalizers/-', value: 'example.com/more' }]
    const answer = await client.ask(`${CONFIG_MAPS}/leaving`, { method: 'PATCH', body: more, type: JSON_PATCH })
    expectRefusal(answer, { code: 422, reason: 'Invalid', message: /no new finalizers can be added/ })
  })
})

describe('dependents', () => {
  const template = (name: string) => ({
    metadata: { labels: { app: name } },
    spec: { containers: [{ name: 'main', image: 'main:1' }] },
  })
  const podsOf = async (name: string): Promise<Json[]> =>
    (await client.get(`${PODS}?labelSelector=app%3D${name}`)).items

  async function withPods(name: string, kind: 'ReplicaSet' | 'ReplicationController'): Promise<string> {
    const isSet = kind === 'ReplicaSet'
    const path = isSet ? REPLICA_SETS : CONTROLLERS
    const selector = isSet ? { matchLabels: { app: name } } : { app: name }
    const spec = { replicas: 2, selector, template: template(name) }
    await client.post(path, { apiVersion: isSet ? 'apps/v1' : 'v1', kind, metadata: { name }, spec })
    await eventually('two Pods', async () => (await podsOf(name)).length === 2)
    return `${path}/${name}`
  }

  it.each([
    { kind: 'ReplicaSet', options: undefined, become: 'deleted' },
    { kind: 'ReplicaSet', options: { propagationPolicy: 'Foreground' }, become: 'deleted' },
    { kind: 'ReplicaSet', options: { propagationPolicy: 'Orphan' }, become: 'orphans' },
    { kind: 'ReplicaSet', options: { orphanDependents: true }, become: 'orphans' },
    { kind: 'ReplicationController', options: undefined, become: 'orphans' },
    { kind: 'ReplicationController', options: { propagationPolicy: 'Orphan' }, become: 'orphans' },
    { kind: 'ReplicationController', options: { propagationPolicy: 'Background' }, become: 'deleted' },
  ] as const)('of a $kind are $become by $options', async ({ kind, options, become }) => {
    const name = `dep-${kind.toLowerCase()}-${JSON.stringify(options ?? 'none')
      .replaceAll(/\W+/g, '')
      .toLowerCase()}`
    const path = await withPods(name, kind)
    const uids = (await podsOf(name)).map(({ metadata }) => metadata.uid).sort()
    await client.delete(path, options)
    await eventually('the owner gone', async () => (await codeOf(path)) === 404)
    if (become === 'deleted') return eventually('its Pods gone', async () => (await podsOf(name)).length === 0)
    const left = await podsOf(name)
    expect(left.map(({ metadata }) => metadata.uid).sort()).toEqual(uids)
    for (const { metadata } of left) expect(metadata.ownerReferences).toBeUndefined()
    return true
  })

  it('hold a foreground deletion while they block it', async () => {
    const path = await withPods('blocked', 'ReplicaSet')
    const [first] = await podsOf('blocked')
    await client.patch(`${PODS}/${first.metadata.name}`, { metadata: { finalizers: ['example.com/hold'] } })
    const deleted = await client.delete(path, { propagationPolicy: 'Foreground' })
    expect(deleted.metadata.finalizers).toEqual(['foregroundDeletion'])
    await eventually('the other Pod gone', async () => (await podsOf('blocked')).length === 1)
    expect(await codeOf(path)).toBe(200)
    await client.patch(`${PODS}/${first.metadata.name}`, { metadata: { finalizers: null } })
    await eventually('the owner gone', async () => (await codeOf(path)) === 404)
  })
})

describe('a collection', () => {
  const names = async (query: string): Promise<string[]> =>
    (await client.get(`${CONFIG_MAPS}?${query}`)).items.map(({ metadata }: Json) => metadata.name)

  it('is deleted as its selectors say, and answered as a list', async () => {
    for (const [name, tier] of [
      ['one', 'a'],
      ['two', 'a'],
      ['three', 'b'],
    ] as const)
      await client.post(CONFIG_MAPS, configMap(name, { metadata: { name, labels: { tier } } }))
    const list = await client.delete(`${CONFIG_MAPS}?labelSelector=tier%3Da&fieldSelector=metadata.name!%3Dtwo`)
    expect(list).toMatchObject({ kind: 'ConfigMapList', apiVersion: 'v1', items: [{ metadata: { name: 'one' } }] })
    expect(await names('labelSelector=tier')).toEqual(['three', 'two'])
    await client.delete(`${CONFIG_MAPS}?labelSelector=tier`)
    expect(await names('labelSelector=tier')).toEqual([])
    expect(await names('')).toContain('kube-root-ca.crt')
  })
})
