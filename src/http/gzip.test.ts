import { gunzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { gzipStream } from './gzip.ts'

async function compressed(chunks: readonly Uint8Array<ArrayBuffer>[]): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for await (const part of ReadableStream.from(chunks).pipeThrough(gzipStream())) parts.push(part)
  return Buffer.concat(parts)
}

describe('gzipStream', () => {
  it('is undone by gunzip, however what passes is cut into chunks', () =>
    fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 8 }), async (parts) => {
        const chunks = parts.map((part) => new Uint8Array(part))
        expect(gunzipSync(await compressed(chunks))).toEqual(Buffer.concat(chunks))
      }),
    ))

  it('takes chunks larger than it compresses at once', async () => {
    const chunk = new TextEncoder().encode('{"kind":"ConfigMap"},'.repeat(50_000))
    const whole = await compressed([chunk, chunk])
    expect(gunzipSync(whole).equals(Buffer.concat([chunk, chunk]))).toBe(true)
    expect(whole.length).toBeLessThan(chunk.length / 10)
  })
})
