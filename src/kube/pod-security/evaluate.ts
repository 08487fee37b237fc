/** What of a Pod a standard does not allow. */
import * as baseline from './baseline.ts'
import type { Finding, Judged } from './containers.ts'
import { minorOf, type Policy } from './policy.ts'
import * as restricted from './restricted.ts'

type Control = (judged: Judged, minor: number) => Finding

const BASELINE: readonly Control[] = [
  baseline.appArmor,
  baseline.capabilities,
  baseline.hostNamespaces,
  baseline.hostPaths,
  baseline.hostPorts,
  baseline.privileged,
  baseline.procMount,
  baseline.seLinux,
  baseline.seccomp,
  baseline.sysctls,
  baseline.hostProcess,
]

/** Controls of the baseline that a stricter one takes the place of, and since when. */
const REPLACED = new Map<Control, number>([
  [baseline.capabilities, 22],
  [baseline.hostPaths, 0],
  [baseline.seccomp, 19],
])

const RESTRICTED: readonly Control[] = [
  restricted.allowPrivilegeEscalation,
  restricted.capabilities,
  restricted.volumes,
  restricted.runAsNonRoot,
  restricted.runAsUser,
  restricted.seccomp,
]

export function findings(policy: Policy, judged: Judged): NonNullable<Finding>[] {
  if (policy.level === 'privileged') return []
  const minor = minorOf(policy)
  const isRestricted = policy.level === 'restricted'
  const controls = isRestricted
    ? [
        ...BASELINE.filter(
          (control) => minor < (REPLACED.get(control) ?? Number.POSITIVE_INFINITY) || !REPLACED.has(control),
        ),
        ...RESTRICTED,
      ]
    : BASELINE
  return controls.flatMap((control) => control(judged, minor) ?? [])
}

/** `privileged (container "a" must not set securityContext.privileged=true), …`; undefined where all is allowed. */
export function violation(policy: Policy, judged: Judged): string | undefined {
  const found = findings(policy, judged)
  return found.length === 0 ? undefined : found.map(({ reason, detail }) => `${reason} (${detail})`).join(', ')
}
