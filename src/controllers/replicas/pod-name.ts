/**
 * Names for Pods made from a template: `web-6d4b75cb6d-x7k2p`. The store could draw the suffix, but then the Event
 * `Created pod: ...` could not name the Pod; so it is derived from what is being done, and a taken name is passed over.
 */

/** The letters of apimachinery's `rand.String`: no vowels, so no words, and none that are easily mistaken. */
const LETTERS = 'bcdfghjklmnpqrstvwxz2456789'
const SUFFIX_LENGTH = 5
/** A name is at most 63 characters as it becomes a host name: 58 and the suffix. */
const MAX_PREFIX = 58
/** Within one instant of the clock the same seed may come again, once a Pod that was replaced: so this is not small. */
const ATTEMPTS = 1000

/** The first free name derived from `seed`; the last one tried where all are taken, which the store then refuses. */
export function freeName(prefix: string, seed: string, isTaken: (name: string) => boolean): string {
  let name = ''
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    name = prefix.slice(0, MAX_PREFIX) + suffixOf(`${seed}/${attempt}`)
    if (!isTaken(name)) return name
  }
  return name
}

function suffixOf(seed: string): string {
  let hash = mixed(fnv1a(seed))
  let suffix = ''
  for (let at = 0; at < SUFFIX_LENGTH; at++) {
    suffix += LETTERS[hash % LETTERS.length] ?? 'x'
    hash = Math.floor(hash / LETTERS.length)
  }
  return suffix
}

/** 32-bit FNV-1a. http://www.isthe.com/chongo/tech/comp/fnv/ */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  return hash >>> 0
}

/** MurmurHash3's finalizer: seeds that differ in their last digit must not give names that do. */
function mixed(hash: number): number {
  let h = hash
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}
