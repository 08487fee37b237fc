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
import { toNumber } from '../json.ts'
import { dnsLabelErrors, portNameErrors, portNumberErrors, qualifiedNameErrors } from '../names.ts'
import { compareQuantities } from '../quantity.ts'
import type { Pod } from '../types.ts'
import { validateEnv } from './validate-env.ts'
import { validateProbes } from './validate-probes.ts'
import { validateContainerSecurity } from './validate-security.ts'
import { named } from './validate-values.ts'

type PodSpec = Pod['spec']
type Container = PodSpec['containers'][number]

const DEFAULT_GRACE_SECONDS = 30
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
    validateAnyContainer(container, here, { ...context, hostPorts }, errors)
    validateRestart(container, here.child('restartPolicy'), context.isInit, errors)
    const graceSeconds = toNumber(context.spec.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS)
    validateProbes(container, here, { isInit: context.isInit, graceSeconds }, errors)
  }
}

/** What holds of every sort of container. `hostPorts` are those taken by others of its sort. */
export function validateAnyContainer(
  container: Container,
  at: FieldPath,
  { names, volumes, spec, hostPorts }: Omit<ContainerContext, 'isInit'> & { readonly hostPorts: Set<string> },
  errors: FieldError[],
): void {
  if (container.name) {
    named(container.name, at.child('name'), dnsLabelErrors, errors)
    if (names.has(container.name)) errors.push(duplicate(at.child('name'), container.name))
    names.add(container.name)
  }
  if (!container.image) errors.push(required(at.child('image')))
  else if (container.image !== container.image.trim())
    errors.push(invalidValue(at.child('image'), container.image, 'must not have leading or trailing whitespace'))
  if (container.imagePullPolicy && !PULL_POLICIES.includes(container.imagePullPolicy))
    errors.push(notSupported(at.child('imagePullPolicy'), container.imagePullPolicy, PULL_POLICIES))
  validatePorts(container, at.child('ports'), { hostPorts, isHostNetwork: spec.hostNetwork === true }, errors)
  validateEnv(container, at, errors)
  validateMounts(container, at.child('volumeMounts'), volumes, errors)
  validateResources(container.resources ?? {}, at.child('resources'), errors)
  validateContainerSecurity(container, at.child('securityContext'), errors)
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
    // None is for the schema to say.
    if (port.containerPort)
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
  const names = [...Object.keys(limits), ...Object.keys(requests)]
  if (names.some((name) => name.startsWith('hugepages-')) && !names.some((name) => name === 'cpu' || name === 'memory'))
    errors.push(forbiddenField(at, 'HugePages require cpu or memory'))
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
