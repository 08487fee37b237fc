/** The object hibernates or is evicted under open watches: nobody misses or repeats an event. */
import { evictDurableObject } from 'cloudflare:test'
import { describe, expect, it } from 'vitest'
import { eventually, newWorld, type World } from './world.ts'

interface Frame {
  type: string
  object: { metadata: { name: string; resourceVersion: string } }
}

const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps'

async function watch(world: World, query: string): Promise<{ frames: Frame[]; stop: () => Promise<void> }> {
  const response = await world.request(`/clusters/${world.cluster}${CONFIG_MAPS}?watch=true&${query}`, {
    headers: { 'accept-encoding': 'gzip' },
  })
  expect(response.headers.get('content-encoding')).toBe('identity')
  const frames: Frame[] = []
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  let rest = ''
  const pump = async () => {
    for (;;) {
      const { done, value } = (await reader?.read()) ?? { done: true, value: undefined }
      if (done) return
      rest += value
      const lines = rest.split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) frames.push(JSON.parse(line))
    }
  }
  void pump()
  return { frames, stop: async () => reader?.cancel() }
}

const create = (world: World, name: string, labels: Record<string, string> = {}, data: Record<string, string> = {}) => {
  const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, labels }, data }
  return world.api(CONFIG_MAPS, { method: 'POST', body })
}

describe('a watch over evictions', () => {
  it('sees each event once, in order', async () => {
    const world = await newWorld('watch-once')
    const { metadata } = await world.api<{ metadata: { resourceVersion: string } }>(CONFIG_MAPS)
    const watches = await Promise.all(
      Array.from({ length: 5 }, () => watch(world, `resourceVersion=${metadata.resourceVersion}`)),
    )
    const names: string[] = []
    for (let step = 0; step < 8; step++) {
      await create(world, `made-${step}`)
      names.push(`made-${step}`)
      await evictDurableObject(world.stub)
    }
    for (const { frames } of watches) {
      await eventually('all events', async () => frames.length >= names.length)
      expect(frames.map((frame) => frame.object.metadata.name)).toEqual(names)
      expect(frames.every((frame) => frame.type === 'ADDED')).toBe(true)
    }
    for (const { stop } of watches) await stop()
  })

  it('repeats nothing to a watch that had seen nothing yet', async () => {
    const world = await newWorld('watch-idle')
    await create(world, 'before')
    const { metadata } = await world.api<{ metadata: { resourceVersion: string } }>(CONFIG_MAPS)
    const { frames, stop } = await watch(world, `resourceVersion=${metadata.resourceVersion}`)
    await evictDurableObject(world.stub)
    await create(world, 'after')
    await eventually('the event', async () => frames.length > 0)
    expect(frames.map((frame) => frame.object.metadata.name)).toEqual(['after'])
    await stop()
  })

  it('begins with a state larger than what is sent ahead, each object once, then what happened meanwhile', async () => {
    const world = await newWorld('watch-large')
    const names = Array.from({ length: 48 }, (_, index) => `large-${String(index).padStart(2, '0')}`)
    for (const name of names) await create(world, name, {}, { text: 'x'.repeat(60_000) })
    const { frames, stop } = await watch(world, 'labelSelector=!none')
    await create(world, 'after')
    await eventually('the last', async () => frames.at(-1)?.object.metadata.name === 'after')
    const shown = frames.map((frame) => frame.object.metadata.name).filter((name) => name !== 'kube-root-ca.crt')
    expect(shown).toEqual([...names, 'after'])
    await stop()
  })

  it('ends where the object slept before that state was sent: the client begins anew, and misses nothing', async () => {
    const world = await newWorld('watch-cut')
    for (let index = 0; index < 48; index++) await create(world, `cut-${index}`, {}, { text: 'x'.repeat(60_000) })
    const response = await world.request(`/clusters/${world.cluster}${CONFIG_MAPS}?watch=true`, {})
    await evictDurableObject(world.stub)
    // Nothing was read so far, so the rest was still to come.
    const text = await response.text()
    const shown = text.split('\n').filter((line) => line.includes('"ADDED"'))
    expect(shown.length).toBeGreaterThan(0)
    expect(shown.length).toBeLessThan(48)
  })

  it('shows an object that starts or stops matching as ADDED and DELETED', async () => {
    const world = await newWorld('watch-match')
    const { metadata } = await world.api<{ metadata: { resourceVersion: string } }>(CONFIG_MAPS)
    const { frames, stop } = await watch(world, `resourceVersion=${metadata.resourceVersion}&labelSelector=on%3Dyes`)
    await create(world, 'a', { on: 'no' })
    const relabel = (on: string) =>
      world.api(`${CONFIG_MAPS}/a`, {
        method: 'PATCH',
        type: 'application/merge-patch+json',
        body: { metadata: { labels: { on } } },
      })
    await relabel('yes')
    await evictDurableObject(world.stub)
    await relabel('no')
    await eventually('both events', async () => frames.length >= 2)
    expect(frames.map((frame) => frame.type)).toEqual(['ADDED', 'DELETED'])
    await stop()
  })

  it('begins with the current state where no version is given', async () => {
    const world = await newWorld('watch-state')
    await create(world, 'before')
    const { frames, stop } = await watch(world, '')
    await eventually('the state', async () => frames.some((frame) => frame.object.metadata.name === 'before'))
    await create(world, 'after')
    await eventually('the event', async () => frames.at(-1)?.object.metadata.name === 'after')
    await stop()
  })

  it('answers a version from the future with 410 in the stream', async () => {
    const world = await newWorld('watch-future')
    const { frames } = await watch(world, 'resourceVersion=999999')
    await eventually('the error', async () => frames.length > 0)
    expect(frames[0]).toMatchObject({ type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired' } })
  })
})
