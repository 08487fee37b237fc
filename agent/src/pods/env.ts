/** A container's environment, made as the kubelet makes it (makeEnvironmentVariables). Pure. */
import { envNameErrors } from '../../../src/kube/names.ts'
import type { ConfigMap, Pod, Secret, Service } from '../../../src/kube/types.ts'
import type { Container } from './containers.ts'
import { fieldOf, type PodPlace, resourceOf } from './downward.ts'
import { expand } from './expansion.ts'
import { serviceEnv } from './service-env.ts'

/** The objects a Pod may mention. */
export interface Sources {
  configMap(namespace: string, name: string): ConfigMap | undefined
  secret(namespace: string, name: string): Secret | undefined
  services(): readonly Service[]
}

type EnvVar = NonNullable<Container['env']>[number]
type EnvFrom = NonNullable<Container['envFrom']>[number]

/** Something the container needs is not there: it waits with CreateContainerConfigError. */
export class ConfigError extends Error {}

export function environmentOf(
  pod: Pod,
  container: Container,
  { sources, place }: { sources: Sources; place: PodPlace },
): Map<string, string> {
  const env = new Map<string, string>()
  const services = serviceEnv(sources.services(), {
    namespace: pod.metadata.namespace ?? '',
    wantsLinks: pod.spec.enableServiceLinks ?? true,
  })
  for (const from of container.envFrom ?? []) {
    for (const [key, value] of allOf(pod, from, sources)) {
      const name = `${from.prefix ?? ''}${key}`
      if (envNameErrors(name).length === 0) env.set(name, value)
    }
  }
  for (const variable of container.env ?? []) {
    const value = resolved(pod, variable, { container, sources, place, env, services })
    if (value !== undefined) env.set(variable.name, value)
  }
  for (const [name, value] of services) if (!env.has(name)) env.set(name, value)
  return env
}

interface Scope {
  readonly container: Container
  readonly sources: Sources
  readonly place: PodPlace
  readonly env: ReadonlyMap<string, string>
  readonly services: ReadonlyMap<string, string>
}

/** `undefined`: an optional source that is not there; the variable is left out. */
function resolved(pod: Pod, { name, value, valueFrom }: EnvVar, scope: Scope): string | undefined {
  if (value) return expand(value, (other) => scope.env.get(other) ?? scope.services.get(other))
  if (!valueFrom) return ''
  const namespace = pod.metadata.namespace ?? ''
  if (valueFrom.fieldRef) return fieldOf(pod, valueFrom.fieldRef.fieldPath, scope.place)
  if (valueFrom.resourceFieldRef) {
    return resourceOf(pod, valueFrom.resourceFieldRef, { own: scope.container, place: scope.place })
  }
  if (valueFrom.configMapKeyRef) {
    const { name: source = '', key, optional } = valueFrom.configMapKeyRef
    const found = scope.sources.configMap(namespace, source)
    return keyOf(found?.data, { what: 'configmap', kind: 'ConfigMap', namespace, name: source, key, optional, found })
  }
  if (valueFrom.secretKeyRef) {
    const { name: source = '', key, optional } = valueFrom.secretKeyRef
    const found = scope.sources.secret(namespace, source)
    const data = found && decoded(found.data)
    return keyOf(data, { what: 'secret', kind: 'Secret', namespace, name: source, key, optional, found })
  }
  throw new ConfigError(`unsupported source of environment variable ${name}`)
}

interface Reference {
  readonly what: string
  readonly kind: string
  readonly namespace: string
  readonly name: string
  readonly key: string
  readonly optional?: boolean
  readonly found: object | undefined
}

function keyOf(data: Record<string, string> | undefined, reference: Reference): string | undefined {
  const { what, kind, namespace, name, key, optional, found } = reference
  const value = data?.[key]
  if (value !== undefined) return value
  if (optional) return undefined
  if (!found) throw new ConfigError(`${what} "${name}" not found`)
  throw new ConfigError(`couldn't find key ${key} in ${kind} ${namespace}/${name}`)
}

function allOf(pod: Pod, from: EnvFrom, sources: Sources): [string, string][] {
  const namespace = pod.metadata.namespace ?? ''
  if (from.configMapRef) {
    const { name = '', optional } = from.configMapRef
    const found = sources.configMap(namespace, name)
    if (!found && !optional) throw new ConfigError(`configmap "${name}" not found`)
    return Object.entries(found?.data ?? {})
  }
  if (from.secretRef) {
    const { name = '', optional } = from.secretRef
    const found = sources.secret(namespace, name)
    if (!found && !optional) throw new ConfigError(`secret "${name}" not found`)
    return Object.entries(decoded(found?.data))
  }
  return []
}

function decoded(data: Record<string, string> | undefined): Record<string, string> {
  const entries = Object.entries(data ?? {}).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()])
  return Object.fromEntries(entries)
}

/** Command and arguments may mention the container's environment. */
export function commandOf(container: Container, env: ReadonlyMap<string, string>) {
  const expandAll = (words: readonly string[] = []) => words.map((word) => expand(word, (name) => env.get(name)))
  return { entrypoint: expandAll(container.command), args: expandAll(container.args) }
}
