/**
 * How far down an OOM score may go on this host. Lowering one needs CAP_SYS_RESOURCE, which some virtual machines and
 * nested containers do not have; a container that asks for it there does not start at all.
 */
import { readFileSync, writeFileSync } from 'node:fs'

const PATH = '/proc/self/oom_score_adj'
const LOWEST = -1000

let floor: number | undefined

export function allowedOomScore(wanted: number): number {
  floor ??= findFloor()
  return Math.max(wanted, floor)
}

/** Tried on ourselves, and put back. */
function findFloor(): number {
  const own = Number(readFileSync(PATH, 'utf8'))
  try {
    writeFileSync(PATH, String(LOWEST + 1))
    writeFileSync(PATH, String(own))
    return LOWEST
  } catch {
    return own
  }
}
