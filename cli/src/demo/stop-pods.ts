/** Ends the agent's Pods and takes its network away; its state stays, and the next start brings the Pods back. */
import { spawnSync } from 'node:child_process'
import { openSync } from 'node:fs'
import { join } from 'node:path'

/** Whoever presses Ctrl-C does not want to wait for long. */
const GRACE_SECONDS = 2

export function stopPods({ root, socket, state }: { root: string; socket: string; state: string }): void {
  const log = openSync(join(state, 'agent.log'), 'a')
  const place = ['--data-dir', join(state, 'agent'), '--docker-socket', socket]
  const program = [join(root, 'agent', 'dist', 'agent.mjs'), 'reset', '--keep-state']
  const { status } = spawnSync(process.execPath, [...program, '--grace-seconds', String(GRACE_SECONDS), ...place], {
    stdio: ['ignore', log, log],
  })
  if (status !== 0) console.error(`not all Pods could be stopped; see ${join(state, 'agent.log')}`)
}
