/** /etc/hosts and /etc/resolv.conf of a Pod, as text. Pure. */
import type { Pod } from '../../../src/kube/types.ts'

const HOSTS = `# Kubernetes-managed hosts file.
127.0.0.1\tlocalhost
::1\tlocalhost ip6-localhost ip6-loopback
fe00::0\tip6-localnet
fe00::0\tip6-mcastprefix
fe00::1\tip6-allnodes
fe00::2\tip6-allrouters
`

export const hostnameOf = (pod: Pod): string =>
  (pod.spec.hostname ?? pod.metadata.name).slice(0, 63).replace(/[-.]+$/, '')

/** What the kernel calls the Pod: with setHostnameAsFQDN its full name, if that fits. Throws with the kubelet's words. */
export function kernelHostnameOf(pod: Pod, dnsDomain: string): string {
  const hostname = hostnameOf(pod)
  const { subdomain, setHostnameAsFQDN } = pod.spec
  if (!setHostnameAsFQDN || !subdomain) return hostname
  const full = fullNameOf(pod, subdomain, dnsDomain)
  if (full.length <= KERNEL_HOSTNAME_LIMIT) return full
  throw new Error(
    `failed to construct FQDN from Pod hostname and cluster domain, FQDN ${full} is too long (${KERNEL_HOSTNAME_LIMIT} characters is the max, ${full.length} characters requested)`,
  )
}

const KERNEL_HOSTNAME_LIMIT = 64

const fullNameOf = (pod: Pod, subdomain: string, dnsDomain: string): string =>
  `${hostnameOf(pod)}.${subdomain}.${pod.metadata.namespace}.svc.${dnsDomain}`

export function hostsFile(
  pod: Pod,
  { podIp, hostHosts, dnsDomain }: { podIp: string; hostHosts: string; dnsDomain: string },
) {
  return `${pod.spec.hostNetwork ? `# Kubernetes-managed hosts file (host network).\n${hostHosts}` : ownHosts(pod, podIp, dnsDomain)}${aliases(pod)}`
}

function ownHosts(pod: Pod, podIp: string, dnsDomain: string): string {
  const hostname = hostnameOf(pod)
  const { subdomain } = pod.spec
  const full = subdomain ? `${fullNameOf(pod, subdomain, dnsDomain)}\t` : ''
  return `${HOSTS}${podIp}\t${full}${hostname}\n`
}

function aliases(pod: Pod): string {
  const list = pod.spec.hostAliases ?? []
  if (list.length === 0) return ''
  const lines = list.map(({ ip, hostnames = [] }) => `${[ip, ...hostnames].join('\t')}\n`)
  return `\n# Entries added by HostAliases.\n${lines.join('')}`
}

export interface DnsFacts {
  readonly hostResolv: string
  /** The cluster's DNS Service, if it has one. */
  readonly clusterDns?: string
  readonly dnsDomain: string
}

interface Resolv {
  nameservers: string[]
  searches: string[]
  options: string[]
}

/** Where the host asks a stub of its own (systemd-resolved), which no Pod can reach: whom that stub asks. */
export function reachableResolv(resolv: string, behindStub: string): string {
  const { nameservers } = parseResolv(resolv)
  const isStub = nameservers.length > 0 && nameservers.every((server) => server.startsWith('127.') || server === '::1')
  return isStub && parseResolv(behindStub).nameservers.length > 0 ? behindStub : resolv
}

/** Without a cluster DNS, ClusterFirst falls back to the node's settings, as the kubelet does. */
export function resolvFile(pod: Pod, facts: DnsFacts): string {
  const { dnsPolicy = 'ClusterFirst', dnsConfig = {}, hostNetwork } = pod.spec
  const host = parseResolv(facts.hostResolv)
  const wantsCluster = dnsPolicy === 'ClusterFirstWithHostNet' || (dnsPolicy === 'ClusterFirst' && !hostNetwork)
  const base =
    dnsPolicy === 'None'
      ? { nameservers: [], searches: [], options: [] }
      : wantsCluster && facts.clusterDns
        ? clusterResolv(pod, host, { clusterDns: facts.clusterDns, dnsDomain: facts.dnsDomain })
        : host
  const options = (dnsConfig.options ?? []).map(({ name, value }) =>
    value === undefined ? `${name}` : `${name}:${value}`,
  )
  return printResolv({
    nameservers: unique([...base.nameservers, ...(dnsConfig.nameservers ?? [])]).slice(0, 3),
    searches: unique([...base.searches, ...(dnsConfig.searches ?? [])]),
    options: mergeOptions(base.options, options),
  })
}

function clusterResolv(
  pod: Pod,
  host: Resolv,
  { clusterDns, dnsDomain }: { clusterDns: string; dnsDomain: string },
): Resolv {
  return {
    nameservers: [clusterDns],
    searches: [`${pod.metadata.namespace}.svc.${dnsDomain}`, `svc.${dnsDomain}`, dnsDomain, ...host.searches],
    options: ['ndots:5'],
  }
}

function parseResolv(text: string): Resolv {
  const resolv: Resolv = { nameservers: [], searches: [], options: [] }
  for (const line of text.split('\n')) {
    const [key, ...words] = line.trim().split(/\s+/)
    if (key === 'nameserver' && words[0]) resolv.nameservers.push(words[0])
    if (key === 'search') resolv.searches = words
    if (key === 'options') resolv.options = words
  }
  return resolv
}

/** The Pod's own option replaces one of the same name. */
function mergeOptions(base: readonly string[], own: readonly string[]): string[] {
  const nameOf = (option: string) => option.split(':')[0]
  const names = new Set(own.map(nameOf))
  return [...base.filter((option) => !names.has(nameOf(option))), ...own]
}

const unique = (list: readonly string[]): string[] => [...new Set(list)]

function printResolv({ nameservers, searches, options }: Resolv): string {
  const lines = [
    ...(searches.length > 0 ? [`search ${searches.join(' ')}`] : []),
    ...nameservers.map((server) => `nameserver ${server}`),
    ...(options.length > 0 ? [`options ${options.join(' ')}`] : []),
  ]
  return `${lines.join('\n')}\n`
}
