/** JSON merge patch: null takes away, records are merged, all else is replaced (RFC 7386). */
import { clone, isRecord, ownValue, setKey } from '../json.ts'

/** Changes `document` in place where it can; the answer is the result. The patch is left as it is. */
export function mergePatch(document: unknown, patch: unknown): unknown {
  if (!isRecord(patch)) return clone(patch)
  const target: Record<string, unknown> = isRecord(document) ? document : {}
  for (const key of Object.keys(patch)) {
    const change = ownValue(patch, key)
    if (change === null) delete target[key]
    else setKey(target, key, mergePatch(ownValue(target, key), change))
  }
  return target
}
