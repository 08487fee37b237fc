/** Kubernetes' own client for Node, unchanged, with nothing but the kubeconfig: typed, untyped, watches. */
import {
  AppsV1Api,
  CoreV1Api,
  type KubeConfig,
  type KubernetesObject,
  KubernetesObjectApi,
  PatchStrategy,
  setHeaderOptions,
  type V1ConfigMap,
  VersionApi,
  Watch,
} from '@kubernetes/client-node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { configFor } from './client-config.ts'
import { type ControlPlane, eventually, startControlPlane } from './control-plane.ts'

let plane: ControlPlane
let config: KubeConfig

beforeAll(async () => {
  plane = await startControlPlane()
  config = configFor(plane)
}, 60_000)

afterAll(() => plane?.stop(), 30_000)

const namespace = 'default'
const named = (name: string, labels: Record<string, string> = {}): V1ConfigMap => ({
  metadata: { name, labels },
  data: { by: 'client-node' },
})

describe('the typed client', () => {
  it('finds the version, and the kinds of each group', async () => {
    expect(await config.makeApiClient(VersionApi).getCode()).toMatchObject({ major: '1', minor: '32' })
    const { resources } = await config.makeApiClient(AppsV1Api).getAPIResources()
    expect(resources.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['deployments', 'deployments/scale', 'deployments/status']),
    )
  })

  it('creates, reads, replaces, patches and deletes', async () => {
    const core = config.makeApiClient(CoreV1Api)
    const made = await core.createNamespacedConfigMap({ namespace, body: named('typed') })
    expect(made.metadata?.creationTimestamp).toBeInstanceOf(Date)
    const replaced = await core.replaceNamespacedConfigMap({
      name: 'typed',
      namespace,
      body: { ...made, data: { a: '1' } },
    })
    expect(replaced.data).toEqual({ a: '1' })
    await expect(core.replaceNamespacedConfigMap({ name: 'typed', namespace, body: made })).rejects.toMatchObject({
      code: 409,
    })
    for (const [strategy, body, want] of [
      [PatchStrategy.MergePatch, { data: { b: '2' } }, { a: '1', b: '2' }],
      [PatchStrategy.StrategicMergePatch, { data: { a: null } }, { b: '2' }],
      [PatchStrategy.JsonPatch, [{ op: 'add', path: '/data/c', value: '3' }], { b: '2', c: '3' }],
    ] as const) {
      const patched = await core.patchNamespacedConfigMap(
        { name: 'typed', namespace, body },
        setHeaderOptions('Content-Type', strategy),
      )
      expect(patched.data).toEqual(want)
    }
    await core.deleteNamespacedConfigMap({ name: 'typed', namespace })
    await expect(core.readNamespacedConfigMap({ name: 'typed', namespace })).rejects.toMatchObject({ code: 404 })
  })

  it('pages through a list that is written meanwhile: one state, each object once', async () => {
    const core = config.makeApiClient(CoreV1Api)
    const names = Array.from({ length: 7 }, (_, index) => `paged-${index}`)
    for (const name of names) await core.createNamespacedConfigMap({ namespace, body: named(name, { paged: 'yes' }) })
    const seen: string[] = []
    let token: string | undefined
    const versions = new Set<string | undefined>()
    do {
      const page = await core.listNamespacedConfigMap({
        namespace,
        labelSelector: 'paged=yes',
        limit: 3,
        ...(token ? { _continue: token } : {}),
      })
      seen.push(...page.items.map(({ metadata }) => metadata?.name ?? ''))
      versions.add(page.metadata?.resourceVersion)
      token = page.metadata?._continue
      await core.createNamespacedConfigMap({ namespace, body: named(`paged-0-${seen.length}`, { paged: 'yes' }) })
      if (seen.length === 3) await core.deleteNamespacedConfigMap({ name: 'paged-6', namespace })
    } while (token)
    expect(seen).toEqual(names)
    expect(versions.size).toBe(1)
  })

  it('scales by the subresource', async () => {
    const apps = config.makeApiClient(AppsV1Api)
    const labels = { app: 'scaled' }
    await apps.createNamespacedDeployment({
      namespace,
      body: {
        metadata: { name: 'scaled' },
        spec: {
          replicas: 1,
          selector: { matchLabels: labels },
          template: { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'i' }] } },
        },
      },
    })
    const scale = await apps.readNamespacedDeploymentScale({ name: 'scaled', namespace })
    expect(scale).toMatchObject({ spec: { replicas: 1 }, status: { selector: 'app=scaled' } })
    // Without its version: the controller writes the status meanwhile.
    const body = { ...scale, metadata: { name: 'scaled', namespace }, spec: { replicas: 2 } }
    await apps.replaceNamespacedDeploymentScale({ name: 'scaled', namespace, body })
    expect((await apps.readNamespacedDeployment({ name: 'scaled', namespace })).spec?.replicas).toBe(2)
  })
})

describe('the untyped client', () => {
  it('creates, reads, patches, lists and deletes what it only knows by kind', async () => {
    const objects = KubernetesObjectApi.makeApiClient(config)
    const manifest = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'untyped', namespace }, data: { a: '1' } }
    await objects.create(manifest as KubernetesObject)
    const read = await objects.read<V1ConfigMap>({ ...manifest, metadata: { name: 'untyped', namespace } })
    expect(read.data).toEqual({ a: '1' })
    const patched = await objects.patch<V1ConfigMap & KubernetesObject>(
      { ...manifest, data: { b: '2' } } as V1ConfigMap & KubernetesObject,
      undefined,
      undefined,
      undefined,
      undefined,
      PatchStrategy.MergePatch,
    )
    expect(patched.data).toEqual({ a: '1', b: '2' })
    await objects.delete({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'untyped', namespace } })
    await expect(
      objects.read({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'untyped', namespace } }),
    ).rejects.toMatchObject({
      code: 404,
    })
  })
})

describe('a watch', () => {
  it('brings events, bookmarks, and ends when it is told to', async () => {
    const core = config.makeApiClient(CoreV1Api)
    const { metadata } = await core.listNamespacedConfigMap({ namespace })
    const seen: string[] = []
    let isDone = false
    const controller = await new Watch(config).watch(
      `/api/v1/namespaces/${namespace}/configmaps`,
      { resourceVersion: metadata?.resourceVersion ?? '' },
      (type, object: V1ConfigMap) => void seen.push(`${type} ${object.metadata?.name}`),
      () => {
        isDone = true
      },
    )
    await core.createNamespacedConfigMap({ namespace, body: named('watched') })
    await core.deleteNamespacedConfigMap({ name: 'watched', namespace })
    await eventually('both events', async () => seen.length === 2)
    expect(seen).toEqual(['ADDED watched', 'DELETED watched'])
    controller.abort()
    await eventually('the end', async () => isDone)
  })
})
