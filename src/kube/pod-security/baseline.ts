/**
 * The controls of the baseline standard, in the order in which Kubernetes tells of them.
 * https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline
 */
import {
  allContainers,
  type Container,
  type Finding,
  type Judged,
  named,
  oneOrMany,
  quoted,
  setters,
  unique,
} from './containers.ts'

const APPARMOR = 'container.apparmor.security.beta.kubernetes.io/'
const isAllowedProfile = (profile: string): boolean =>
  profile === '' || profile === 'runtime/default' || profile.startsWith('localhost/')

export function appArmor({ spec, annotations }: Judged): Finding {
  const isPodBad = spec.securityContext?.appArmorProfile?.type === 'Unconfined'
  const bad = allContainers(spec).filter(
    ({ securityContext }) => securityContext?.appArmorProfile?.type === 'Unconfined',
  )
  const byAnnotation = Object.entries(annotations).filter(
    ([key, value]) => key.startsWith(APPARMOR) && !isAllowedProfile(value),
  )
  const details = [
    ...(isPodBad || bad.length > 0
      ? [`${setters(isPodBad, bad)} must not set AppArmor profile type to "Unconfined"`]
      : []),
    ...byAnnotation.map(([key, value]) => `${key}=${JSON.stringify(value)}`).sort(),
  ]
  if (details.length === 0) return undefined
  const count = Number(isPodBad) + bad.length + byAnnotation.length
  return {
    reason: oneOrMany('forbidden AppArmor profile', 'forbidden AppArmor profiles', count),
    detail: details.join(', '),
  }
}

const DEFAULT_CAPABILITIES = new Set([
  ...['AUDIT_WRITE', 'CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'FSETID', 'KILL', 'MKNOD', 'NET_BIND_SERVICE'],
  ...['SETFCAP', 'SETGID', 'SETPCAP', 'SETUID', 'SYS_CHROOT'],
])

export function capabilities({ spec }: Judged): Finding {
  const forbidden = ({ securityContext }: Container): string[] =>
    (securityContext?.capabilities?.add ?? []).filter((name) => !DEFAULT_CAPABILITIES.has(name))
  const bad = allContainers(spec).filter((container) => forbidden(container).length > 0)
  if (bad.length === 0) return undefined
  return {
    reason: 'non-default capabilities',
    detail: `${named(bad)} must not include ${quoted(unique(bad.flatMap(forbidden)))} in securityContext.capabilities.add`,
  }
}

export function hostNamespaces({ spec }: Judged): Finding {
  const set = (['hostNetwork', 'hostPID', 'hostIPC'] as const).filter((field) => spec[field])
  return set.length === 0
    ? undefined
    : { reason: 'host namespaces', detail: set.map((field) => `${field}=true`).join(', ') }
}

export function hostPaths({ spec }: Judged): Finding {
  const names = (spec.volumes ?? []).filter(({ hostPath }) => hostPath).map(({ name }) => name)
  return names.length === 0
    ? undefined
    : { reason: 'hostPath volumes', detail: `${oneOrMany('volume', 'volumes', names.length)} ${quoted(names)}` }
}

export function hostPorts({ spec }: Judged): Finding {
  const portsOf = ({ ports = [] }: Container): string[] =>
    ports.flatMap(({ hostPort }) => (hostPort ? [String(hostPort)] : []))
  const bad = allContainers(spec).filter((container) => portsOf(container).length > 0)
  const ports = unique(bad.flatMap(portsOf))
  if (bad.length === 0) return undefined
  const verb = oneOrMany('uses', 'use', bad.length)
  return {
    reason: 'hostPort',
    detail: `${named(bad)} ${verb} ${oneOrMany('hostPort', 'hostPorts', ports.length)} ${ports.join(', ')}`,
  }
}

export function privileged({ spec }: Judged): Finding {
  const bad = allContainers(spec).filter(({ securityContext }) => securityContext?.privileged)
  return bad.length === 0
    ? undefined
    : { reason: 'privileged', detail: `${named(bad)} must not set securityContext.privileged=true` }
}

export function procMount({ spec }: Judged): Finding {
  const mountOf = ({ securityContext }: Container): string => securityContext?.procMount ?? 'Default'
  const bad = allContainers(spec).filter((container) => mountOf(container) !== 'Default')
  return bad.length === 0
    ? undefined
    : {
        reason: 'procMount',
        detail: `${named(bad)} must not set securityContext.procMount to ${quoted(unique(bad.map(mountOf)))}`,
      }
}

interface SeLinux {
  readonly type?: string
  readonly user?: string
  readonly role?: string
}

export function seLinux({ spec }: Judged, minor: number): Finding {
  const types = [
    '',
    'container_t',
    'container_init_t',
    'container_kvm_t',
    ...(minor >= 31 ? ['container_engine_t'] : []),
  ]
  const isBad = (options: SeLinux | undefined): options is SeLinux =>
    options !== undefined && (!types.includes(options.type ?? '') || Boolean(options.user) || Boolean(options.role))
  const ofPod = spec.securityContext?.seLinuxOptions
  const bad = allContainers(spec).filter(({ securityContext }) => isBad(securityContext?.seLinuxOptions))
  const all = [ofPod, ...bad.map(({ securityContext }) => securityContext?.seLinuxOptions)].filter(isBad)
  if (all.length === 0) return undefined
  const badTypes = unique(all.map(({ type = '' }) => type).filter((type) => !types.includes(type)))
  const faults = [
    ...(badTypes.length > 0 ? [`${oneOrMany('type', 'types', badTypes.length)} ${quoted(badTypes)}`] : []),
    ...(all.some(({ user }) => user) ? ['user may not be set'] : []),
    ...(all.some(({ role }) => role) ? ['role may not be set'] : []),
  ]
  return {
    reason: 'seLinuxOptions',
    detail: `${setters(isBad(ofPod), bad)} set forbidden securityContext.seLinuxOptions: ${faults.join('; ')}`,
  }
}

/** Only what is said is judged here; the restricted standard wants it said. */
export function seccomp({ spec }: Judged, minor: number): Finding {
  if (minor < 19) return undefined
  const isPodBad = spec.securityContext?.seccompProfile?.type === 'Unconfined'
  const bad = allContainers(spec).filter(
    ({ securityContext }) => securityContext?.seccompProfile?.type === 'Unconfined',
  )
  return !isPodBad && bad.length === 0
    ? undefined
    : {
        reason: 'seccompProfile',
        detail: `${setters(isPodBad, bad)} must not set securityContext.seccompProfile.type to "Unconfined"`,
      }
}

/** By the minor version since which each is allowed. */
const SYSCTLS: Readonly<Record<string, number>> = {
  'kernel.shm_rmid_forced': 0,
  'net.ipv4.ip_local_port_range': 0,
  'net.ipv4.tcp_syncookies': 0,
  'net.ipv4.ping_group_range': 0,
  'net.ipv4.ip_unprivileged_port_start': 0,
  'net.ipv4.ip_local_reserved_ports': 27,
  'net.ipv4.tcp_keepalive_time': 29,
  'net.ipv4.tcp_fin_timeout': 29,
  'net.ipv4.tcp_keepalive_intvl': 29,
  'net.ipv4.tcp_keepalive_probes': 29,
  'net.ipv4.tcp_rmem': 32,
  'net.ipv4.tcp_wmem': 32,
}

export function sysctls({ spec }: Judged, minor: number): Finding {
  const isAllowed = (name: string): boolean =>
    Object.hasOwn(SYSCTLS, name) && (SYSCTLS[name] ?? Number.POSITIVE_INFINITY) <= minor
  const bad = (spec.securityContext?.sysctls ?? []).map(({ name }) => name).filter((name) => !isAllowed(name))
  return bad.length === 0 ? undefined : { reason: 'forbidden sysctls', detail: bad.join(', ') }
}

export function hostProcess({ spec }: Judged): Finding {
  const isPodBad = spec.securityContext?.windowsOptions?.hostProcess === true
  const bad = allContainers(spec).filter(({ securityContext }) => securityContext?.windowsOptions?.hostProcess)
  return !isPodBad && bad.length === 0
    ? undefined
    : {
        reason: 'hostProcess',
        detail: `${setters(isPodBad, bad)} must not set securityContext.windowsOptions.hostProcess=true`,
      }
}
