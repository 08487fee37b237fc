/** Rules of security contexts: k8s.io/kubernetes pkg/apis/core/validation (validatePodSpecSecurityContext). */
import { duplicate, type FieldError, type FieldPath, invalidValue, notSupported, required, tooLong } from '../field.ts'
import { byteLength } from '../json.ts'
import type { Pod } from '../types.ts'
import { accountId } from './validate-values.ts'
import { localDescendingErrors } from './validate-volume-files.ts'
import { windowsErrors } from './validate-windows.ts'

type PodSpec = Pod['spec']
type Container = PodSpec['containers'][number]
type PodContext = NonNullable<PodSpec['securityContext']>
type Profiles = Pick<PodContext, 'seccompProfile' | 'appArmorProfile'>

const SYSCTL_BYTES = 253
const SYSCTL = '^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$'
const SYSCTL_NAME = new RegExp(SYSCTL)
const NET_PREFIXES = ['net.']
const IPC_PREFIXES = ['kernel.shm', 'kernel.msg', 'fs.mqueue.']
const IPC_NAMES = ['kernel.sem']
const SELINUX_CHANGES = ['MountOption', 'Recursive']
const PROFILE_BYTES = 4095

export function validatePodSecurity(spec: PodSpec, at: FieldPath, errors: FieldError[]): void {
  const { securityContext: context = {}, hostPID, shareProcessNamespace } = spec
  for (const field of ['runAsUser', 'runAsGroup', 'fsGroup'] as const)
    accountId(context[field], at.child(field), errors)
  for (const [index, group] of (context.supplementalGroups ?? []).entries())
    accountId(group, at.child('supplementalGroups').index(index), errors)
  // In Kubernetes' own form the field stands in the security context, and is named so.
  if (hostPID && shareProcessNamespace)
    errors.push(
      invalidValue(at.child('shareProcessNamespace'), true, 'ShareProcessNamespace and HostPID cannot both be enabled'),
    )
  validateSysctls(spec, at.child('sysctls'), errors)
  const { seLinuxChangePolicy, windowsOptions } = context
  if (seLinuxChangePolicy !== undefined && !SELINUX_CHANGES.includes(seLinuxChangePolicy))
    errors.push(notSupported(at.child('seLinuxChangePolicy'), seLinuxChangePolicy, SELINUX_CHANGES))
  if (windowsOptions) errors.push(...windowsErrors(windowsOptions, at.child('windowsOptions')))
  errors.push(...profileErrors(context, at))
}

/** `hasHostUsers`: users in the container are those of the host. */
export function validateContainerSecurity(
  { securityContext: context }: Container,
  at: FieldPath,
  hasHostUsers: boolean,
  errors: FieldError[],
): void {
  if (!context) return
  if (context.allowPrivilegeEscalation === false) {
    const escalates = 'cannot set `allowPrivilegeEscalation` to false and'
    if (context.privileged) errors.push(invalidValue(at, '', `${escalates} \`privileged\` to true`))
    for (const capability of context.capabilities?.add ?? [])
      if (capability === 'CAP_SYS_ADMIN')
        errors.push(invalidValue(at, '', `${escalates} \`capabilities.Add\` CAP_SYS_ADMIN`))
  }
  if (hasHostUsers && context.procMount === 'Unmasked')
    errors.push(invalidValue(at.child('procMount'), 'Unmasked', '`hostUsers` must be false to use `Unmasked`'))
  if (context.windowsOptions) errors.push(...windowsErrors(context.windowsOptions, at.child('windowsOptions')))
  for (const field of ['runAsUser', 'runAsGroup'] as const) accountId(context[field], at.child(field), errors)
  errors.push(...profileErrors(context, at))
}

function validateSysctls(spec: PodSpec, at: FieldPath, errors: FieldError[]): void {
  const names = new Set<string>()
  for (const [index, { name }] of (spec.securityContext?.sysctls ?? []).entries()) {
    const here = at.index(index).child('name')
    if (!name) continue // The schema says so.
    if (name.length > SYSCTL_BYTES || !SYSCTL_NAME.test(name))
      errors.push(invalidValue(here, name, `must have at most ${SYSCTL_BYTES} characters and match regex ${SYSCTL}`))
    else if (names.has(name)) errors.push(duplicate(here, name))
    names.add(name)
    const host = hostNamespaceOf(spec, dotted(name))
    if (host) errors.push(invalidValue(here, name, `may not be specified when '${host}' is true`))
  }
}

/** The first separator says which is which: `net/ipv4/conf/eno1.100`. */
function dotted(name: string): string {
  if (/[./]/.exec(name)?.[0] !== '/') return name
  return name.replace(/[./]/g, (separator) => (separator === '/' ? '.' : '/'))
}

function hostNamespaceOf({ hostNetwork, hostIPC }: PodSpec, name: string): string | undefined {
  const startsWith = (prefixes: readonly string[]) => prefixes.some((prefix) => name.startsWith(prefix))
  if (hostNetwork && startsWith(NET_PREFIXES)) return 'hostNetwork'
  return hostIPC && (startsWith(IPC_PREFIXES) || IPC_NAMES.includes(name)) ? 'hostIPC' : undefined
}

function profileErrors({ seccompProfile, appArmorProfile }: Profiles, at: FieldPath): FieldError[] {
  return [
    ...(seccompProfile ? seccompErrors(seccompProfile, at.child('seccompProfile')) : []),
    ...(appArmorProfile ? appArmorErrors(appArmorProfile, at.child('appArmorProfile')) : []),
  ]
}

function seccompErrors(profile: NonNullable<Profiles['seccompProfile']>, at: FieldPath): FieldError[] {
  const { type, localhostProfile } = profile
  const here = at.child('localhostProfile')
  if (type !== 'Localhost')
    return localhostProfile === undefined
      ? []
      : [invalidValue(here, profile, 'can only be set when seccomp type is Localhost')]
  if (localhostProfile === undefined) return [required(here, 'must be set when seccomp type is Localhost')]
  return localDescendingErrors(localhostProfile, here)
}

function appArmorErrors(profile: NonNullable<Profiles['appArmorProfile']>, at: FieldPath): FieldError[] {
  const { type, localhostProfile } = profile
  const here = at.child('localhostProfile')
  if (type !== 'Localhost')
    return localhostProfile === undefined
      ? []
      : [invalidValue(here, localhostProfile, 'can only be set when AppArmor type is Localhost')]
  if (!localhostProfile) return [required(here, 'must be set when AppArmor type is Localhost')]
  if (localhostProfile.trim() !== localhostProfile)
    return [invalidValue(here, localhostProfile, 'must not be padded with whitespace')]
  return byteLength(localhostProfile) > PROFILE_BYTES ? [tooLong(here, PROFILE_BYTES)] : []
}
