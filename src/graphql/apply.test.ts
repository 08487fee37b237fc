import { describe, expect, it } from 'vitest'
import { StatusError } from '../kube/errors.ts'
import type { KubeObject } from '../kube/object.ts'
import type { Resource } from '../kube/resource.ts'
import { configMaps } from '../kube/resources/core/config-map.ts'
import { apply, goText, LAST_APPLIED } from './apply.ts'
import { type Client, pathOf } from './client.ts'
import { manifestsOf } from './manifest.ts'

const CONFIG_MAPS = configMaps as unknown as Resource

describe('goText', () => {
  it('is what kubectl writes: keys in order, signs of HTML escaped', () =>
    expect(goText({ b: [{ d: 1, c: '<a> & b' }], a: null })).toBe(
      '{"a":null,"b":[{"c":"\\u003ca\\u003e \\u0026 b","d":1}]}',
    ))
})

describe('apply', () => {
  const [manifest] = manifestsOf({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, data: { k: 'v' } })
  if (!manifest) throw new Error('no manifest')
  const stored = (annotations: Record<string, string>) =>
    ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'a', namespace: 'default', uid: 'u', resourceVersion: '1', creationTimestamp: '', annotations },
      data: { k: 'v' },
    }) as KubeObject
  const text =
    '{"apiVersion":"v1","data":{"k":"v"},"kind":"ConfigMap","metadata":{"annotations":{},"name":"a","namespace":"default"}}\n'

  it('leaves alone what kubectl has applied', async () => {
    const client = { find: async () => stored({ [LAST_APPLIED]: text }) } as unknown as Client
    expect(await apply(client, manifest)).toMatchObject({ operation: 'UNCHANGED' })
  })

  it('notes what it applies as kubectl does', async () => {
    const created: unknown[] = []
    const client = {
      find: async () => undefined,
      create: async (_: Resource, __: string, object: unknown) => created.push(object),
    } as unknown as Client
    expect(await apply(client, manifest)).toMatchObject({ operation: 'CREATED' })
    expect(created).toMatchObject([{ metadata: { annotations: { [LAST_APPLIED]: text } } }])
  })

  it('updates what another has created in between', async () => {
    const patches: unknown[] = []
    const client = {
      find: async () => undefined,
      create: async () => {
        throw new StatusError(409, 'AlreadyExists', 'there')
      },
      get: async () => stored({}),
      patch: async (_: Resource, __: unknown, ___: string, patch: unknown) => {
        patches.push(patch)
        return { ...stored({}), metadata: { ...stored({}).metadata, resourceVersion: '2' } }
      },
    } as unknown as Client
    expect(await apply(client, manifest)).toMatchObject({ operation: 'CONFIGURED' })
    expect(patches).toEqual([{ metadata: { annotations: { [LAST_APPLIED]: text } } }])
  })

  it('knows nothing of what was applied where the annotation is no manifest', async () => {
    const patch = async () => stored({})
    const client = { find: async () => stored({ [LAST_APPLIED]: 'words' }), patch } as unknown as Client
    expect(await apply(client, manifest)).toMatchObject({ operation: 'UNCHANGED' })
  })
})

describe('pathOf', () => {
  it.each([
    { name: 'a', path: '/api/v1/namespaces/default/configmaps/a' },
    { name: '../secrets/b?x=1#y', path: '/api/v1/namespaces/default/configmaps/..%2Fsecrets%2Fb%3Fx%3D1%23y' },
    { name: '%2e%2e', path: '/api/v1/namespaces/default/configmaps/%252e%252e' },
  ])('keeps $name one segment', ({ name, path }) => {
    expect(pathOf(CONFIG_MAPS, 'default', name)).toBe(path)
    expect(new URL(`https://cluster${path}`).pathname).toBe(path)
  })

  it.each(['', '.', '..'])('refuses %j, which would be another path', (name) => {
    expect(() => pathOf(CONFIG_MAPS, 'default', name)).toThrow('not a name')
    if (name !== '') expect(() => pathOf(CONFIG_MAPS, name)).toThrow('not a name')
  })
})
