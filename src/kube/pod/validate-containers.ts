/** Rules of containers in a Pod: k8s.io/kubernetes pkg/apis/core/validation (ValidateContainers and its like). */
import {
  duplicate,
  type FieldError,
  type FieldPath,
  forbiddenField,
  invalidValue,
  notFoundValue,
  notSupported,
  required,
} from '../field.ts'
import {
  configKeyErrors,
  dnsLabelErrors,
  envNameErrors,
  portNameErrors,
  portNumberErrors,
  qualifiedNameErrors,
} from '../names.ts'
import { compareQuantities } from '../quantity.ts'
import type { Pod } from '../types.ts'
import { accountId, named, notNegative } from './validate-values.ts'

type PodSpec = Pod['spec']
type Container = PodSpec['containers'][number]
type Probe = NonNullable<Container['livenessProbe']>

const PULL_POLICIES = ['Always', 'IfNotPresent', 'Never']

export interface ContainerContext {
  readonly names: Set<string>
  readonly volumes: ReadonlySet<string>
  readonly spec: PodSpec
  readonly isInit: boolean
}

export function validateContainers(
  containers: readonly Container[],
  at: FieldPath,
  context: ContainerContext,
  errors: FieldError[],
): void {
  const hostPorts = new Set<string>()
  for (const [index, container] of containers.entries()) {
    const here = at.index(index)
    if (container.name) {
      named(container.name, here.child('name'), dnsLabelErrors, errors)
      if (context.names.has(container.name)) errors.push(duplicate(here.child('name'), container.name))
      context.names.add(container.name)
    }
    if (!container.image) errors.push(required(here.child('image')))
    else if (container.image !== container.image.trim())
      errors.push(invalidValue(here.child('image'), container.image, 'must not have leading or trailing whitespace'))
    if (container.imagePullPolicy && !PULL_POLICIES.includes(container.imagePullPolicy))
      errors.push(notSupported(here.child('imagePullPolicy'), container.imagePullPolicy, PULL_POLICIES))
    validateRestart(container, here.child('restartPolicy'), context.isInit, errors)
    validatePorts(
      container,
      here.child('ports'),
      { hostPorts, isHostNetwork: context.spec.hostNetwork === true },
      errors,
    )
    validateEnv(container, here, errors)
    validateMounts(container, here.child('volumeMounts'), context.volumes, errors)
    validateResources(container.resources ?? {}, here.child('resources'), errors)
    validateProbes(container, here, context.isInit, errors)
    validateSecurity(container, here.child('securityContext'), errors)
  }
}

function validatePorts(
  container: Container,
  at: FieldPath,
  { hostPorts, isHostNetwork }: { hostPorts: Set<string>; isHostNetwork: boolean },
  errors: FieldError[],
): void {
  const names = new Set<string>()
  for (const [index, port] of (container.ports ?? []).entries()) {
    const here = at.index(index)
    if (port.name) {
      named(port.name, here.child('name'), portNameErrors, errors)
      if (names.has(port.name)) errors.push(duplicate(here.child('name'), port.name))
      names.add(port.name)
    }
    if (port.containerPort !== undefined)
      for (const why of portNumberErrors(port.containerPort))
        errors.push(invalidValue(here.child('containerPort'), port.containerPort, why))
    if (!port.hostPort) continue
    for (const why of portNumberErrors(port.hostPort))
      errors.push(invalidValue(here.child('hostPort'), port.hostPort, why))
    if (isHostNetwork && port.hostPort !== port.containerPort)
      errors.push(
        invalidValue(
          here.child('containerPort'),
          port.containerPort,
          'must match `hostPort` when `hostNetwork` is true',
        ),
      )
    const id = `${port.protocol}/${port.hostIP ?? ''}/${port.hostPort}`
    if (hostPorts.has(id)) errors.push(duplicate(here.child('hostPort'), id))
    hostPorts.add(id)
  }
}

/** KEP-753: only init containers may say that they restart, and only always. */
function validateRestart({ restartPolicy }: Container, at: FieldPath, isInit: boolean, errors: FieldError[]): void {
  if (restartPolicy === undefined) return
  if (!isInit) errors.push(forbiddenField(at, 'may not be set for non-init containers'))
  else if (restartPolicy !== 'Always') errors.push(notSupported(at, restartPolicy, ['Always']))
}

function validateEnv(container: Container, at: FieldPath, errors: FieldError[]): void {
  for (const [index, env] of (container.env ?? []).entries()) {
    const here = at.child('env').index(index)
    if (!env.name) errors.push(required(here.child('name')))
    else for (const why of envNameErrors(env.name)) errors.push(invalidValue(here.child('name'), env.name, why))
    if (!env.valueFrom) continue
    const sources = Object.keys(env.valueFrom).length
    const from = here.child('valueFrom')
    if (env.value) errors.push(invalidValue(from, '', 'may not be specified when `value` is not empty'))
    if (sources === 0)
      errors.push(
        invalidValue(
          from,
          '',
          'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`',
        ),
      )
    if (sources > 1) errors.push(invalidValue(from, '', 'may not have more than one field specified at a time'))
    for (const source of ['configMapKeyRef', 'secretKeyRef'] as const) {
      const ref = env.valueFrom[source]
      if (!ref) continue
      if (!ref.name) errors.push(required(from.child(source).child('name')))
      for (const why of ref.key ? configKeyErrors(ref.key) : [])
        errors.push(invalidValue(from.child(source).child('key'), ref.key, why))
    }
  }
  for (const [index, source] of (container.envFrom ?? []).entries()) {
    const here = at.child('envFrom').index(index)
    if (source.prefix)
      for (const why of envNameErrors(source.prefix))
        errors.push(invalidValue(here.child('prefix'), source.prefix, why))
    if (!source.configMapRef && !source.secretRef)
      errors.push(invalidValue(here, '', 'must specify one of: `configMapRef` or `secretRef`'))
    if (source.configMapRef && source.secretRef)
      errors.push(invalidValue(here, '', 'may not have more than one field specified at a time'))
  }
}

function validateMounts(container: Container, at: FieldPath, volumes: ReadonlySet<string>, errors: FieldError[]): void {
  const paths = new Set<string>()
  for (const [index, mount] of (container.volumeMounts ?? []).entries()) {
    const here = at.index(index)
    if (mount.name && !volumes.has(mount.name)) errors.push(notFoundValue(here.child('name'), mount.name))
    if (mount.mountPath && paths.has(mount.mountPath))
      errors.push(invalidValue(here.child('mountPath'), mount.mountPath, 'must be unique'))
    if (mount.mountPath) paths.add(mount.mountPath)
    if (mount.subPath?.startsWith('/'))
      errors.push(invalidValue(here.child('subPath'), mount.subPath, 'must be a relative path'))
    if (mount.subPath?.split('/').includes('..'))
      errors.push(invalidValue(here.child('subPath'), mount.subPath, "must not contain '..'"))
    if (mount.subPath && mount.subPathExpr)
      errors.push(
        invalidValue(here.child('subPathExpr'), mount.subPathExpr, 'subPathExpr and subPath are mutually exclusive'),
      )
  }
}

const NATIVE_RESOURCES = new Set(['cpu', 'memory', 'ephemeral-storage', 'storage'])

export function validateResources(
  { limits = {}, requests = {} }: Pick<NonNullable<Container['resources']>, 'limits' | 'requests'>,
  at: FieldPath,
  errors: FieldError[],
): void {
  for (const [part, quantities] of [
    ['limits', limits],
    ['requests', requests],
  ] as const) {
    for (const [name, quantity] of Object.entries(quantities)) {
      const here = at.child(part).key(name)
      for (const why of qualifiedNameErrors(name)) errors.push(invalidValue(at.child(part), name, why))
      if (!NATIVE_RESOURCES.has(name) && !name.includes('/') && !name.startsWith('hugepages-'))
        errors.push(invalidValue(here, name, 'must be a standard resource for containers'))
      if (compareQuantities(quantity, '0') < 0)
        errors.push(invalidValue(here, String(quantity), 'must be greater than or equal to 0'))
    }
  }
  for (const [name, request] of Object.entries(requests)) {
    const limit = Object.hasOwn(limits, name) ? limits[name] : undefined
    if (limit !== undefined && compareQuantities(request, limit) > 0)
      errors.push(
        invalidValue(at.child('requests'), String(request), `must be less than or equal to ${name} limit of ${limit}`),
      )
    if (name.includes('/') && (limit === undefined || compareQuantities(request, limit) !== 0))
      errors.push(
        invalidValue(at.child('requests'), String(request), `must be equal to ${name} limit of ${limit ?? '0'}`),
      )
  }
}

const HANDLERS = ['exec', 'httpGet', 'tcpSocket', 'grpc'] as const

function validateProbes(container: Container, at: FieldPath, isInit: boolean, errors: FieldError[]): void {
  for (const name of ['livenessProbe', 'readinessProbe', 'startupProbe'] as const) {
    const probe = container[name]
    if (!probe) continue
    const here = at.child(name)
    if (isInit && container.restartPolicy !== 'Always') {
      errors.push(forbiddenField(here, 'may not be set for init containers without restartPolicy=Always'))
      continue
    }
    validateProbe(probe, here, errors)
    if (name !== 'readinessProbe' && probe.successThreshold !== 1)
      errors.push(invalidValue(here.child('successThreshold'), probe.successThreshold, 'must be 1'))
  }
  for (const [name, hook] of Object.entries(container.lifecycle ?? {})) {
    const given = ['exec', 'httpGet', 'tcpSocket', 'sleep'].filter(
      (kind) => (hook as Record<string, unknown> | undefined)?.[kind] !== undefined,
    )
    if (typeof hook === 'object' && given.length !== 1)
      errors.push(required(at.child('lifecycle').child(name), 'must specify a handler type'))
  }
}

function validateProbe(probe: Probe, at: FieldPath, errors: FieldError[]): void {
  const given = HANDLERS.filter((handler) => probe[handler] !== undefined)
  if (given.length === 0) errors.push(required(at, 'must specify a handler type'))
  for (const extra of given.slice(1))
    errors.push(forbiddenField(at.child(extra), 'may not specify more than 1 handler type'))
  for (const field of [
    'initialDelaySeconds',
    'timeoutSeconds',
    'periodSeconds',
    'successThreshold',
    'failureThreshold',
  ] as const)
    notNegative(probe[field], at.child(field), errors)
  for (const handler of ['httpGet', 'tcpSocket'] as const) {
    const port = probe[handler]?.port
    const here = at.child(handler).child('port')
    if (typeof port === 'number') for (const why of portNumberErrors(port)) errors.push(invalidValue(here, port, why))
    else if (typeof port === 'string')
      for (const why of portNameErrors(port)) errors.push(invalidValue(here, port, why))
  }
}

function validateSecurity(container: Container, at: FieldPath, errors: FieldError[]): void {
  const context = container.securityContext
  if (!context) return
  if (context.privileged && context.allowPrivilegeEscalation === false)
    errors.push(invalidValue(at, '', 'cannot set `allowPrivilegeEscalation` to false and `privileged` to true'))
  for (const field of ['runAsUser', 'runAsGroup'] as const) accountId(context[field], at.child(field), errors)
}
