/** Stops the containers the agent runs; they stay on disk, and the next start restarts their Pods. */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export function stopPods(socket: string, state: string): void {
  const docker = (args: string[]) => spawnSync('docker', ['-H', `unix://${socket}`, ...args], { encoding: 'utf8' })
  const ids = docker(['ps', '-q', '--filter', `label=skycrane.io/agent=${join(state, 'agent')}`])
    .stdout.split('\n')
    .filter((id) => id !== '')
  if (ids.length > 0) docker(['stop', '-t', '2', ...ids])
  unmountBelow(state)
}

/** The Pods' Secrets lie in memory, mounted in the state folder, which could otherwise not be deleted. */
function unmountBelow(folder: string): void {
  const mounted = readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
    .filter((path) => path.startsWith(`${folder}/`))
  for (const path of mounted.sort().reverse()) spawnSync('umount', ['-l', path], { stdio: 'ignore' })
}
