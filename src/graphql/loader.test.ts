import { describe, expect, it } from 'vitest'
import type { KubeObject } from '../kube/object.ts'
import type { Resource } from '../kube/resource.ts'
import { pods } from '../kube/resources/core/pod.ts'
import type { Client, ListOptions } from './client.ts'
import { createBudget, DEFAULT_LIST, MAX_LOADED } from './limits.ts'
import { createLoader, type Index } from './loader.ts'

const PODS = pods as unknown as Resource
const byApp: Index = { name: 'app', keys: ({ metadata }) => [metadata.labels?.['app'] ?? ''] }
const pod = (app: string, index = 0, namespace = 'default'): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name: `${app}-${index}`,
    namespace,
    uid: `${namespace}-${app}-${index}`,
    resourceVersion: '1',
    creationTimestamp: '2026-01-01T00:00:00Z',
    labels: { app },
  },
})

/** A cluster of these Pods that notes each list. */
function world(all: readonly KubeObject[]) {
  const lists: ListOptions[] = []
  const list: Client['list'] = async (_, options) => {
    const { namespace, labelSelector, limit = all.length, continue: next } = options
    lists.push(options)
    const start = Number(next ?? 0)
    const matching = all.filter(
      ({ metadata }) =>
        (!namespace || metadata.namespace === namespace) &&
        (!labelSelector || labelSelector === `app=${metadata.labels?.['app']}`),
    )
    const end = start + limit
    return {
      items: matching.slice(start, end),
      resourceVersion: '1',
      continue: end < matching.length ? String(end) : undefined,
      remainingItemCount: undefined,
    }
  }
  // The loader lists and does nothing else.
  const client = { list } as Client
  const loader = createLoader({
    client,
    budget: createBudget(),
    turn: () => new Promise((done) => setTimeout(done, 0)),
  })
  const ask = async (app: string, { namespace = 'default', everywhere = false, narrow = true } = {}) => {
    const narrowing = narrow ? { labelSelector: `app=${app}` } : undefined
    const where = everywhere ? undefined : namespace
    const found = await loader.related({ resource: PODS, namespace: where, index: byApp, key: app, narrowing })
    return found.map(({ metadata }) => metadata.name)
  }
  return { lists, loader, ask }
}

describe('the loader', () => {
  it('lists once for all that ask at the same time', async () => {
    const { ask, lists } = world([pod('a'), pod('b'), pod('b', 1)])
    expect(await Promise.all(['a', 'b', 'c', 'a'].map((app) => ask(app)))).toEqual([
      ['a-0'],
      ['b-0', 'b-1'],
      [],
      ['a-0'],
    ])
    expect(lists).toHaveLength(1)
    expect(lists[0]).not.toHaveProperty('labelSelector')
  })

  it('reads no more than one asks for', async () => {
    const { ask, lists } = world([pod('a'), pod('b')])
    expect(await Promise.all([ask('a'), ask('a')])).toEqual([['a-0'], ['a-0']])
    expect(lists).toMatchObject([{ labelSelector: 'app=a' }])
  })

  it('lists a kind at most twice a namespace, whatever comes one after another', async () => {
    const { ask, lists } = world([pod('a'), pod('b'), pod('c')])
    for (const app of ['a', 'b', 'c', 'a', 'b']) expect(await ask(app)).toEqual([`${app}-0`])
    expect(lists).toHaveLength(2)
  })

  it('keeps namespaces apart, and finds them in what was read of all', async () => {
    const { ask, lists } = world([pod('a', 0, 'one'), pod('a', 1, 'two')])
    expect(await ask('a', { everywhere: true, narrow: false })).toEqual(['a-0', 'a-1'])
    expect(await ask('a', { namespace: 'two' })).toEqual(['a-1'])
    expect(lists).toHaveLength(1)
  })

  it('reads anew after it was told to forget', async () => {
    const all = [pod('a')]
    const { ask, lists, loader } = world(all)
    await ask('a', { narrow: false })
    all.push(pod('a', 1))
    loader.forget()
    expect(await ask('a', { narrow: false })).toEqual(['a-0', 'a-1'])
    expect(lists).toHaveLength(2)
  })

  it('reads pages until there are no more, and stops at the limit', async () => {
    const many = (count: number) => world(Array.from({ length: count }, (_, index) => pod('a', index)))
    const some = many(DEFAULT_LIST + 1)
    expect(await some.ask('a')).toHaveLength(DEFAULT_LIST + 1)
    expect(some.lists).toHaveLength(2)
    await expect(many(MAX_LOADED + 1).ask('a')).rejects.toMatchObject({ code: 413, reason: 'RequestEntityTooLarge' })
  })
})
