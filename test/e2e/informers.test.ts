/**
 * Informers of Kubernetes' own client for Node, over all that can happen to their watch: whatever it was, in the end they
 * hold what a list shows, and nothing else.
 */
import {
  CoreV1Api,
  CustomObjectsApi,
  type KubeConfig,
  type KubernetesListObject,
  type KubernetesObject,
  ListWatch,
  PatchStrategy,
  setHeaderOptions,
  Watch,
} from '@kubernetes/client-node'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { configFor } from './client-config.ts'
import { type ControlPlane, eventually, startControlPlane } from './control-plane.ts'
import { startCutProxy } from './cut-proxy.ts'

const namespace = 'default'
const RETRY_MS = 50

let plane: ControlPlane
let config: KubeConfig
let core: CoreV1Api
const running: { stop(): Promise<void> }[] = []

async function start(options: { historySeconds?: number } = {}): Promise<void> {
  plane = await startControlPlane(options)
  config = configFor(plane)
  core = config.makeApiClient(CoreV1Api)
}

afterEach(async () => {
  for (const one of running.splice(0)) await one.stop()
})

interface Informed {
  /** Names and versions that it holds, in order. */
  readonly held: () => string[]
  /** What it told, in order: `add a`. */
  readonly told: readonly string[]
  readonly lists: () => number
  readonly errors: readonly { code?: number; statusCode?: number }[]
}

/** Started again when it reports an error, as its documentation says; it waits for next to nothing before it reconnects. */
async function inform(
  path: string,
  list: () => Promise<KubernetesListObject<KubernetesObject>>,
  over: KubeConfig = config,
): Promise<Informed> {
  let lists = 0
  const counted = () => {
    lists += 1
    return list()
  }
  const options = { delayFn: () => new Promise<void>((done) => setTimeout(done, RETRY_MS)) }
  const informer = new ListWatch(path, new Watch(over), counted, false, undefined, undefined, options)
  const told: string[] = []
  const errors: { code?: number }[] = []
  for (const verb of ['add', 'update', 'delete'] as const)
    informer.on(verb, ({ metadata }) => void told.push(`${verb} ${metadata?.name}`))
  let isStopped = false
  informer.on('error', (error) => {
    errors.push(error)
    if (!isStopped) setTimeout(() => void informer.start().catch(() => undefined), RETRY_MS)
  })
  running.push({
    async stop() {
      isStopped = true
      await informer.stop()
    },
  })
  await informer.start()
  return { held: () => versionsOf(informer.list()), told, lists: () => lists, errors }
}

const versionsOf = (items: readonly KubernetesObject[]): string[] =>
  items.map(({ metadata }) => `${metadata?.name} ${metadata?.uid} ${metadata?.resourceVersion}`).sort()

const listed = () => core.listNamespacedConfigMap({ namespace })
const CONFIG_MAPS = `/api/v1/namespaces/${namespace}/configmaps`

const put = (name: string) => core.createNamespacedConfigMap({ namespace, body: { metadata: { name }, data: {} } })
const change = (name: string, value: string) =>
  core.patchNamespacedConfigMap(
    { name, namespace, body: { data: { value } } },
    setHeaderOptions('Content-Type', PatchStrategy.MergePatch),
  )
const remove = (name: string) => core.deleteNamespacedConfigMap({ name, namespace })

async function agrees({ held }: Informed, list: () => Promise<KubernetesListObject<KubernetesObject>>): Promise<void> {
  let seen = { held: [] as string[], there: [] as string[] }
  await eventually('it holds what a list shows', async () => {
    seen = { held: held(), there: versionsOf((await list()).items) }
    return JSON.stringify(seen.held) === JSON.stringify(seen.there)
  }).catch(() => expect(seen.held).toEqual(seen.there))
}

describe('an informer', () => {
  beforeAll(() => start(), 60_000)
  afterAll(() => plane?.stop(), 30_000)

  it('goes on where it was when the server was killed and started again', async () => {
    await put('killed-before')
    await put('killed-going')
    const informed = await inform(CONFIG_MAPS, listed)
    await put('killed-during')
    await change('killed-before', '2')
    await eventually('both changes', async () => informed.told.includes('update killed-before'))
    await plane.kill()
    await plane.restart()
    await put('killed-after')
    await remove('killed-going')
    await change('killed-during', '2')
    await agrees(informed, listed)
    expect(informed.told).toContain('delete killed-going')
    expect(informed.told).not.toContain('delete killed-during')
  })

  it('hears each change once and in order, though its connection breaks between any two', async () => {
    const proxy = await startCutProxy(Number(new URL(plane.ready.url).port))
    running.push(proxy)
    const informed = await inform(CONFIG_MAPS, listed, configFor(plane, `https://127.0.0.1:${proxy.port}`))
    const want: string[] = []
    for (let round = 0; round < 6; round++) {
      const name = `cut-${round}`
      await put(name)
      // Before it is heard, and after: both ends of what may be lost.
      if (round % 2 === 0) expect(proxy.cut()).toBeGreaterThan(0)
      await change(name, '2')
      if (round % 3 === 0) await remove(name)
      want.push(`add ${name}`, `update ${name}`, ...(round % 3 === 0 ? [`delete ${name}`] : []))
      await eventually(
        'all so far',
        async () => informed.told.filter((text) => text.includes('cut-')).length >= want.length,
      )
    }
    proxy.shut()
    await put('cut-meanwhile')
    await remove('cut-1')
    proxy.open()
    want.push('add cut-meanwhile', 'delete cut-1')
    await agrees(informed, listed)
    expect(informed.told.filter((text) => text.includes('cut-'))).toEqual(want)
    // It has resumed each time: the first list is the only one.
    expect(informed.lists()).toBe(1)
  })
})

describe('an informer of a custom kind', () => {
  const GROUP = 'informed.example.com'
  const NAME = `parts.${GROUP}`
  const DEFINITIONS = { group: 'apiextensions.k8s.io', version: 'v1', plural: 'customresourcedefinitions' }
  let custom: CustomObjectsApi

  beforeAll(async () => {
    await start()
    custom = config.makeApiClient(CustomObjectsApi)
  }, 60_000)
  afterAll(() => plane?.stop(), 30_000)

  const version = (name: string, rest: object = {}) => ({
    name,
    served: true,
    storage: false,
    schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
    ...rest,
  })
  const storage = { storage: true }
  const pathOf = (served: string) => `/apis/${GROUP}/${served}/namespaces/${namespace}/parts`
  const of = (served: string) => ({ group: GROUP, version: served, namespace, plural: 'parts' })
  const list = (served: string) => () =>
    custom.listNamespacedCustomObject(of(served)) as Promise<KubernetesListObject<KubernetesObject>>
  const make = (served: string, name: string) =>
    custom.createNamespacedCustomObject({
      ...of(served),
      body: { apiVersion: `${GROUP}/${served}`, kind: 'Part', metadata: { name } },
    })
  const drop = (served: string, name: string) => custom.deleteNamespacedCustomObject({ ...of(served), name })
  const isServed = (served: string, wanted: boolean) =>
    eventually(`${served} is served: ${wanted}`, () =>
      list(served)().then(
        () => wanted,
        () => !wanted,
      ),
    )

  async function define(...versions: object[]): Promise<void> {
    const names = { plural: 'parts', kind: 'Part' }
    const body = {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: NAME },
      spec: { group: GROUP, scope: 'Namespaced', names, versions },
    }
    await custom.createClusterCustomObject({ ...DEFINITIONS, body })
  }

  const redefine = (...versions: object[]) =>
    custom.patchClusterCustomObject(
      { ...DEFINITIONS, name: NAME, body: { spec: { versions } } },
      setHeaderOptions('Content-Type', PatchStrategy.MergePatch),
    )

  async function undefine(): Promise<void> {
    await custom.deleteClusterCustomObject({ ...DEFINITIONS, name: NAME })
    await eventually('the definition is gone', () =>
      custom.getClusterCustomObject({ ...DEFINITIONS, name: NAME }).then(
        () => false,
        () => true,
      ),
    )
  }

  it('goes on over a version that comes, a storage version that moves, and its own that goes and comes back', async () => {
    await define(version('v1', storage))
    await isServed('v1', true)
    await make('v1', 'first')
    const informed = await inform(pathOf('v1'), list('v1'))
    await redefine(version('v1', storage), version('v2'))
    await isServed('v2', true)
    await make('v2', 'second')
    await agrees(informed, list('v1'))
    await redefine(version('v1'), version('v2', storage))
    await make('v2', 'third')
    await drop('v2', 'first')
    await agrees(informed, list('v1'))
    await redefine(version('v1', { served: false }), version('v2', storage))
    await isServed('v1', false)
    await make('v2', 'fourth')
    await drop('v2', 'second')
    await eventually('it is told that there is no such version', async () =>
      informed.errors.some(({ code, statusCode }) => (code ?? statusCode) === 404),
    )
    await redefine(version('v1'), version('v2', storage))
    await agrees(informed, list('v1'))
    expect(informed.told.filter((text) => !text.startsWith('update'))).toEqual([
      'add first',
      'add second',
      'add third',
      'delete first',
      'add fourth',
      'delete second',
    ])
    await undefine()
  })

  it('hears of all that goes with its definition, and of what is made anew under the name', async () => {
    await define(version('v1', storage))
    await isServed('v1', true)
    for (const name of ['a', 'b', 'c']) await make('v1', name)
    const informed = await inform(pathOf('v1'), list('v1'))
    expect(informed.held()).toHaveLength(3)
    await undefine()
    await eventually('it holds nothing', async () => informed.held().length === 0)
    expect(informed.told.slice(-3).sort()).toEqual(['delete a', 'delete b', 'delete c'])
    await define(version('v1', storage))
    await isServed('v1', true)
    for (const name of ['b', 'd']) await make('v1', name)
    await agrees(informed, list('v1'))
    expect(informed.told.slice(-2)).toEqual(['add b', 'add d'])
    await undefine()
  })

  it('hears of it when the server is killed in the midst of that', async () => {
    await define(version('v1', storage))
    await isServed('v1', true)
    for (const name of ['a', 'b', 'c']) await make('v1', name)
    const informed = await inform(pathOf('v1'), list('v1'))
    await custom.deleteClusterCustomObject({ ...DEFINITIONS, name: NAME })
    await plane.kill()
    await plane.restart()
    await isServed('v1', false)
    await define(version('v1', storage))
    await isServed('v1', true)
    await make('v1', 'b')
    await agrees(informed, list('v1'))
    expect(informed.held()).toHaveLength(1)
  })
})

describe('an informer whose version the log has forgotten', () => {
  const HISTORY_SECONDS = 2

  beforeAll(() => start({ historySeconds: HISTORY_SECONDS }), 60_000)
  afterAll(() => plane?.stop(), 30_000)

  /** What a watch from a version says within a second. */
  async function watchedFrom(resourceVersion: string): Promise<string> {
    const path = `/clusters/${plane.ready.cluster}${CONFIG_MAPS}`
    return (await plane.request(`${path}?watch=true&timeoutSeconds=1&resourceVersion=${resourceVersion}`)).text
  }

  it('is told so with 410, lists anew and holds what there is', async () => {
    const proxy = await startCutProxy(Number(new URL(plane.ready.url).port))
    running.push(proxy)
    await put('before')
    const informed = await inform(CONFIG_MAPS, listed, configFor(plane, `https://127.0.0.1:${proxy.port}`))
    expect(informed.lists()).toBe(1)
    proxy.shut()
    const old = (await listed()).metadata?.resourceVersion ?? ''
    await remove('before')
    let written = 0
    await eventually('the log has forgotten it', async () => {
      // Each write may be the one after which the log is looked at.
      await put(`written-${++written}`)
      return /"type":"ERROR".*"code":410/.test(await watchedFrom(old))
    })
    proxy.open()
    await eventually('it has listed anew', async () => informed.lists() > 1)
    await agrees(informed, listed)
    expect(informed.told).toContain('delete before')
  })
})
