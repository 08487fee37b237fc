/** A Pod's sandbox: the pause container, its network, and the files every container of the Pod shares. */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Pod } from '../../../src/kube/types.ts'
import type { Mount, ObservedSandbox } from '../runtime/runtime.ts'
import { identityOf } from './containers.ts'
import { hostsFile, kernelHostnameOf, reachableResolv, resolvFile } from './pod-files.ts'
import type { World } from './world.ts'

/** Creates the sandbox and connects it; what failed half way is taken up by the next attempt. */
export async function createSandbox(pod: Pod, attempt: number, world: World): Promise<ObservedSandbox> {
  const { spec } = pod
  return world.runtime.createSandbox({
    identity: identityOf(pod),
    attempt,
    hostname: kernelHostnameOf(pod, world.cluster().dnsDomain),
    isHostNetwork: spec.hostNetwork ?? false,
    isHostPid: spec.hostPID ?? false,
    isHostIpc: spec.hostIPC ?? false,
    sysctls: Object.fromEntries((spec.securityContext?.sysctls ?? []).map(({ name, value }) => [name, value])),
    labels: pod.metadata.labels ?? {},
  })
}

/** The Pod's address, connecting the sandbox if it is not yet. */
export async function connect(pod: Pod, sandbox: ObservedSandbox, world: World): Promise<string> {
  if (pod.spec.hostNetwork) return world.node().hostIp
  return (
    world.network.addressOf(pod.metadata.uid, sandbox.id) ?? (await world.network.connect(identityOf(pod), sandbox))
  )
}

/** /etc/hosts and /etc/resolv.conf: written on the host, mounted into each container that has no own at that place. */
export async function writePodFiles(pod: Pod, podIp: string, world: World): Promise<Mount[]> {
  const directory = join(world.volumes.podDir(pod.metadata.uid), 'etc')
  const { dnsDomain } = world.cluster()
  const resolv = await readHost('/etc/resolv.conf')
  const files = {
    hosts: hostsFile(pod, { podIp, dnsDomain, hostHosts: pod.spec.hostNetwork ? await readHost('/etc/hosts') : '' }),
    'resolv.conf': resolvFile(pod, {
      hostResolv: pod.spec.hostNetwork ? resolv : reachableResolv(resolv, await readHost(BEHIND_STUB)),
      clusterDns: clusterDnsOf(world),
      dnsDomain,
    }),
  }
  await mkdir(directory, { recursive: true, mode: 0o755 })
  const mounts: Mount[] = []
  for (const [name, text] of Object.entries(files)) {
    const source = join(directory, name)
    await writeFile(source, text, { mode: 0o644 })
    mounts.push({ source, target: `/etc/${name}`, isReadOnly: false, propagation: 'private' })
  }
  return mounts
}

/** Where systemd-resolved says whom it asks. */
const BEHIND_STUB = '/run/systemd/resolve/resolv.conf'

/** The DNS Service goes by this name everywhere, whatever serves it. */
function clusterDnsOf({ sources }: World): string | undefined {
  const service = sources
    .services()
    .find(({ metadata }) => metadata.namespace === 'kube-system' && metadata.name === 'kube-dns')
  const address = service?.spec.clusterIP
  return address && address !== 'None' ? address : undefined
}

async function readHost(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '')
}
