/**
 * `skycrane-agent reset`: the machine as if the agent had never run on it. With `--keep-state` it is only put to rest:
 * containers end but stay, the network goes, and the next start of the agent brings the Pods back.
 */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Desired } from './control/desired.ts'
import type { Log } from './log.ts'
import { messageOf } from './log.ts'
import { removeNetwork } from './network/remove.ts'
import type { ResetOptions } from './options.ts'
import { stopOrphan } from './pods/orphans.ts'
import { DockerRuntime } from './runtime/docker.ts'
import type { PodIdentity, Runtime } from './runtime/runtime.ts'
import { unmountBelow } from './volumes/mounts.ts'

/** Everything the agent keeps; the folder itself may be somebody else's. */
const STATE = ['pods', 'credential.json', 'desired.json', 'addresses.json']

export async function reset(options: ResetOptions, log: Log): Promise<void> {
  const { dataDir, dockerSocket, bridge } = options
  const runtime = new DockerRuntime({ socketPath: dockerSocket, agent: dataDir })
  const pods = await runtime.pods()
  const outcomes = await Promise.allSettled(pods.map((pod) => end(pod, runtime, options)))
  const failures = outcomes.filter((outcome) => outcome.status === 'rejected')
  for (const { reason } of failures) log.error({ error: messageOf(reason) }, 'a pod could not be stopped')
  const desired = new Desired(dataDir)
  await desired.load()
  await removeNetwork(bridge, desired.cluster?.podCIDR)
  await unmountBelow(join(dataDir, 'pods'))
  if (!options.keepsState) for (const name of STATE) await rm(join(dataDir, name), { recursive: true, force: true })
  log.info({ pods: pods.length }, options.keepsState ? 'put to rest' : 'reset')
  if (failures.length > 0) throw new Error(`${failures.length} pods could not be stopped`)
}

async function end(pod: PodIdentity, runtime: Runtime, { keepsState, graceSeconds }: ResetOptions): Promise<void> {
  const observed = await runtime.observe(pod)
  await stopOrphan(observed, runtime, graceSeconds)
  for (const { id } of observed.sandboxes) await runtime.kill(id, 'SIGKILL')
  if (keepsState) return
  for (const { id } of [...observed.containers, ...observed.sandboxes]) await runtime.remove(id)
}
