import { lstatSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ConfigMap } from '../../../src/kube/types.ts'
import { container, podOf } from '../pods/testing.ts'
import { writePayload } from './atomic-writer.ts'
import { type Payload, payloadOf } from './payload.ts'
import { TokenCache } from './tokens.ts'
import { mountsOf } from './volumes.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'volumes-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const files = (entries: Record<string, string>): Payload =>
  new Map(Object.entries(entries).map(([path, text]) => [path, { data: Buffer.from(text), mode: 0o640 }]))

describe('writePayload', () => {
  it('shows all files through links into one directory, and swaps it whole', async () => {
    const volume = join(folder, 'v')
    expect(await writePayload(volume, files({ a: '1', 'deep/b': '2' }))).toBe(true)
    expect(readFileSync(join(volume, 'deep/b'), 'utf8')).toBe('2')
    expect(readlinkSync(join(volume, 'a'))).toBe('..data/a')
    const before = readlinkSync(join(volume, '..data'))
    expect(lstatSync(join(volume, before, 'a')).mode & 0o777).toBe(0o640)
    expect(await writePayload(volume, files({ a: '1', 'deep/b': '2' }))).toBe(false)
    expect(await writePayload(volume, files({ a: '3' }))).toBe(true)
    expect(readFileSync(join(volume, 'a'), 'utf8')).toBe('3')
    expect(readdirSync(volume).filter((name) => !name.startsWith('..'))).toEqual(['a'])
    expect(readdirSync(volume)).not.toContain(before)
  })
})

describe('payloadOf', () => {
  const found: ConfigMap = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: 'cm',
      namespace: 'ns',
      uid: 'u',
      resourceVersion: '1',
      creationTimestamp: '2026-01-01T00:00:00Z',
    },
    data: { a: '1', b: '2' },
    binaryData: { c: btoa('\x00') },
  }
  const context = {
    sources: {
      configMap: (_: string, name: string) => (name === 'cm' ? found : undefined),
      secret: () => undefined,
      services: () => [],
    },
    place: { hostIp: '', cpuMillis: 0, memoryBytes: 0, storageBytes: 0 },
    token: async (audience: string | undefined, seconds: number) => `${audience}:${seconds}`,
  }
  const payload = async (volume: object) => {
    const result = await payloadOf(podOf(), { name: 'v', ...volume }, context)
    return Object.fromEntries(
      [...(result ?? [])].map(([path, { data, mode }]) => [path, `${data} ${mode.toString(8)}`]),
    )
  }

  it('takes all keys or the chosen ones, with their modes', async () => {
    expect(await payload({ configMap: { name: 'cm' } })).toEqual({ a: '1 644', b: '2 644', c: '\x00 644' })
    const items = [{ key: 'a', path: 'x/y', mode: 0o400 }]
    expect(await payload({ configMap: { name: 'cm', defaultMode: 0o600, items } })).toEqual({ 'x/y': '1 400' })
  })

  it('projects several sources into one', async () => {
    const sources = [
      { serviceAccountToken: { path: 'token', expirationSeconds: 3607, audience: 'vault' } },
      { configMap: { name: 'cm', items: [{ key: 'a', path: 'ca' }] } },
      { downwardAPI: { items: [{ path: 'ns', fieldRef: { fieldPath: 'metadata.namespace' } }] } },
    ]
    expect(await payload({ projected: { sources } })).toEqual({ token: 'vault:3607 644', ca: '1 644', ns: 'ns 644' })
  })

  it.each([
    [{ configMap: { name: 'no' } }, 'configmap "no" not found'],
    [
      { configMap: { name: 'cm', items: [{ key: 'z', path: 'z' }] } },
      'configmap references non-existent config key: z',
    ],
    [{ secret: { secretName: 'no' } }, 'secret "no" not found'],
    [{ configMap: { name: 'cm', items: [{ key: 'a', path: '../out' }] } }, 'invalid path ../out'],
  ])('refuses %j', async (volume, message) => expect(payload(volume)).rejects.toThrow(message))

  it('leaves out what is optional', async () => {
    expect(await payload({ secret: { secretName: 'no', optional: true } })).toEqual({})
  })
})

describe('a sub-path', () => {
  it('may not lead out of its volume, not even by a link', async () => {
    const mount = (subPath: string) =>
      mountsOf(
        container('c', { volumeMounts: [{ name: 'v', mountPath: '/m', subPath }] }),
        new Map([['v', folder]]),
        new Map(),
      )
    symlinkSync('/etc', join(folder, 'out'))
    await expect(mount('../x')).rejects.toThrow('failed to prepare subPath')
    await expect(mount('out')).rejects.toThrow('failed to prepare subPath')
    expect(await mount('new')).toMatchObject([{ source: join(folder, 'new'), target: '/m' }])
  })
})

describe('TokenCache', () => {
  it('renews at 80 % of a token’s life, and lives on with the old one while it cannot', async () => {
    let now = 0
    let isAway = false
    let count = 0
    const cache = new TokenCache(
      async ({ expirationSeconds }) => {
        if (isAway) throw new Error('away')
        count++
        return { token: `t${count}`, expirationTimestamp: new Date(now + expirationSeconds * 1000).toISOString() }
      },
      () => now,
    )
    const ask = () => cache.token(podOf(), undefined, 1000)
    expect(await ask()).toBe('t1')
    now = 799_000
    expect(await ask()).toBe('t1')
    now = 801_000
    isAway = true
    expect(await ask()).toBe('t1')
    isAway = false
    expect(await ask()).toBe('t2')
    isAway = true
    now += 1_000_001
    await expect(ask()).rejects.toThrow('away')
  })
})
