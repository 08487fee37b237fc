/**
 * gzip of a stream, each chunk compressed as it passes: what is large never stands in memory whole, and no other request
 * waits for more than a chunk. At zlib's fastest level, which the platform's own compression of answers can't be told:
 * a third of the time of its default, for a tenth more bytes.
 * https://www.rfc-editor.org/rfc/rfc1952
 */
import { constants, crc32, deflateRawSync } from 'node:zlib'

export const FASTEST = 1

/** Magic number, deflate, no flags, no time, and an operating system that nobody knows. */
const HEADER = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff)
/** A last block that holds nothing: those before end at a byte's edge and say that more follow. */
const LAST_BLOCK = Uint8Array.of(3, 0)
/** Of a chunk, compressed at once. */
const MAX_BYTES = 256 * 1024

export function gzipStream(): TransformStream<Uint8Array, Uint8Array> {
  let check = 0
  let length = 0
  return new TransformStream<Uint8Array, Uint8Array>({
    start(controller) {
      controller.enqueue(HEADER)
    },
    transform(chunk, controller) {
      for (let start = 0; start < chunk.length; start += MAX_BYTES) {
        const part = chunk.subarray(start, start + MAX_BYTES)
        check = crc32(part, check)
        length += part.length
        controller.enqueue(
          deflateRawSync(part, { level: FASTEST, finishFlush: constants.Z_SYNC_FLUSH, chunkSize: MAX_BYTES }),
        )
      }
    },
    flush(controller) {
      controller.enqueue(LAST_BLOCK)
      const trailer = new DataView(new ArrayBuffer(8))
      trailer.setUint32(0, check, true)
      // Modulo 2^32, as setUint32 takes it.
      trailer.setUint32(4, length, true)
      controller.enqueue(new Uint8Array(trailer.buffer))
    },
  })
}
