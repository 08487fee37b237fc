/**
 * What the restricted standard wants beyond the baseline, in the order in which Kubernetes tells of it.
 * https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
 */
import {
  allContainers,
  type Container,
  type Finding,
  isWindows,
  type Judged,
  named,
  oneOrMany,
  quoted,
  setters,
  unique,
} from './containers.ts'

/** Since then Pods of Windows are left out where a control has no meaning for them. */
const KNOWS_WINDOWS = 25

export function allowPrivilegeEscalation({ spec }: Judged, minor: number): Finding {
  if (minor < 8 || (minor >= KNOWS_WINDOWS && isWindows(spec))) return undefined
  const bad = allContainers(spec).filter(({ securityContext }) => securityContext?.allowPrivilegeEscalation !== false)
  return bad.length === 0
    ? undefined
    : {
        reason: 'allowPrivilegeEscalation != false',
        detail: `${named(bad)} must set securityContext.allowPrivilegeEscalation=false`,
      }
}

export function capabilities({ spec }: Judged, minor: number): Finding {
  if (minor < 22 || (minor >= KNOWS_WINDOWS && isWindows(spec))) return undefined
  const forbidden = ({ securityContext }: Container): string[] =>
    (securityContext?.capabilities?.add ?? []).filter((name) => name !== 'NET_BIND_SERVICE')
  const containers = allContainers(spec)
  const keeping = containers.filter(({ securityContext }) => !securityContext?.capabilities?.drop?.includes('ALL'))
  const adding = containers.filter((container) => forbidden(container).length > 0)
  const details = [
    ...(keeping.length > 0 ? [`${named(keeping)} must set securityContext.capabilities.drop=["ALL"]`] : []),
    ...(adding.length > 0
      ? [
          `${named(adding)} must not include ${quoted(unique(adding.flatMap(forbidden)))} in securityContext.capabilities.add`,
        ]
      : []),
  ]
  return details.length === 0 ? undefined : { reason: 'unrestricted capabilities', detail: details.join('; ') }
}

const VOLUMES = new Set([
  ...[
    'configMap',
    'csi',
    'downwardAPI',
    'emptyDir',
    'ephemeral',
    'image',
    'persistentVolumeClaim',
    'projected',
    'secret',
  ],
])

export function volumes({ spec }: Judged): Finding {
  const typeOf = (volume: object): string => Object.keys(volume).find((key) => key !== 'name') ?? 'unknown'
  const bad = (spec.volumes ?? []).filter((volume) => !VOLUMES.has(typeOf(volume)))
  if (bad.length === 0) return undefined
  const types = unique(bad.map(typeOf))
  const who = `${oneOrMany('volume', 'volumes', bad.length)} ${quoted(bad.map(({ name }) => name))}`
  const what = oneOrMany('restricted volume type', 'restricted volume types', types.length)
  return {
    reason: 'restricted volume types',
    detail: `${who} ${oneOrMany('uses', 'use', bad.length)} ${what} ${quoted(types)}`,
  }
}

export function runAsNonRoot({ spec }: Judged): Finding {
  const reason = 'runAsNonRoot != true'
  const ofPod = spec.securityContext?.runAsNonRoot
  const containers = allContainers(spec)
  const denying = containers.filter(({ securityContext }) => securityContext?.runAsNonRoot === false)
  if (ofPod === false || denying.length > 0)
    return { reason, detail: `${setters(ofPod === false, denying)} must not set securityContext.runAsNonRoot=false` }
  const silent = containers.filter(({ securityContext }) => securityContext?.runAsNonRoot === undefined)
  return ofPod === true || silent.length === 0
    ? undefined
    : { reason, detail: `pod or ${named(silent)} must set securityContext.runAsNonRoot=true` }
}

export function runAsUser({ spec }: Judged, minor: number): Finding {
  if (minor < 23) return undefined
  const isPodBad = spec.securityContext?.runAsUser === 0
  const bad = allContainers(spec).filter(({ securityContext }) => securityContext?.runAsUser === 0)
  return !isPodBad && bad.length === 0
    ? undefined
    : { reason: 'runAsUser=0', detail: `${setters(isPodBad, bad)} must not set runAsUser=0` }
}

const PROFILES: readonly string[] = ['RuntimeDefault', 'Localhost']

export function seccomp({ spec }: Judged, minor: number): Finding {
  if (minor < 19 || (minor >= KNOWS_WINDOWS && isWindows(spec))) return undefined
  const reason = 'seccompProfile'
  const ofPod = spec.securityContext?.seccompProfile?.type
  const typeOf = ({ securityContext }: Container): string | undefined => securityContext?.seccompProfile?.type
  const isForbidden = (type: string | undefined): type is string => type !== undefined && !PROFILES.includes(type)
  const containers = allContainers(spec)
  const bad = containers.filter((container) => isForbidden(typeOf(container)))
  const types = unique([ofPod, ...bad.map(typeOf)].filter(isForbidden))
  if (types.length > 0)
    return {
      reason,
      detail: `${setters(isForbidden(ofPod), bad)} must not set securityContext.seccompProfile.type to ${quoted(types)}`,
    }
  const silent = containers.filter((container) => typeOf(container) === undefined)
  return ofPod !== undefined || silent.length === 0
    ? undefined
    : {
        reason,
        detail: `pod or ${named(silent)} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"`,
      }
}
