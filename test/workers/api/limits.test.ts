/** What LimitRanges and PriorityClasses do to Pods: what is filled in, and what is refused. */
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { eventually } from '../world.ts'
import { type Client, DEPLOYMENTS, deployment, expectRefusal, type Json, MERGE, newClient, pod } from './client.ts'

const CLASSES = '/apis/scheduling.k8s.io/v1/priorityclasses'

let client: Client
let namespace = ''
let number = 0

beforeAll(async () => {
  client = await newClient('limits')
})

/** Each test has a namespace of its own. */
beforeEach(async () => {
  number += 1
  namespace = `limits-${number}`
  await client.post('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } })
})

const at = (plural: string): string => `/api/v1/namespaces/${namespace}/${plural}`

const limit = (name: string, ...limits: object[]) =>
  client.post(at('limitranges'), { apiVersion: 'v1', kind: 'LimitRange', metadata: { name }, spec: { limits } })

const asking = (name: string, ...resources: object[]) =>
  pod(name, {
    spec: { containers: resources.map((each, index) => ({ name: `c${index}`, image: 'main:1', resources: each })) },
  })

describe('a LimitRange', () => {
  it('fills in what containers leave out, and says so', async () => {
    await limit('defaults', {
      type: 'Container',
      default: { cpu: '500m', memory: '1Gi' },
      defaultRequest: { cpu: '100m' },
    })
    const spec = {
      ...asking('filled', {}, { requests: { cpu: '200m' }, limits: { memory: '64Mi' } }).spec,
      initContainers: [{ name: 'init', image: 'main:1' }],
    }
    const made = await client.post(at('pods'), pod('filled', { spec }))
    expect(made.spec.containers.map(({ resources }: Json) => resources)).toEqual([
      { limits: { cpu: '500m', memory: '1Gi' }, requests: { cpu: '100m', memory: '1Gi' } },
      { limits: { cpu: '500m', memory: '64Mi' }, requests: { cpu: '200m', memory: '64Mi' } },
    ])
    expect(made.metadata.annotations['kubernetes.io/limit-ranger']).toBe(
      'LimitRanger plugin set: cpu, memory request for container c0; cpu, memory limit for container c0; cpu limit for container c1; cpu, memory request for init container init; cpu, memory limit for init container init',
    )
    expect(made.metadata.managedFields[0].fieldsV1).not.toHaveProperty('f:metadata.f:annotations')
  })

  const bounds = {
    type: 'Container',
    min: { cpu: '100m' },
    max: { cpu: '1', memory: '1Gi' },
    maxLimitRequestRatio: { cpu: '2' },
  }
  const whole = { requests: { cpu: '500m', memory: '1Gi' }, limits: { cpu: '1', memory: '1Gi' } }
  it.each([
    {
      what: 'too little',
      resources: { requests: { cpu: '50m' }, limits: { cpu: '100m' } },
      message: 'minimum cpu usage per Container is 100m, but request is 50m',
    },
    {
      what: 'too much',
      resources: { requests: { cpu: '1' }, limits: { cpu: '2' } },
      message: 'maximum cpu usage per Container is 1, but limit is 2',
    },
    {
      what: 'too far a limit',
      resources: { requests: { cpu: '300m' }, limits: { cpu: '1' } },
      message: 'cpu max limit to request ratio per Container is 2, but provided ratio is 3.333333',
    },
    {
      what: 'several of these',
      resources: { requests: { cpu: '50m' }, limits: { cpu: '2' } },
      message:
        '[minimum cpu usage per Container is 100m, but request is 50m, maximum cpu usage per Container is 1, but limit is 2, cpu max limit to request ratio per Container is 2, but provided ratio is 40.000000]',
    },
  ])('refuses $what', async ({ resources, message }) => {
    await limit('bounds', bounds)
    expect((await client.ask(at('pods'), { method: 'POST', body: asking('right', whole) })).code).toBe(201)
    expectRefusal(await client.ask(at('pods'), { method: 'POST', body: asking('wrong', resources) }), {
      code: 403,
      reason: 'Forbidden',
      message: `pods "wrong" is forbidden: ${message}`,
    })
  })

  it('bounds Pods as a whole', async () => {
    await limit('pod', { type: 'Pod', max: { cpu: '1' } })
    const half = { limits: { cpu: '500m' } }
    expect((await client.ask(at('pods'), { method: 'POST', body: asking('two', half, half) })).code).toBe(201)
    expectRefusal(await client.ask(at('pods'), { method: 'POST', body: asking('three', half, half, half) }), {
      code: 403,
      reason: 'Forbidden',
      message: 'pods "three" is forbidden: maximum cpu usage per Pod is 1, but limit is 1500m',
    })
    expectRefusal(await client.ask(at('pods'), { method: 'POST', body: asking('none', {}) }), {
      code: 403,
      reason: 'Forbidden',
      message: 'pods "none" is forbidden: maximum cpu usage per Pod is 1.  No limit is specified',
    })
  })

  it('bounds claims, when they are made and when they grow', async () => {
    await limit('claims', { type: 'PersistentVolumeClaim', min: { storage: '1Gi' }, max: { storage: '5Gi' } })
    const claim = (name: string, storage: string) => ({
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage } } },
    })
    expect((await client.ask(at('persistentvolumeclaims'), { method: 'POST', body: claim('right', '2Gi') })).code).toBe(
      201,
    )
    for (const [storage, message] of [
      ['500Mi', 'minimum storage usage per PersistentVolumeClaim is 1Gi, but request is 500Mi'],
      ['6Gi', 'maximum storage usage per PersistentVolumeClaim is 5Gi, but request is 6Gi'],
    ] as const)
      expectRefusal(await client.ask(at('persistentvolumeclaims'), { method: 'POST', body: claim('wrong', storage) }), {
        code: 403,
        reason: 'Forbidden',
        message: `persistentvolumeclaims "wrong" is forbidden: ${message}`,
      })
  })

  it('holds for what controllers make, and is told by its owner; and no more when it is gone', async () => {
    await limit('small', { type: 'Pod', max: { cpu: '100m' } })
    const deployments = DEPLOYMENTS.replace('default', namespace)
    await client.post(deployments, deployment('web'))
    const failure = await eventually('the failure', async () => {
      const { status } = await client.get(`${deployments}/web`)
      return status.conditions?.find(({ type }: Json) => type === 'ReplicaFailure')
    })
    expect(failure).toMatchObject({
      reason: 'FailedCreate',
      message: expect.stringMatching(/is forbidden: maximum cpu usage per Pod is 100m/),
    })
    await client.delete(`${at('limitranges')}/small`)
    await eventually('the Pod', async () => (await client.get(at('pods'))).items.length === 1)
  })
})

describe('a PriorityClass', () => {
  const priority = (name: string, value: number, rest: object = {}) => ({
    apiVersion: 'scheduling.k8s.io/v1',
    kind: 'PriorityClass',
    metadata: { name },
    value,
    ...rest,
  })
  const made = async (name: string, spec: object = {}): Promise<Json> =>
    (await client.post(at('pods'), pod(name, { spec }))).spec

  it('gives Pods its value; without one it is that of the default, or zero', async () => {
    expect(await made('none')).toMatchObject({ priority: 0, preemptionPolicy: 'PreemptLowerPriority' })
    await client.post(CLASSES, priority('high', 1000, { preemptionPolicy: 'Never' }))
    expect(await made('high', { priorityClassName: 'high' })).toMatchObject({
      priority: 1000,
      preemptionPolicy: 'Never',
    })
    expect(await made('system', { priorityClassName: 'system-node-critical' })).toMatchObject({
      priority: 2_000_001_000,
    })
    await client.post(CLASSES, priority('usual', 7, { globalDefault: true }))
    expect(await made('usual')).toMatchObject({ priority: 7, priorityClassName: 'usual' })
    expectRefusal(await client.ask(CLASSES, { method: 'POST', body: priority('other', 8, { globalDefault: true }) }), {
      code: 403,
      reason: 'Forbidden',
      message: /PriorityClass usual is already marked as default\. Only one default can exist/,
    })
    await client.delete(`${CLASSES}/usual`)
    expect(await made('after')).toMatchObject({ priority: 0 })
  })

  it.each([
    { spec: { priorityClassName: 'absent' }, message: 'no PriorityClass with name absent was found' },
    {
      spec: { priority: 5 },
      message:
        'the integer value of priority (5) must not be provided in pod spec; priority admission controller computed 0 from the given PriorityClass name',
    },
    {
      spec: { priorityClassName: 'system-cluster-critical', preemptionPolicy: 'Never' },
      message:
        'the string value of PreemptionPolicy (Never) must not be provided in pod spec; priority admission controller computed PreemptLowerPriority from the given PriorityClass name',
    },
  ])('is not made up: $spec', async ({ spec, message }) => {
    expectRefusal(await client.ask(at('pods'), { method: 'POST', body: pod('wrong', { spec }) }), {
      code: 403,
      reason: 'Forbidden',
      message: `pods "wrong" is forbidden: ${message}`,
    })
  })

  it('stays what it is, and those of the system stay', async () => {
    await client.post(CLASSES, priority('fixed', 10))
    expectRefusal(await client.ask(`${CLASSES}/fixed`, { method: 'PUT', body: priority('fixed', 11) }), {
      code: 422,
      reason: 'Invalid',
      message: 'PriorityClass.scheduling.k8s.io "fixed" is invalid: value: Forbidden: may not be changed in an update.',
    })
    expectRefusal(await client.ask(`${CLASSES}/system-node-critical`, { method: 'DELETE' }), {
      code: 403,
      reason: 'Forbidden',
      message: /this is a system priority class and cannot be deleted/,
    })
    expectRefusal(await client.ask(CLASSES, { method: 'POST', body: priority('system-mine', 1) }), {
      code: 422,
      reason: 'Invalid',
    })
    expectRefusal(await client.ask(CLASSES, { method: 'POST', body: priority('huge', 1_000_000_001) }), {
      code: 422,
      reason: 'Invalid',
      message: /maximum allowed value of a user defined priority is 1000000000/,
    })
  })
})

describe('a class that nobody names', () => {
  const classOf = (group: string, kind: string, name: string, rest: object, annotation: string) => ({
    apiVersion: `${group}/v1`,
    kind,
    metadata: { name, annotations: { [annotation]: 'true' } },
    ...rest,
  })
  const claim = (name: string, spec: object = {}) => ({
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, ...spec },
  })

  it("is a claim's default, and says whether it may grow", async () => {
    const classes = '/apis/storage.k8s.io/v1/storageclasses'
    const claims = at('persistentvolumeclaims')
    expect((await client.post(claims, claim('before'))).spec.storageClassName).toBeUndefined()
    const fast = { provisioner: 'example.com/disk', allowVolumeExpansion: true }
    await client.post(
      classes,
      classOf('storage.k8s.io', 'StorageClass', 'fast', fast, 'storageclass.kubernetes.io/is-default-class'),
    )
    expect((await client.post(claims, claim('usual'))).spec.storageClassName).toBe('fast')
    expect((await client.post(claims, claim('none', { storageClassName: '' }))).spec.storageClassName).toBe('')
    const grow = (name: string) =>
      client.ask(`${claims}/${name}`, {
        method: 'PATCH',
        type: MERGE,
        body: { spec: { resources: { requests: { storage: '2Gi' } } } },
      })
    expectRefusal(await grow('usual'), {
      code: 403,
      reason: 'Forbidden',
      message: /Only bound persistent volume claims can be expanded/,
    })
    for (const name of ['usual', 'before'])
      await client.patch(`${claims}/${name}/status`, { status: { phase: 'Bound', capacity: { storage: '1Gi' } } })
    expect((await grow('usual')).code).toBe(200)
    expectRefusal(await grow('before'), {
      code: 403,
      reason: 'Forbidden',
      message: /storageclass that provisions the pvc must support resize/,
    })
  })

  it("is an Ingress's default", async () => {
    const ingresses = `/apis/networking.k8s.io/v1/namespaces/${namespace}/ingresses`
    const ingress = (name: string, spec: object = {}) => ({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata: { name },
      spec: { defaultBackend: { service: { name: 'web', port: { number: 80 } } }, ...spec },
    })
    const own = { spec: { controller: 'example.com/ingress' } }
    await client.post(
      '/apis/networking.k8s.io/v1/ingressclasses',
      classOf('networking.k8s.io', 'IngressClass', 'own', own, 'ingressclass.kubernetes.io/is-default-class'),
    )
    expect((await client.post(ingresses, ingress('usual'))).spec.ingressClassName).toBe('own')
    expect((await client.post(ingresses, ingress('other', { ingressClassName: 'other' }))).spec.ingressClassName).toBe(
      'other',
    )
  })
})

describe('a RuntimeClass', () => {
  it('says what its Pods cost beside, and where they run', async () => {
    await client.post('/apis/node.k8s.io/v1/runtimeclasses', {
      apiVersion: 'node.k8s.io/v1',
      kind: 'RuntimeClass',
      metadata: { name: 'sandboxed' },
      handler: 'sandbox',
      overhead: { podFixed: { cpu: '100m' } },
      scheduling: { nodeSelector: { sandbox: 'yes' }, tolerations: [{ key: 'sandbox', operator: 'Exists' }] },
    })
    const { spec } = await client.post(
      at('pods'),
      pod('boxed', { spec: { runtimeClassName: 'sandboxed', nodeSelector: { disk: 'fast' } } }),
    )
    expect(spec).toMatchObject({ overhead: { cpu: '100m' }, nodeSelector: { sandbox: 'yes', disk: 'fast' } })
    expect(spec.tolerations).toContainEqual({ key: 'sandbox', operator: 'Exists' })
    const refused = async (name: string, rest: object) =>
      (await client.ask(at('pods'), { method: 'POST', body: pod(name, { spec: rest }) })).body.message
    expect(await refused('a', { runtimeClassName: 'absent' })).toBe(
      'pods "a" is forbidden: pod rejected: RuntimeClass "absent" not found',
    )
    expect(await refused('b', { overhead: { cpu: '1' } })).toMatch(
      /Pod Overhead set without corresponding RuntimeClass/,
    )
    expect(await refused('c', { runtimeClassName: 'sandboxed', overhead: { cpu: '1' } })).toMatch(
      /doesn't match RuntimeClass's defined Overhead/,
    )
    expect(await refused('d', { runtimeClassName: 'sandboxed', nodeSelector: { sandbox: 'no' } })).toMatch(
      /conflict: runtimeClass\.scheduling\.nodeSelector\[sandbox\] = yes/,
    )
  })
})

describe('a ServiceAccount', () => {
  it('may bind its Pods to the Secrets that it lists', async () => {
    await client.post(at('serviceaccounts'), {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: 'bound', annotations: { 'kubernetes.io/enforce-mountable-secrets': 'true' } },
      secrets: [{ name: 'listed' }],
    })
    const mounting = (name: string, secretName: string) =>
      pod(name, { spec: { serviceAccountName: 'bound', volumes: [{ name: 'v', secret: { secretName } }] } })
    expect((await client.ask(at('pods'), { method: 'POST', body: mounting('right', 'listed') })).code).toBe(201)
    expectRefusal(await client.ask(at('pods'), { method: 'POST', body: mounting('wrong', 'other') }), {
      code: 403,
      reason: 'Forbidden',
      message: /secret "other" is not allowed because service account bound does not reference that secret/,
    })
  })

  it('is nobody of a mirror Pod', async () => {
    const annotations = { 'kubernetes.io/config.mirror': 'x' }
    const made = await client.post(at('pods'), pod('mirror', { metadata: { annotations }, spec: { nodeName: 'one' } }))
    expect(made.spec.serviceAccountName).toBeUndefined()
    expect(made.spec.volumes).toBeUndefined()
    const wrong = pod('wrong', { metadata: { annotations }, spec: { nodeName: 'one', serviceAccountName: 'default' } })
    expectRefusal(await client.ask(at('pods'), { method: 'POST', body: wrong }), {
      code: 403,
      reason: 'Forbidden',
      message: 'pods "wrong" is forbidden: a mirror pod may not reference service accounts',
    })
  })
})
