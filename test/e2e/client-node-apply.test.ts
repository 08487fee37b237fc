/** Server-side apply with Kubernetes' own client for Node: who owns which field, and what becomes of it. */
import {
  ApiException,
  AppsV1Api,
  CoreV1Api,
  CustomObjectsApi,
  type KubeConfig,
  type KubernetesObject,
  KubernetesObjectApi,
  PatchStrategy,
  setHeaderOptions,
  type V1ManagedFieldsEntry,
  type V1Status,
} from '@kubernetes/client-node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { configFor } from './client-config.ts'
import { type ControlPlane, eventually, startControlPlane } from './control-plane.ts'

const namespace = 'default'

let plane: ControlPlane
let config: KubeConfig
let core: CoreV1Api
let apps: AppsV1Api

beforeAll(async () => {
  plane = await startControlPlane()
  config = configFor(plane)
  core = config.makeApiClient(CoreV1Api)
  apps = config.makeApiClient(AppsV1Api)
}, 60_000)

afterAll(() => plane?.stop(), 30_000)

const APPLY = setHeaderOptions('Content-Type', PatchStrategy.ServerSideApply)
const MERGE = setHeaderOptions('Content-Type', PatchStrategy.MergePatch)

interface Applied {
  readonly by: string
  readonly force?: boolean
  readonly dryRun?: 'All'
}

const optionsOf = ({ by, ...rest }: Applied) => ({ fieldManager: by, ...rest })

const configMap = (name: string, data: Record<string, string>, metadata: object = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, ...metadata },
  data,
})
const applyMap = (name: string, data: Record<string, string>, how: Applied) =>
  core.patchNamespacedConfigMap({ name, namespace, body: configMap(name, data), ...optionsOf(how) }, APPLY)

const deployment = (name: string, spec: object = {}) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name },
  spec: {
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: { containers: [{ name: 'main', image: 'main:1', env: [{ name: 'A', value: '1' }] }] },
    },
    ...spec,
  },
})
const applyDeployment = (name: string, spec: object, how: Applied) =>
  apps.patchNamespacedDeployment({ name, namespace, body: deployment(name, spec), ...optionsOf(how) }, APPLY)

const managersOf = (entries: readonly V1ManagedFieldsEntry[] | undefined): string[] =>
  (entries ?? [])
    .map(({ manager, operation, subresource }) => [manager, operation, subresource].filter(Boolean).join(' '))
    .sort()

/** What a refused request was told. */
async function refusal(request: Promise<unknown>): Promise<V1Status> {
  try {
    await request
  } catch (error) {
    if (!(error instanceof ApiException)) throw error
    return typeof error.body === 'string' ? JSON.parse(error.body) : error.body
  }
  throw new Error('it was not refused')
}

describe('what is applied', () => {
  it('is made where it is not there yet, and its manager owns what it said', async () => {
    const made = await applyMap('made', { a: '1', b: '2' }, { by: 'alice' })
    expect(made.data).toEqual({ a: '1', b: '2' })
    expect(managersOf(made.metadata?.managedFields)).toEqual(['alice Apply'])
    expect(made.metadata?.managedFields?.[0]).toMatchObject({
      apiVersion: 'v1',
      fieldsType: 'FieldsV1',
      fieldsV1: { 'f:data': { 'f:a': {}, 'f:b': {} } },
    })
    const again = await applyMap('made', { a: '1', b: '2' }, { by: 'alice' })
    expect(again.metadata?.resourceVersion).toBe(made.metadata?.resourceVersion)
  })

  it('is refused where another owns a field otherwise, and every such field and owner is named', async () => {
    await applyMap('fought', { a: '1', b: '2', c: '3' }, { by: 'alice' })
    await core.patchNamespacedConfigMap(
      { name: 'fought', namespace, body: { data: { c: '30' } }, fieldManager: 'carol' },
      MERGE,
    )
    const told = await refusal(applyMap('fought', { a: '10', b: '2', c: '31' }, { by: 'bob' }))
    expect(told).toMatchObject({ kind: 'Status', status: 'Failure', code: 409, reason: 'Conflict' })
    expect(told.message).toMatch(/^Apply failed with 2 conflicts: /)
    const causes = [...(told.details?.causes ?? [])].sort((a, b) => (a.field ?? '').localeCompare(b.field ?? ''))
    expect(causes).toEqual([
      { reason: 'FieldManagerConflict', message: 'conflict with "alice"', field: '.data.a' },
      {
        reason: 'FieldManagerConflict',
        message: 'conflict with "carol" using v1',
        field: '.data.c',
      },
    ])
    // Nothing of it was taken.
    expect((await core.readNamespacedConfigMap({ name: 'fought', namespace })).data).toEqual({
      a: '1',
      b: '2',
      c: '30',
    })
  })

  it('takes a field from its owner by force, and shares one that it says the same of', async () => {
    await applyMap('forced', { a: '1', b: '2' }, { by: 'alice' })
    const forced = await applyMap('forced', { a: '10', b: '2' }, { by: 'bob', force: true })
    expect(forced.data).toEqual({ a: '10', b: '2' })
    const owned = Object.fromEntries(
      (forced.metadata?.managedFields ?? []).map(({ manager, fieldsV1 }) => [manager, fieldsV1]),
    )
    expect(owned).toMatchObject({
      alice: { 'f:data': { 'f:b': {} } },
      bob: { 'f:data': { 'f:a': {}, 'f:b': {} } },
    })
    expect(owned['alice']).not.toMatchObject({ 'f:data': { 'f:a': {} } })
    // What two own goes only when both have given it up.
    await applyMap('forced', { a: '10' }, { by: 'bob' })
    expect((await core.readNamespacedConfigMap({ name: 'forced', namespace })).data).toEqual({ a: '10', b: '2' })
    const last = await applyMap('forced', {}, { by: 'alice' })
    expect(last.data).toEqual({ a: '10' })
  })

  it('loses what its only owner says no more: of maps, of lists by key, of defaults back to the default', async () => {
    const env = (...names: string[]) => ({
      template: {
        metadata: { labels: { app: 'given-up' } },
        spec: { containers: [{ name: 'main', image: 'main:1', env: names.map((name) => ({ name, value: name })) }] },
      },
    })
    await applyDeployment('given-up', { ...env('A', 'B'), replicas: 0, revisionHistoryLimit: 3 }, { by: 'alice' })
    await applyDeployment('given-up', env('C'), { by: 'bob' })
    const next = await applyDeployment('given-up', { ...env('B'), replicas: 0 }, { by: 'alice' })
    expect(next.spec?.template.spec?.containers[0]?.env?.map(({ name }) => name)).toEqual(['B', 'C'])
    expect(next.spec?.revisionHistoryLimit).toBe(10)
  })

  it('moves from one manager to another, with no moment in which nobody owns it', async () => {
    await applyDeployment('handed-over', { replicas: 2 }, { by: 'alice' })
    // The other applies the same, then the first leaves it out.
    const body = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'handed-over' }, spec: { replicas: 2 } }
    await apps.patchNamespacedDeployment({ name: 'handed-over', namespace, body, fieldManager: 'autoscaler' }, APPLY)
    const left = await applyDeployment('handed-over', {}, { by: 'alice' })
    expect(left.spec?.replicas).toBe(2)
    const told = await refusal(applyDeployment('handed-over', { replicas: 5 }, { by: 'alice' }))
    expect(told.details?.causes).toEqual([
      { reason: 'FieldManagerConflict', message: 'conflict with "autoscaler"', field: '.spec.replicas' },
    ])
  })

  it('leaves no trace when it is only tried', async () => {
    const tried = await applyMap('tried', { a: '1' }, { by: 'alice', dryRun: 'All' })
    expect(tried).toMatchObject({ data: { a: '1' }, metadata: { uid: expect.any(String) } })
    expect(await refusal(core.readNamespacedConfigMap({ name: 'tried', namespace }))).toMatchObject({ code: 404 })
    const kept = await applyMap('kept', { a: '1' }, { by: 'alice' })
    const changed = await applyMap('kept', { a: '2' }, { by: 'bob', force: true, dryRun: 'All' })
    expect(changed.data).toEqual({ a: '2' })
    expect(managersOf(changed.metadata?.managedFields)).toContain('bob Apply')
    expect(await core.readNamespacedConfigMap({ name: 'kept', namespace })).toEqual(kept)
    // A conflict is found by trying, too.
    expect(await refusal(applyMap('kept', { a: '2' }, { by: 'bob', dryRun: 'All' }))).toMatchObject({ code: 409 })
  })
})

describe('applied to a subresource', () => {
  it('status: its fields have owners of their own, and the rest is left alone', async () => {
    await applyDeployment('stated', { replicas: 0, paused: true }, { by: 'alice' })
    const condition = (status: string) => ({
      type: 'Shiny',
      status,
      lastTransitionTime: '2026-01-02T03:04:05Z',
      lastUpdateTime: '2026-01-02T03:04:05Z',
    })
    const applyStatus = (status: string, by: string) =>
      apps.patchNamespacedDeploymentStatus(
        {
          name: 'stated',
          namespace,
          body: { ...deployment('stated', { replicas: 7 }), status: { conditions: [condition(status)] } },
          fieldManager: by,
        },
        APPLY,
      )
    const stated = await applyStatus('True', 'polisher')
    expect(stated.spec?.replicas).toBe(0)
    expect(stated.status?.conditions?.find(({ type }) => type === 'Shiny')?.status).toBe('True')
    expect(managersOf(stated.metadata?.managedFields)).toContain('polisher Apply status')
    const told = await refusal(applyStatus('False', 'other'))
    expect(told.details?.causes?.map(({ message }) => message)).toEqual([
      'conflict with "polisher" with subresource "status"',
    ])
  })

  it('scale: the replicas are owned by who scales, and a later apply of the whole is told so', async () => {
    await applyDeployment('scaled', { replicas: 1 }, { by: 'alice' })
    const scale = (replicas: number, force: boolean) =>
      apps.patchNamespacedDeploymentScale(
        {
          name: 'scaled',
          namespace,
          body: {
            apiVersion: 'autoscaling/v1',
            kind: 'Scale',
            metadata: { name: 'scaled', namespace },
            spec: { replicas },
          },
          fieldManager: 'scaler',
          force,
        },
        APPLY,
      )
    expect(await refusal(scale(3, false))).toMatchObject({
      code: 409,
      details: { causes: [{ message: 'conflict with "alice"', field: '.spec.replicas' }] },
    })
    expect((await scale(3, true)).spec?.replicas).toBe(3)
    const told = await refusal(applyDeployment('scaled', { replicas: 1 }, { by: 'alice' }))
    expect(told.details?.causes).toMatchObject([{ message: expect.stringMatching(/^conflict with "scaler"/) }])
    expect((await applyDeployment('scaled', {}, { by: 'alice' })).spec?.replicas).toBe(3)
  })
})

describe('applied by the untyped client', () => {
  it('is of any kind, with the manager that it is given', async () => {
    const objects = KubernetesObjectApi.makeApiClient(config)
    const apply = (data: object, by: string, force?: boolean) =>
      objects.patch(
        { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'untyped', namespace }, data } as KubernetesObject,
        undefined,
        undefined,
        by,
        force,
        PatchStrategy.ServerSideApply,
      )
    await apply({ a: '1' }, 'alice')
    expect(await refusal(apply({ a: '2' }, 'bob'))).toMatchObject({ code: 409 })
    expect(await apply({ a: '2' }, 'bob', true)).toMatchObject({ data: { a: '2' } })
  })
})

describe('a custom resource', () => {
  const GROUP = 'applied.example.com'
  const of = { group: GROUP, version: 'v1', namespace, plural: 'racks' }
  let custom: CustomObjectsApi

  const slots = (...names: string[]) => names.map((name) => ({ name, size: 1 }))
  const rack = (name: string, spec: object, rest: object = {}) => ({
    apiVersion: `${GROUP}/v1`,
    kind: 'Rack',
    metadata: { name },
    spec,
    ...rest,
  })
  const apply = (name: string, spec: object, { by, force }: Applied) =>
    custom.patchNamespacedCustomObject(
      { ...of, name, body: rack(name, spec), fieldManager: by, ...(force ? { force } : {}) },
      APPLY,
    )

  beforeAll(async () => {
    custom = config.makeApiClient(CustomObjectsApi)
    const slot = {
      type: 'object',
      required: ['name'],
      properties: { name: { type: 'string' }, size: { type: 'integer' } },
    }
    const properties = {
      replicas: { type: 'integer' },
      slots: { type: 'array', 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'], items: slot },
      tags: { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'string' } },
      plain: { type: 'array', items: { type: 'string' } },
      free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    }
    const version = {
      name: 'v1',
      served: true,
      storage: true,
      schema: {
        openAPIV3Schema: {
          type: 'object',
          properties: {
            spec: { type: 'object', properties },
            status: { type: 'object', properties: { replicas: { type: 'integer' }, phase: { type: 'string' } } },
          },
        },
      },
      subresources: {
        status: {},
        scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas' },
      },
    }
    await custom.createClusterCustomObject({
      group: 'apiextensions.k8s.io',
      version: 'v1',
      plural: 'customresourcedefinitions',
      body: {
        apiVersion: 'apiextensions.k8s.io/v1',
        kind: 'CustomResourceDefinition',
        metadata: { name: `racks.${GROUP}` },
        spec: { group: GROUP, scope: 'Namespaced', names: { plural: 'racks', kind: 'Rack' }, versions: [version] },
      },
    })
    await eventually('racks are served', () => custom.listNamespacedCustomObject(of).then(() => true))
  }, 60_000)

  it('is merged by what its schema says of its lists', async () => {
    await apply(
      'merged',
      { slots: slots('a', 'b'), tags: ['x'], plain: ['one'], free: { deep: { a: 1 } } },
      { by: 'alice' },
    )
    const merged = await apply('merged', { slots: slots('c'), tags: ['y'], free: { deep: { b: 2 } } }, { by: 'bob' })
    expect(merged.spec).toEqual({
      slots: slots('a', 'b', 'c'),
      tags: ['x', 'y'],
      plain: ['one'],
      free: { deep: { a: 1, b: 2 } },
    })
    expect(await refusal(apply('merged', { plain: ['two'] }, { by: 'bob' }))).toMatchObject({
      code: 409,
      details: { causes: [{ message: 'conflict with "alice"', field: '.spec.plain' }] },
    })
    const given = await apply('merged', { slots: slots('b'), plain: ['one'] }, { by: 'alice' })
    expect(given.spec).toEqual({ slots: slots('b', 'c'), tags: ['y'], plain: ['one'], free: { deep: { b: 2 } } })
  })

  it('has owners of its status and its scale', async () => {
    await apply('parts', { replicas: 1 }, { by: 'alice' })
    const stated = await custom.patchNamespacedCustomObjectStatus(
      { ...of, name: 'parts', body: rack('parts', {}, { status: { phase: 'Full' } }), fieldManager: 'keeper' },
      APPLY,
    )
    expect(stated).toMatchObject({ spec: { replicas: 1 }, status: { phase: 'Full' } })
    expect(managersOf(stated.metadata.managedFields)).toEqual(['alice Apply', 'keeper Apply status'])
    const scale = { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name: 'parts' }, spec: { replicas: 4 } }
    const scaled = await custom.patchNamespacedCustomObjectScale(
      { ...of, name: 'parts', body: scale, fieldManager: 'scaler', force: true },
      APPLY,
    )
    expect(scaled).toMatchObject({ kind: 'Scale', spec: { replicas: 4 } })
    expect(await refusal(apply('parts', { replicas: 1 }, { by: 'alice' }))).toMatchObject({
      code: 409,
      details: { causes: [{ message: expect.stringMatching(/^conflict with "scaler"/), field: '.spec.replicas' }] },
    })
  })
})
