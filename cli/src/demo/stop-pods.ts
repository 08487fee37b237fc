/** Stops the containers the agent runs; they stay on disk, and the next start restarts their Pods. */
import { spawnSync } from 'node:child_process'

export function stopPods(socket: string): void {
  const docker = (args: string[]) => spawnSync('docker', ['-H', `unix://${socket}`, ...args], { encoding: 'utf8' })
  const ids = docker(['ps', '-q', '--filter', 'label=io.kubernetes.pod.uid'])
    .stdout.split('\n')
    .filter((id) => id !== '')
  if (ids.length > 0) docker(['stop', '-t', '2', ...ids])
}
