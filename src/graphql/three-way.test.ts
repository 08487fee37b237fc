import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { clone } from '../kube/json.ts'
import { strategicMerge } from '../kube/patch/strategic.ts'
import { threeWayPatch } from './three-way.ts'

type Fields = Record<string, unknown>
const DEPLOYMENT = 'io.k8s.api.apps.v1.Deployment'
const CONFIG_MAP = 'io.k8s.api.core.v1.ConfigMap'

/** What an object is after a manifest was applied to it. */
function applied(
  schema: string,
  { former = {}, next, live }: { former?: Fields; next: Fields; live: Fields },
): unknown {
  const patch = threeWayPatch(schema, { former, next, live })
  return patch === undefined ? live : strategicMerge(schema, clone(live), patch)
}

const containers = (...list: Fields[]) => ({ spec: { template: { spec: { containers: list } } } })

describe('threeWayPatch', () => {
  it('is nothing where the manifest says what is there', () => {
    const manifest = containers({ name: 'web', image: 'a' })
    const live = containers({ name: 'web', image: 'a', imagePullPolicy: 'Always' }, { name: 'injected', image: 'x' })
    expect(threeWayPatch(DEPLOYMENT, { former: manifest, next: manifest, live })).toBeUndefined()
  })

  it.each([
    {
      what: 'takes out what only the former manifest had, and leaves what others have set',
      schema: CONFIG_MAP,
      former: { data: { a: '1', b: '2' } },
      next: { data: { a: '1' } },
      live: { data: { a: '1', b: '2', others: 'x' } },
      want: { data: { a: '1', others: 'x' } },
    },
    {
      what: 'takes out what the manifest says is null',
      schema: CONFIG_MAP,
      next: { data: { others: null } },
      live: { data: { a: '1', others: 'x' } },
      want: { data: { a: '1' } },
    },
    {
      what: 'merges lists by their key, and takes out items that only the former manifest had',
      schema: DEPLOYMENT,
      former: containers({ name: 'web', image: 'a' }, { name: 'old', image: 'b' }),
      next: containers({ name: 'web', image: 'c' }, { name: 'new', image: 'd' }),
      live: containers(
        { name: 'web', image: 'a', stdin: true },
        { name: 'old', image: 'b' },
        { name: 'injected', image: 'x' },
      ),
      want: containers(
        { name: 'web', image: 'c', stdin: true },
        { name: 'new', image: 'd' },
        { name: 'injected', image: 'x' },
      ),
    },
    {
      what: 'replaces lists without a key',
      schema: DEPLOYMENT,
      former: containers({ name: 'web', args: ['a', 'b'] }),
      next: containers({ name: 'web', args: ['c'] }),
      live: containers({ name: 'web', args: ['a', 'b'] }),
      want: containers({ name: 'web', args: ['c'] }),
    },
    {
      what: 'adds to sets of texts, and takes out those that only the former manifest had',
      schema: CONFIG_MAP,
      former: { metadata: { finalizers: ['a/a', 'b/b'] } },
      next: { metadata: { finalizers: ['b/b', 'c/c'] } },
      live: { metadata: { finalizers: ['a/a', 'b/b', 'others/x'] } },
      // A set has no order: what is added comes first.
      want: { metadata: { finalizers: ['c/c', 'b/b', 'others/x'] } },
    },
    {
      what: 'puts items in the order of the manifest, and leaves those of others their place',
      schema: DEPLOYMENT,
      former: containers({ name: 'a' }, { name: 'b' }),
      next: containers({ name: 'new' }, { name: 'b' }, { name: 'a' }),
      live: containers({ name: 'a', image: 'x' }, { name: 'b' }),
      want: containers({ name: 'new' }, { name: 'b' }, { name: 'a', image: 'x' }),
    },
    {
      what: 'takes the whole list of a manifest whose items their key does not tell apart',
      schema: 'io.k8s.api.core.v1.Service',
      former: { spec: { ports: [{ port: 53, protocol: 'TCP' }] } },
      next: {
        spec: {
          ports: [
            { port: 53, protocol: 'TCP' },
            { port: 53, protocol: 'UDP' },
          ],
        },
      },
      live: { spec: { ports: [{ port: 53, protocol: 'TCP', targetPort: 53 }] } },
      want: {
        spec: {
          ports: [
            { port: 53, protocol: 'TCP' },
            { port: 53, protocol: 'UDP' },
          ],
        },
      },
    },
    {
      what: 'ends the other member of a union',
      schema: DEPLOYMENT,
      next: { spec: { strategy: { type: 'Recreate' } } },
      live: { spec: { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } } } },
      want: { spec: { strategy: { type: 'Recreate' } } },
    },
    {
      what: 'changes the kind of a volume',
      schema: DEPLOYMENT,
      former: { spec: { template: { spec: { volumes: [{ name: 'v', emptyDir: {} }] } } } },
      next: { spec: { template: { spec: { volumes: [{ name: 'v', configMap: { name: 'c' } }] } } } },
      live: { spec: { template: { spec: { volumes: [{ name: 'v', emptyDir: {} }] } } } },
      want: { spec: { template: { spec: { volumes: [{ name: 'v', configMap: { name: 'c' } }] } } } },
    },
  ])('$what', ({ schema, want, former, next, live }) => expect(applied(schema, { former, next, live })).toEqual(want))

  const value = fc.string({ maxLength: 3 })
  const manifest = fc.record(
    {
      data: fc.dictionary(fc.constantFrom('a', 'b', 'c'), value),
      metadata: fc.record({ labels: fc.dictionary(fc.constantFrom('x', 'y'), value) }),
    },
    { requiredKeys: [] },
  )

  it('makes what was applied before into what is applied next, and then has nothing left to do', () =>
    fc.assert(
      fc.property(manifest, manifest, (former, next) => {
        const live = applied(CONFIG_MAP, { former, next, live: clone(former) }) as Fields
        expect(threeWayPatch(CONFIG_MAP, { former: next, next, live })).toBeUndefined()
        expect(live['data'] ?? {}).toEqual(next.data ?? {})
      }),
    ))

  const names = ['a', 'b', 'c', 'd']
  const container = fc.record({
    image: fc.constantFrom('x', 'y'),
    args: fc.array(fc.constantFrom('1', '2'), { minLength: 1, maxLength: 2 }),
    env: fc.subarray(['E', 'F']).map((set) => set.map((name) => ({ name, value: name }))),
  })
  const podSpec = fc
    .record({
      order: fc.shuffledSubarray(names, { minLength: 1 }),
      containers: fc.record({ a: container, b: container, c: container, d: container }),
      nodeSelector: fc.dictionary(fc.constantFrom('m', 'n'), value, { minKeys: 1 }),
      tolerations: fc.subarray([{ key: 'a' }, { key: 'b' }], { minLength: 1 }),
    })
    .map(({ order, containers, nodeSelector, tolerations }): Fields => {
      const named = order.map((name) => ({ name, ...containers[name as keyof typeof containers] }))
      return { spec: { template: { spec: { containers: named, nodeSelector, tolerations } } } }
    })

  it('made of two objects leads from one to the other, with items in the order wished for', () =>
    fc.assert(
      fc.property(podSpec, podSpec, (from, to) => {
        expect(applied(DEPLOYMENT, { former: from, next: to, live: clone(from) })).toEqual(to)
      }),
    ))

  it('of one part goes before or after one of another', () =>
    fc.assert(
      fc.property(podSpec, podSpec, manifest, manifest, (from, to, { metadata: was = {} }, { metadata: is = {} }) => {
        const live = { ...clone(from), metadata: clone(was) }
        const one = { former: from, next: to, live }
        const two = { former: { metadata: was }, next: { metadata: is }, live }
        const patches = [one, two].map((each) => threeWayPatch(DEPLOYMENT, each) ?? {})
        const patched = (order: readonly Fields[]) =>
          order.reduce<unknown>((object, patch) => strategicMerge(DEPLOYMENT, object, patch), clone(live))
        expect(patched(patches)).toEqual(patched([...patches].reverse()))
      }),
    ))
})
