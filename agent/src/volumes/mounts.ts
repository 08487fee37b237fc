/** tmpfs mounts on the host, seen and undone by their place. */
import { readFile } from 'node:fs/promises'
import { run, tryRun } from '../shell.ts'

export async function isMounted(path: string): Promise<boolean> {
  return (await mountsBelow(path)).includes(path)
}

export async function mountTmpfs(path: string, options: { sizeBytes?: number; mode: string }): Promise<void> {
  if (await isMounted(path)) return
  const size = options.sizeBytes ? `,size=${options.sizeBytes}` : ''
  await run('mount', ['-t', 'tmpfs', '-o', `mode=${options.mode}${size}`, 'tmpfs', path])
}

/** Deepest first; one that is busy is detached, so that its directory can go. */
export async function unmountBelow(path: string): Promise<void> {
  for (const mount of (await mountsBelow(path)).reverse()) await tryRun('umount', ['-l', mount])
}

async function mountsBelow(path: string): Promise<string[]> {
  const table = await readFile('/proc/self/mountinfo', 'utf8')
  const points = table.split('\n').flatMap((line) => {
    const point = line.split(' ')[4]
    return point ? [point.replaceAll('\\040', ' ')] : []
  })
  return points.filter((point) => point === path || point.startsWith(`${path}/`))
}
