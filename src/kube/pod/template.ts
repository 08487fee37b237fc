/** Hashes of Pod templates: they name ReplicaSets, and label their Pods (`pod-template-hash`). */

const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789'
const FNV_OFFSET = 0x811c9dc5
const FNV_PRIME = 0x01000193

/**
 * FNV-1a over the template's canonical JSON (keys in order) and the collision count, written with letters that make no
 * words. Equal templates have equal hashes whatever the order of their keys.
 */
export function templateHash(template: unknown, collisionCount?: number): string {
  let hash = FNV_OFFSET
  const text = canonical(template) + (collisionCount === undefined ? '' : String(collisionCount))
  for (let at = 0; at < text.length; at++) {
    hash ^= text.charCodeAt(at) & 0xff
    hash = Math.imul(hash, FNV_PRIME)
  }
  return Array.from(String(hash >>> 0), (digit) => ALPHABET[digit.charCodeAt(0) % ALPHABET.length]).join('')
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? ''
  const record = value as Record<string, unknown>
  const keys = Object.keys(record)
    .filter((key) => record[key] !== undefined)
    .sort()
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonical(record[key])}`).join(',')}}`
}
