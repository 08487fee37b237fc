import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { clone } from '../json.ts'
import { strategicMerge } from './strategic.ts'

const POD_SPEC = 'io.k8s.api.core.v1.PodSpec'
const META = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta'
const DEPLOYMENT = 'io.k8s.api.apps.v1.Deployment'

const containers = (...names: string[]) => ({ containers: names.map((name) => ({ name, image: `${name}:1` })) })

describe('strategicMerge', () => {
  it.each([
    {
      what: 'merges items of the same key',
      schema: POD_SPEC,
      document: containers('a', 'b'),
      patch: { containers: [{ name: 'b', image: 'b:2' }] },
      want: {
        containers: [
          { name: 'a', image: 'a:1' },
          { name: 'b', image: 'b:2' },
        ],
      },
    },
    {
      what: 'puts new items first, as kube-apiserver does without an order',
      schema: POD_SPEC,
      document: containers('a', 'b'),
      patch: { containers: [{ name: 'c' }] },
      want: { containers: [{ name: 'c' }, { name: 'a', image: 'a:1' }, { name: 'b', image: 'b:1' }] },
    },
    {
      what: 'deletes an item',
      schema: POD_SPEC,
      document: containers('a', 'b'),
      patch: { containers: [{ name: 'a', $patch: 'delete' }] },
      want: containers('b'),
    },
    {
      what: 'replaces a list',
      schema: POD_SPEC,
      document: containers('a', 'b'),
      patch: { containers: [{ $patch: 'replace' }, { name: 'c' }] },
      want: { containers: [{ name: 'c' }] },
    },
    {
      what: 'replaces an object',
      schema: POD_SPEC,
      document: { securityContext: { runAsUser: 1, runAsGroup: 2 } },
      patch: { securityContext: { $patch: 'replace', runAsUser: 3 } },
      want: { securityContext: { runAsUser: 3 } },
    },
    {
      what: 'empties an object',
      schema: POD_SPEC,
      document: { securityContext: { runAsUser: 1 } },
      patch: { securityContext: { $patch: 'delete' } },
      want: { securityContext: {} },
    },
    {
      what: 'replaces lists that have no merge key',
      schema: POD_SPEC,
      document: { tolerations: [{ key: 'a' }] },
      patch: { tolerations: [{ key: 'b' }] },
      want: { tolerations: [{ key: 'b' }] },
    },
    {
      what: 'sets the order of items',
      schema: POD_SPEC,
      document: containers('a', 'b', 'c'),
      patch: { '$setElementOrder/containers': [{ name: 'c' }, { name: 'a' }, { name: 'b' }] },
      want: containers('c', 'a', 'b'),
    },
    {
      what: 'adds in the order given, as kubectl apply does',
      schema: POD_SPEC,
      document: containers('a'),
      patch: {
        '$setElementOrder/containers': [{ name: 'a' }, { name: 'b' }],
        containers: [{ name: 'b', image: 'b:1' }],
      },
      want: containers('a', 'b'),
    },
    {
      what: 'merges texts as a set',
      schema: META,
      document: { finalizers: ['a/b'] },
      patch: { finalizers: ['a/b', 'c/d'] },
      want: { finalizers: ['a/b', 'c/d'] },
    },
    {
      what: 'deletes from a list of texts',
      schema: META,
      document: { finalizers: ['a/b', 'c/d'] },
      patch: { '$deleteFromPrimitiveList/finalizers': ['a/b'] },
      want: { finalizers: ['c/d'] },
    },
    {
      what: 'keeps only the keys named of a union',
      schema: DEPLOYMENT,
      document: { spec: { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } } } },
      patch: { spec: { strategy: { $retainKeys: ['type'], type: 'Recreate' } } },
      want: { spec: { strategy: { type: 'Recreate' } } },
    },
    {
      what: 'changes the source of a volume',
      schema: POD_SPEC,
      document: { volumes: [{ name: 'v', emptyDir: {} }] },
      patch: { volumes: [{ name: 'v', $retainKeys: ['name', 'hostPath'], hostPath: { path: '/x' } }] },
      want: { volumes: [{ name: 'v', hostPath: { path: '/x' } }] },
    },
    {
      what: 'takes away by null, in new parts too',
      schema: DEPLOYMENT,
      document: { metadata: { labels: { a: '1' } } },
      patch: { metadata: { labels: { a: null, b: '2' }, annotations: { c: null } } },
      want: { metadata: { labels: { b: '2' }, annotations: {} } },
    },
  ])('$what', ({ schema, document, patch, want }) => {
    const kept = clone(patch)
    expect(strategicMerge(schema, clone(document), patch)).toEqual(want)
    expect(patch).toEqual(kept)
  })

  it.each([
    [{ containers: [{ image: 'x' }] }, 'does not contain declared merge key: name'],
    [{ securityContext: { $patch: 'jump' } }, 'unknown patch type: jump'],
    [{ $retainKeys: 1 }, 'retainKeys'],
    [
      {
        '$setElementOrder/containers': [{ name: 'b' }, { name: 'a' }],
        containers: [{ name: 'a' }, { name: 'b' }],
      },
      "doesn't match $setElementOrder",
    ],
  ])('refuses %o', (patch, why) => {
    expect(() => strategicMerge(POD_SPEC, { ...containers('a'), securityContext: {} }, patch)).toThrow(why)
  })

  const names = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { maxLength: 5 })

  it('holds, after any merge, each name once: the former and the patched ones', () =>
    fc.assert(
      fc.property(names, names, (former, patched) => {
        const merged = strategicMerge(POD_SPEC, containers(...former), containers(...patched)) as ReturnType<
          typeof containers
        >
        expect(merged.containers.map(({ name }) => name).sort()).toEqual([...new Set([...former, ...patched])].sort())
      }),
    ))

  it('makes the order that is asked for where it names every item', () =>
    fc.assert(
      fc.property(names, fc.infiniteStream(fc.nat()), (former, numbers) => {
        const order = former
          .map((name) => ({ name, rank: numbers.next().value as number }))
          .sort((a, b) => a.rank - b.rank)
          .map(({ name }) => ({ name }))
        const merged = strategicMerge(POD_SPEC, containers(...former), { '$setElementOrder/containers': order })
        expect((merged as ReturnType<typeof containers>).containers.map(({ name }) => ({ name }))).toEqual(order)
      }),
    ))
})
