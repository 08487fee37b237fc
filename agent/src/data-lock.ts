/**
 * One agent a data folder: two would give each other's Pods away. The folder names the process that has it; a process
 * that is gone, or whose number another has got, holds nothing.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface DataLock {
  release(): void
}

interface Holder {
  readonly pid: number
  /** Kernel start time of the process, in clock ticks: a recycled number has another. */
  readonly startedAt: string
}

export const lockPath = (dataDir: string): string => join(dataDir, 'agent.lock')

/** Throws if another agent that is alive has the folder. */
export function lockData(dataDir: string): DataLock {
  const path = lockPath(dataDir)
  const former = holderIn(path)
  if (former && former.pid !== process.pid && startOf(former.pid) === former.startedAt)
    throw new Error(`another agent (process ${former.pid}) uses ${dataDir}`)
  const startedAt = startOf(process.pid)
  if (startedAt === undefined) throw new Error('this platform has no /proc: the agent needs Linux')
  writeFileSync(path, JSON.stringify({ pid: process.pid, startedAt }), { mode: 0o600 })
  return { release: () => rmSync(path, { force: true }) }
}

function holderIn(path: string): Holder | undefined {
  try {
    // Written above.
    return JSON.parse(readFileSync(path, 'utf8')) as Holder
  } catch {
    return undefined
  }
}

/** Field 22 of /proc/<pid>/stat; the command in field 2 may hold spaces and ends at the last parenthesis. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  } catch {
    return undefined
  }
}
