/** An object's text, if a row can hold it. */
import { tooLarge } from '../kube/errors.ts'
import { byteLength } from '../kube/json.ts'
import type { KubeObject } from '../kube/object.ts'
import { textOf } from '../kube/object-text.ts'

/** SQLite's rows end at 2 MiB: what managed fields add to a large object may pass that. */
const MAX_TEXT_BYTES = 1.9 * 1024 * 1024

/** Throws 413. */
export function storable(object: KubeObject): string {
  const text = textOf(object)
  if (text.length * 3 > MAX_TEXT_BYTES && byteLength(text) > MAX_TEXT_BYTES)
    throw tooLarge(`Request entity too large: limit is ${MAX_TEXT_BYTES}`)
  return text
}
