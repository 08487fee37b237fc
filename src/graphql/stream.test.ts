import { describe, expect, it } from 'vitest'
import { linesOf } from './stream.ts'
import { changeOf } from './subscription.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
const streamOf = (...chunks: Uint8Array[]) =>
  new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk)
      controller.close()
    },
  })

async function all<T>(lines: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const line of lines) found.push(line)
  return found
}

describe('linesOf', () => {
  it('puts together what came in pieces, in the middle of a letter too', async () => {
    const whole = bytes('{"a":"ä"}\n{"b":1}\n')
    for (let cut = 0; cut <= whole.length; cut++)
      expect(await all(linesOf(streamOf(whole.slice(0, cut), whole.slice(cut)), (line) => line))).toEqual([
        '{"a":"ä"}',
        '{"b":1}',
      ])
  })

  it('ends the stream at once when its reader goes, though it waits', async () => {
    let isCancelled = false
    const quiet = new ReadableStream<Uint8Array>({
      cancel() {
        isCancelled = true
      },
    })
    const lines = linesOf(quiet, (line) => line)
    const waiting = lines.next()
    await lines.return?.()
    expect(isCancelled).toBe(true)
    expect(await waiting).toEqual({ done: true, value: undefined })
  })

  it('ends the stream when a line can not be read', async () => {
    const lines = linesOf(streamOf(bytes('x\ny\n')), (line) => {
      throw new Error(line)
    })
    await expect(lines.next()).rejects.toThrow('x')
    expect(await lines.next()).toEqual({ done: true, value: undefined })
  })
})

describe('changeOf', () => {
  it('tells a change with its version', () =>
    expect(changeOf('{"type":"ADDED","object":{"metadata":{"name":"a","resourceVersion":"7"}}}')).toEqual({
      type: 'ADDED',
      object: { metadata: { name: 'a', resourceVersion: '7' } },
      resourceVersion: '7',
    }))

  it('shows no object in a bookmark', () =>
    expect(changeOf('{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"9"}}}')).toEqual({
      type: 'BOOKMARK',
      object: null,
      resourceVersion: '9',
    }))

  it('throws what an error frame says', () =>
    expect(() =>
      changeOf('{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired","message":"too old"}}'),
    ).toThrow(expect.objectContaining({ code: 410, reason: 'Expired' })))
})
