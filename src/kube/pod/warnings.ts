/**
 * What kube-apiserver v1.32 says of a Pod, or of a template of Pods, that it takes all the same: in the words and the order
 * of k8s.io/kubernetes pkg/api/pod (GetWarningsForPodTemplate).
 */
import { deprecationOf, labelWarnings, requirementWarnings } from '../deprecated-labels.ts'
import type { FieldPath } from '../field.ts'
import { toNumber } from '../json.ts'
import { dnsLabelErrors } from '../names.ts'
import type { Pod } from '../types.ts'
import { containerWarnings, portWarnings } from './warnings-containers.ts'
import { fractionWarnings } from './warnings-fractions.ts'
import { volumeWarnings } from './warnings-volumes.ts'

type Spec = Pod['spec']
type Affinity = NonNullable<Spec['affinity']>

export interface Warned {
  readonly metadata?: { readonly annotations?: Readonly<Record<string, string>> } | undefined
  readonly spec?: Spec | undefined
}

/** `at`: what holds metadata and spec. */
export function podWarnings({ metadata, spec }: Warned, at: FieldPath): string[] {
  if (!spec) return []
  const { annotations = {} } = metadata ?? {}
  const here = at.child('spec')
  return [
    ...placementWarnings(spec, here),
    ...annotationWarnings(annotations, at),
    ...volumeWarnings(spec.volumes ?? [], here.child('volumes')),
    ...repeatedWarnings(spec, here),
    ...fractionWarnings(spec.overhead, here.child('overhead')),
    ...seccompWarnings(spec, annotations, at),
    ...containerWarnings(spec, annotations, at),
    ...portWarnings(spec, here),
    ...(toNumber(spec.terminationGracePeriodSeconds ?? 0) < 0
      ? [
          `${here.child('terminationGracePeriodSeconds')}: must be >= 0; negative values are invalid and will be treated as 1`,
        ]
      : []),
    ...affinityWarnings(spec.affinity, here.child('affinity')),
  ]
}

/** Of a name that becomes part of a host's. `what` it is used in. */
export function hostnameWarnings(name: string, what: string): string[] {
  const problems = dnsLabelErrors(name)
  if (problems.length === 0) return []
  return [
    `metadata.name: this is used in ${what}, which can result in surprising behavior; a DNS label is recommended: [${problems.join(' ')}]`,
  ]
}

const DEPRECATED_ANNOTATIONS = {
  'scheduler.alpha.kubernetes.io/critical-pod': 'non-functional in v1.16+; use the "priorityClassName" field instead',
  'security.alpha.kubernetes.io/sysctls': 'non-functional in v1.11+; use the "sysctls" field instead',
  'security.alpha.kubernetes.io/unsafe-sysctls': 'non-functional in v1.11+; use the "sysctls" field instead',
}

const annotationWarnings = (annotations: Readonly<Record<string, string>>, at: FieldPath): string[] =>
  Object.entries(DEPRECATED_ANNOTATIONS)
    .filter(([key]) => Object.hasOwn(annotations, key))
    .map(([key, why]) => `${at.child('metadata').child('annotations').key(key)}: ${why}`)

const SECCOMP = 'seccomp.security.alpha.kubernetes.io/pod'

function seccompWarnings(
  { securityContext }: Spec,
  annotations: Readonly<Record<string, string>>,
  at: FieldPath,
): string[] {
  if (securityContext?.seccompProfile || !Object.hasOwn(annotations, SECCOMP)) return []
  const where = at.child('metadata').child('annotations').key(SECCOMP)
  return [`${where}: non-functional in v1.27+; use the "seccompProfile" field instead`]
}

function placementWarnings({ nodeSelector, affinity, topologySpreadConstraints = [] }: Spec, at: FieldPath): string[] {
  const selector = at.child('nodeSelector')
  const node = at.child('affinity').child('nodeAffinity')
  const { requiredDuringSchedulingIgnoredDuringExecution: required, preferredDuringSchedulingIgnoredDuringExecution } =
    affinity?.nodeAffinity ?? {}
  const needed = node.child('requiredDuringSchedulingIgnoredDuringExecution').child('nodeSelectorTerms')
  const liked = node.child('preferredDuringSchedulingIgnoredDuringExecution')
  const spread = at.child('topologySpreadConstraints')
  return [
    ...labelWarnings(nodeSelector, (label) => selector.key(label).text),
    ...(required?.nodeSelectorTerms ?? []).flatMap(({ matchExpressions }, index) =>
      requirementWarnings(matchExpressions, needed.index(index).child('matchExpressions')),
    ),
    ...(preferredDuringSchedulingIgnoredDuringExecution ?? []).flatMap(({ preference }, index) =>
      requirementWarnings(
        preference?.matchExpressions,
        liked.index(index).child('preference').child('matchExpressions'),
      ),
    ),
    ...topologySpreadConstraints.flatMap(({ topologyKey = '', labelSelector }, index) => {
      const why = deprecationOf(topologyKey)
      return [
        ...(why === undefined ? [] : [`${spread.index(index).child('topologyKey')}: ${topologyKey} is ${why}`]),
        ...unselecting(labelSelector, spread.index(index)),
      ]
    }),
  ]
}

const unselecting = (selector: object | undefined, at: FieldPath): string[] =>
  selector ? [] : [`${at.child('labelSelector')}: a null labelSelector results in matching no pod`]

function repeatedWarnings({ hostAliases = [], imagePullSecrets = [] }: Spec, at: FieldPath): string[] {
  const secrets = at.child('imagePullSecrets')
  return [
    ...repeated(
      hostAliases,
      ({ ip = '' }) => ip,
      (index, ip) => `${at.child('hostAliases').index(index).child('ip')}: duplicate ip ${ip}`,
    ),
    ...repeated(
      imagePullSecrets,
      ({ name = '' }) => name,
      (index, name) => `${secrets.index(index).child('name')}: duplicate name ${name}`,
    ),
    ...imagePullSecrets.flatMap(({ name }, index) =>
      name ? [] : [`${secrets.index(index).child('name')}: invalid empty name ""`],
    ),
  ]
}

/** What stands again, told with it in quotes. */
function repeated<T>(
  list: readonly T[],
  nameOf: (item: T) => string,
  tell: (index: number, name: string) => string,
): string[] {
  const seen = new Set<string>()
  return list.flatMap((item, index) => {
    const name = nameOf(item)
    if (seen.has(name)) return [tell(index, JSON.stringify(name))]
    seen.add(name)
    return []
  })
}

const affinityWarnings = (affinity: Affinity | undefined, at: FieldPath): string[] =>
  (['podAffinity', 'podAntiAffinity'] as const).flatMap((field) => {
    const { requiredDuringSchedulingIgnoredDuringExecution, preferredDuringSchedulingIgnoredDuringExecution } =
      affinity?.[field] ?? {}
    const needed = at.child(field).child('requiredDuringSchedulingIgnoredDuringExecution')
    const liked = at.child(field).child('preferredDuringSchedulingIgnoredDuringExecution')
    return [
      ...(requiredDuringSchedulingIgnoredDuringExecution ?? []).flatMap(({ labelSelector }, index) =>
        unselecting(labelSelector, needed.index(index)),
      ),
      ...(preferredDuringSchedulingIgnoredDuringExecution ?? []).flatMap(({ podAffinityTerm }, index) =>
        unselecting(podAffinityTerm?.labelSelector, liked.index(index).child('podAffinityTerm')),
      ),
    ]
  })
