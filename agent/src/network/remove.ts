/** Takes away all that the agent has made in the machine's network. Idempotent: what is not there is not missed. */
import { tryRun } from '../shell.ts'
import { stopForwarding, vxlanOf } from './bridge.ts'

export async function removeNetwork(bridge: string, podCidr: string | undefined): Promise<void> {
  await tryRun('nft', ['delete', 'table', 'ip', bridge])
  await tryRun('ip', ['-4', 'route', 'flush', 'proto', '83'])
  await tryRun('ip', ['link', 'del', bridge])
  await tryRun('ip', ['link', 'del', vxlanOf(bridge)])
  if (podCidr !== undefined) await stopForwarding(podCidr)
}
