/**
 * What the edge Worker and the cluster's object say to each other over a watch's socket.
 *
 * Object to Worker: binary messages. The first eight bytes are the resource version reached (float64, big endian), the
 * rest are watch frames as the client gets them, newline ended; none where only the version moved on. Version 0: part of
 * the state that the watch begins with, and more of it is to come.
 * A text message `end` closes the stream after what was sent; `where <life>` asks what the Worker has got.
 *
 * Worker to object: `at <version>` says up to which version frames have arrived and been taken by the client: credit
 * for more. `at <version> <life>` answers a question: the place to go on from after the object has slept. What was said
 * to a former life of the object may be late and out of date, so an answer names the life that asked. So nobody misses
 * or repeats an event whatever the object's memory holds.
 */

/** Header of the answer that opens a watch: the kind, which the path does not tell. */
export const WATCHED_KIND = 'x-skycrane-kind'

export const HEADER_BYTES = 8
export const END = 'end'

/** The version of batches that are part of the state a watch begins with, while more of it is to come. */
export const INCOMPLETE = 0

/** Bytes of frames the object sends beyond what the Worker has acknowledged. */
export const WINDOW_BYTES = 1024 * 1024
/** The Worker acknowledges after this many bytes: often enough that a client that reads never stalls. */
export const ACKNOWLEDGE_BYTES = 256 * 1024

export function encodeBatch(version: number, frames: string): Uint8Array {
  const body = new TextEncoder().encode(frames)
  const message = new Uint8Array(HEADER_BYTES + body.length)
  new DataView(message.buffer).setFloat64(0, version)
  message.set(body, HEADER_BYTES)
  return message
}

export function decodeBatch(message: ArrayBuffer): { version: number; frames: Uint8Array } {
  return { version: new DataView(message).getFloat64(0), frames: new Uint8Array(message, HEADER_BYTES) }
}

export const acknowledge = (version: number, life?: string): string =>
  life === undefined ? `at ${version}` : `at ${version} ${life}`

export interface Acknowledged {
  readonly version: number
  /** Of an answer: who asked. */
  readonly life: string | undefined
}

export function parseAcknowledge(message: string): Acknowledged | undefined {
  const [word, text, life] = message.split(' ')
  const version = word === 'at' ? Number(text) : Number.NaN
  return Number.isSafeInteger(version) ? { version, life } : undefined
}

export const where = (life: string): string => `where ${life}`

/** The life that asks; undefined of any other message. */
export function parseWhere(message: string): string | undefined {
  const [word, life] = message.split(' ')
  return word === 'where' ? life : undefined
}
