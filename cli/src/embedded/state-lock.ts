/**
 * One server a state folder. miniflare's workerd outlives a killed parent, keeps its port and goes on taking writes; so
 * the folder records the server's process and workerd's, a living server keeps others out, and the orphan of a dead one
 * is ended before anything is opened (PLATFORM: split brain).
 */
import { closeSync, existsSync, openSync, readdirSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { writePrivately } from './files.ts'

interface Holder {
  readonly pid: number
  /** Kernel start time of the process (clock ticks): a recycled pid has another. */
  readonly startedAt: string
}

interface LockFile extends Holder {
  readonly workerd: readonly Holder[]
}

export interface StateLock {
  /** Records the workerd processes that this one has started. */
  recordChildren(): void
  release(): void
}

export async function lockState(folder: string): Promise<StateLock> {
  const path = join(folder, 'lock.json')
  const self = holderOf(process.pid)
  if (!self) throw new Error('this platform has no /proc: the embedded server needs Linux')
  // Taking over must not race another that takes over: the claim is made by one exclusive create.
  const claim = join(folder, 'lock.claim')
  takeClaim(claim)
  try {
    const former = readLock(path)
    if (former && isAlive(former)) throw new Error(`another server (process ${former.pid}) uses ${folder}`)
    for (const orphan of former?.workerd ?? []) await end(orphan)
    writePrivately(path, JSON.stringify({ ...self, workerd: [] }))
  } finally {
    rmSync(claim, { force: true })
  }
  return {
    recordChildren() {
      writePrivately(path, JSON.stringify({ ...self, workerd: workerdChildren() }))
    },
    release() {
      rmSync(path, { force: true })
    },
  }
}

function takeClaim(claim: string): void {
  try {
    const file = openSync(claim, 'wx')
    writeSync(file, String(process.pid))
    closeSync(file)
  } catch {
    const pid = existsSync(claim) ? Number(readFileSync(claim, 'utf8')) : 0
    if (pid > 0 && existsSync(`/proc/${pid}`))
      throw new Error(`another server (process ${pid}) is starting on this state folder`)
    rmSync(claim, { force: true })
    takeClaim(claim)
  }
}

function readLock(path: string): LockFile | undefined {
  if (!existsSync(path)) return undefined
  try {
    // Written by writePrivately above.
    return JSON.parse(readFileSync(path, 'utf8')) as LockFile
  } catch {
    return undefined
  }
}

/** Field 22 of /proc/<pid>/stat; the command in field 2 may hold spaces and ends at the last parenthesis. */
function holderOf(pid: number): Holder | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const startedAt = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
    return startedAt === undefined ? undefined : { pid, startedAt }
  } catch {
    return undefined
  }
}

const isAlive = ({ pid, startedAt }: Holder): boolean => holderOf(pid)?.startedAt === startedAt

function isWorkerd(pid: number): boolean {
  try {
    return /workerd/.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8'))
  } catch {
    return false
  }
}

/** Kills the process if it is still the one recorded, and waits until it is gone. */
async function end(orphan: Holder): Promise<void> {
  if (!isAlive(orphan) || !isWorkerd(orphan.pid)) return
  process.kill(orphan.pid, 'SIGKILL')
  for (let tries = 0; tries < 500 && isAlive(orphan); tries++) await new Promise((resolve) => setTimeout(resolve, 10))
  if (isAlive(orphan)) throw new Error(`process ${orphan.pid} still uses the state folder and can't be ended`)
}

function workerdChildren(): Holder[] {
  const children: Holder[] = []
  for (const entry of readdirSync('/proc')) {
    const pid = Number(entry)
    if (!Number.isInteger(pid) || !isWorkerd(pid)) continue
    const stat = safely(() => readFileSync(`/proc/${pid}/stat`, 'utf8'))
    const parent = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[1]
    const holder = holderOf(pid)
    if (Number(parent) === process.pid && holder) children.push(holder)
  }
  return children
}

function safely<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
