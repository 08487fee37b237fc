/** The edge's side of a watch, on a socket and a clock of the test's own. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { encodeBatch } from '../protocol/watch.ts'
import { BOOKMARK_MS, holdWatch } from './watch-stream.ts'

/** What the edge uses of a WebSocket to the object. */
class FakeSocket extends EventTarget {
  readonly sent: string[] = []
  binaryType = ''
  isClosed = false
  accept(): void {}
  send(text: string): void {
    this.sent.push(text)
  }
  close(): void {
    this.isClosed = true
  }
  hear(version: number, frames = ''): void {
    const bytes = encodeBatch(version, frames)
    this.dispatchEvent(new MessageEvent('message', { data: bytes.slice().buffer }))
  }
}

let socket: FakeSocket
let frames: string[]

beforeEach(() => {
  vi.useFakeTimers()
  socket = new FakeSocket()
  frames = []
})

afterEach(() => {
  vi.useRealTimers()
})

function hold({ bookmarks = true, timeoutMs = 600_000 } = {}): { isClosed: () => boolean } {
  let isClosed = false
  holdWatch(
    {
      // What is used of it, it has.
      socket: socket as unknown as WebSocket,
      signal: new AbortController().signal,
      timeoutMs,
      bookmark: bookmarks ? (version) => `bookmark ${version}\n` : undefined,
      bookmarkMs: BOOKMARK_MS,
    },
    {
      async write(bytes) {
        frames.push(new TextDecoder().decode(bytes))
      },
      close: () => {
        isClosed = true
      },
    },
  )
  return { isClosed: () => isClosed }
}

describe('a watch at the edge', () => {
  it('tells each minute how far it has come, where bookmarks are wanted', async () => {
    hold()
    socket.hear(7)
    await vi.advanceTimersByTimeAsync(59_999)
    expect(frames).toEqual([])
    await vi.advanceTimersByTimeAsync(1)
    expect(frames).toEqual(['bookmark 7\n'])
    socket.hear(9, 'an event\n')
    await vi.advanceTimersByTimeAsync(120_000)
    expect(frames).toEqual(['bookmark 7\n', 'an event\n', 'bookmark 9\n', 'bookmark 9\n'])
  })

  it('tells nothing before it knows how far it has come, nor where no bookmarks are wanted', async () => {
    hold()
    await vi.advanceTimersByTimeAsync(60_000)
    expect(frames).toEqual([])
    hold({ bookmarks: false })
    socket.hear(7)
    await vi.advanceTimersByTimeAsync(59_999)
    expect(frames).toEqual([])
  })

  it.each([
    { timeoutMs: 12_000, at: [10_000] },
    { timeoutMs: 61_000, at: [59_000] },
    { timeoutMs: 75_000, at: [60_000, 73_000] },
    { timeoutMs: 2000, at: [] },
  ])('of $timeoutMs ms tells how far it has come at $at', async ({ timeoutMs, at }) => {
    hold({ timeoutMs })
    socket.hear(7)
    const told: number[] = []
    for (let now = 1000; now <= timeoutMs; now += 1000) {
      await vi.advanceTimersByTimeAsync(1000)
      while (told.length < frames.length) told.push(now)
    }
    expect(told).toEqual(at)
  })

  it('ends when its time is over, and tells no more', async () => {
    const watch = hold({ timeoutMs: 90_000 })
    socket.hear(7)
    await vi.advanceTimersByTimeAsync(600_000)
    expect(frames).toEqual(['bookmark 7\n', 'bookmark 7\n'])
    expect([watch.isClosed(), socket.isClosed]).toEqual([true, true])
  })
})
