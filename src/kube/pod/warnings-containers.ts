/** What is said of a Pod's containers, though it is taken: names that stand twice, ports in each other's way. */
import type { FieldPath } from '../field.ts'
import type { Pod } from '../types.ts'
import { fractionWarnings } from './warnings-fractions.ts'

type Spec = Pod['spec']
type Container = Spec['containers'][number]
type Port = NonNullable<Container['ports']>[number]

interface Placed {
  readonly container: Pick<Container, 'name' | 'env' | 'ports' | 'resources' | 'securityContext'>
  readonly at: FieldPath
}

const containersOf = (spec: Spec, at: FieldPath): Placed[] =>
  (['initContainers', 'containers', 'ephemeralContainers'] as const).flatMap((field) =>
    (spec[field] ?? []).map((container, index) => ({ container, at: at.child(field).index(index) })),
  )

const SECCOMP = 'container.seccomp.security.alpha.kubernetes.io/'
const APP_ARMOR = 'container.apparmor.security.beta.kubernetes.io/'

/** `at`: what holds metadata and spec. */
export function containerWarnings(spec: Spec, annotations: Readonly<Record<string, string>>, at: FieldPath): string[] {
  const annotated = (prefix: string, name: string, why: string): string[] =>
    Object.hasOwn(annotations, `${prefix}${name}`)
      ? [`${at.child('metadata').child('annotations').key(`${prefix}${name}`)}: ${why}`]
      : []
  return containersOf(spec, at.child('spec')).flatMap(({ container, at: here }) => {
    const { name, resources, securityContext, env = [] } = container
    const hasProfile = spec.securityContext?.appArmorProfile ?? securityContext?.appArmorProfile
    return [
      ...(securityContext?.seccompProfile
        ? []
        : annotated(SECCOMP, name, 'non-functional in v1.27+; use the "seccompProfile" field instead')),
      ...(hasProfile
        ? []
        : annotated(APP_ARMOR, name, 'deprecated since v1.30; use the "appArmorProfile" field instead')),
      ...fractionWarnings(resources?.limits, here.child('resources').child('limits')),
      ...fractionWarnings(resources?.requests, here.child('resources').child('requests')),
      ...envWarnings(env, here.child('env')),
    ]
  })
}

/** A value may build on the former of its name, `$(A)more`; one that does not hides it. */
function envWarnings(env: NonNullable<Container['env']>, at: FieldPath): string[] {
  const seen = new Set<string>()
  return env.flatMap(({ name, value = '', valueFrom }, index) => {
    if (!seen.has(name)) {
      seen.add(name)
      return []
    }
    const reference = `$(${name})`
    const builds = valueFrom === undefined && value !== reference && value.includes(reference)
    return builds
      ? []
      : [
          `${at.index(index)}: hides previous definition of ${JSON.stringify(name)}, which may be dropped when using apply`,
        ]
  })
}

/** Of all containers together: they share the Pod's address. `at`: the spec. */
export function portWarnings(spec: Spec, at: FieldPath): string[] {
  const known = new Map<string, { readonly port: Port; readonly at: FieldPath }[]>()
  return containersOf(spec, at).flatMap(({ container, at: of }) =>
    (container.ports ?? []).flatMap((port, index) => {
      const here = of.child('ports').index(index)
      const id = `${port.containerPort}/${port.protocol}`
      const others = known.get(id) ?? []
      const told = others.flatMap((other) => {
        const why = conflictOf(port, other.port)
        return why === undefined ? [] : [`${here}: ${why} port definition with ${other.at}`]
      })
      known.set(id, [...others, { port, at: here }])
      return [
        ...(port.hostIP && !port.hostPort ? [`${here}: hostIP set without hostPort: ${shownPort(port)}`] : []),
        ...told,
      ]
    }),
  )
}

/** Two of the same number and protocol. */
function conflictOf(
  { hostIP = '', hostPort = 0 }: Port,
  { hostIP: otherIp = '', hostPort: otherPort = 0 }: Port,
): string | undefined {
  if (hostIP === otherIp && hostPort === otherPort) return 'duplicate'
  if (hostPort === 0 || otherPort === 0) return 'overlapping'
  return hostPort === otherPort && (hostIP === '') !== (otherIp === '') ? 'dangerously ambiguous' : undefined
}

/** As Go prints the struct. */
const shownPort = ({ name = '', hostPort = 0, containerPort, protocol, hostIP = '' }: Port): string =>
  `{Name:${name} HostPort:${hostPort} ContainerPort:${containerPort} Protocol:${protocol ?? ''} HostIP:${hostIP}}`
