/**
 * One server a state folder. A workerd outlives a parent that is killed, keeps its port and goes on taking writes. So a
 * living server keeps others out by the process that the folder names, and every workerd that a dead one has left is
 * ended before anything is opened. It is found by the folder it holds open, not by a record: miniflare starts another
 * where one has died, and a server may be killed before it could have written anything down.
 */
import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { join, sep } from 'node:path'
import { writePrivately } from './files.ts'

interface Holder {
  readonly pid: number
  /** Kernel start time of the process (clock ticks): a recycled pid has another. */
  readonly startedAt: string
}

export interface StateLock {
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
    for (const orphan of orphansOn(folder)) await end(orphan)
    writePrivately(path, JSON.stringify(self))
  } finally {
    rmSync(claim, { force: true })
  }
  return {
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

function readLock(path: string): Holder | undefined {
  if (!existsSync(path)) return undefined
  try {
    // Written by writePrivately above.
    return JSON.parse(readFileSync(path, 'utf8')) as Holder
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

async function end(orphan: Holder): Promise<void> {
  process.kill(orphan.pid, 'SIGKILL')
  for (let tries = 0; tries < 500 && isAlive(orphan); tries++) await new Promise((resolve) => setTimeout(resolve, 10))
  if (isAlive(orphan)) throw new Error(`process ${orphan.pid} still uses the state folder and can't be ended`)
}

/** Every workerd that has something of the folder open. */
function orphansOn(folder: string): Holder[] {
  const inside = realpathSync(folder) + sep
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && isWorkerd(pid) && opened(pid).some((path) => path.startsWith(inside)))
    .flatMap((pid) => holderOf(pid) ?? [])
}

/** Empty for a process that has ended meanwhile, or is another user's and so can't write here. */
function opened(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`))
  } catch {
    return []
  }
}
