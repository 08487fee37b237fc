/** A watch as Go clients open it, gzip asked for: its frames as they come, while the stream stays open. */
import { expect } from 'vitest'
import { eventually } from '../world.ts'
import type { Client, Json } from './client.ts'

export interface Frame {
  readonly type: string
  readonly object: Json
}

export interface Watching {
  readonly frames: readonly Frame[]
  /** Chunks as they arrived: how many frames came in one tells nothing, but that they came does. */
  readonly ended: Promise<void>
  /** Waits for so many frames in all; each is there within moments of its change. */
  until(count: number): Promise<readonly Frame[]>
  stop(): Promise<void>
}

/** Frames are there at once; this is for a busy machine. */
const SOON_MS = 5_000

export async function watch(
  client: Client,
  path: string,
  query: string,
  headers: Record<string, string> = {},
): Promise<Watching> {
  const { world } = client
  const response = await world.request(`/clusters/${world.cluster}${path}?watch=true&${query}`, {
    headers: { 'accept-encoding': 'gzip', ...headers },
  })
  expect(response.status, path).toBe(200)
  expect(response.headers.get('content-encoding')).toBe('identity')
  expect(response.headers.get('content-type')).toBe('application/json')
  const frames: Frame[] = []
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  const ended = (async () => {
    let rest = ''
    for (;;) {
      const { done, value } = (await reader?.read()) ?? { done: true, value: undefined }
      if (done) break
      const lines = `${rest}${value}`.split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) frames.push(JSON.parse(line))
    }
    expect(rest).toBe('')
  })()
  return {
    frames,
    ended,
    until: (count) => eventually(`${count} frames`, async () => frames.length >= count && frames, SOON_MS),
    async stop() {
      await reader?.cancel()
    },
  }
}

export const shown = ({ type, object }: Frame): string => `${type} ${object.metadata.name}`
