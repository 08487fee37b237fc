/** Rules of containers in a Pod: k8s.io/kubernetes pkg/apis/core/validation (ValidateContainers and its like). */
import {
  duplicate,
  type FieldError,
  type FieldPath,
  forbiddenField,
  invalidValue,
  notSupported,
  required,
} from '../field.ts'
import { toNumber } from '../json.ts'
import { dnsLabelErrors, portNameErrors, portNumberErrors } from '../names.ts'
import type { Pod } from '../types.ts'
import { validateEnv } from './validate-env.ts'
import { validateMounts } from './validate-mounts.ts'
import { validateProbes } from './validate-probes.ts'
import { validateResources } from './validate-resources.ts'
import { validateContainerSecurity } from './validate-security.ts'
import { named } from './validate-values.ts'

type PodSpec = Pod['spec']
type Container = PodSpec['containers'][number]

const DEFAULT_GRACE_SECONDS = 30
const PULL_POLICIES = ['Always', 'IfNotPresent', 'Never']

export interface ContainerContext {
  readonly names: Set<string>
  /** Those that are right. */
  readonly volumes: ReadonlyMap<string, NonNullable<PodSpec['volumes']>[number]>
  readonly spec: PodSpec
  readonly isInit: boolean
  /** Of a Pod, not of a template of Pods. */
  readonly isPod: boolean
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
    // Init containers run one by one, and share no port.
    validateAnyContainer(container, here, { ...context, hostPorts: context.isInit ? new Set() : hostPorts }, errors)
    validateRestart(container, here.child('restartPolicy'), context.isInit, errors)
    errors.push(...resizeErrors(container, here.child('resizePolicy'), context))
    const graceSeconds = toNumber(context.spec.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS)
    validateProbes(container, here, { isInit: context.isInit, graceSeconds }, errors)
  }
}

/** What holds of every sort of container. `hostPorts` are those taken by others of its sort. */
export function validateAnyContainer(
  container: Container,
  at: FieldPath,
  context: ContainerContext & { readonly hostPorts: Set<string> },
  errors: FieldError[],
): void {
  const { names, volumes, spec, isPod } = context
  if (container.name) {
    named(container.name, at.child('name'), dnsLabelErrors, errors)
    if (names.has(container.name)) errors.push(duplicate(at.child('name'), container.name))
    names.add(container.name)
  }
  if (!container.image) errors.push(required(at.child('image')))
  else if (isPod && container.image !== container.image.trim())
    errors.push(invalidValue(at.child('image'), container.image, 'must not have leading or trailing whitespace'))
  if (container.imagePullPolicy && !PULL_POLICIES.includes(container.imagePullPolicy))
    errors.push(notSupported(at.child('imagePullPolicy'), container.imagePullPolicy, PULL_POLICIES))
  validatePorts(container, at.child('ports'), context, errors)
  validateEnv(container, at, errors)
  validateMounts(container, at, volumes, errors)
  validateResources(container.resources ?? {}, at.child('resources'), errors)
  validateContainerSecurity(container, at.child('securityContext'), spec.hostUsers !== false, errors)
}

function validatePorts(
  container: Container,
  at: FieldPath,
  { hostPorts, spec, isInit, isPod }: ContainerContext & { readonly hostPorts: Set<string> },
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
    const hostPort = port.hostPort ?? 0
    // A template's Pods get theirs when they are made.
    if (spec.hostNetwork && !isInit && (isPod || hostPort !== 0) && hostPort !== port.containerPort)
      errors.push(
        invalidValue(here.child('hostPort'), hostPort, 'must match `containerPort` when `hostNetwork` is true'),
      )
    if (!port.hostPort) continue
    for (const why of portNumberErrors(port.hostPort))
      errors.push(invalidValue(here.child('hostPort'), port.hostPort, why))
    const id = `${port.protocol}/${port.hostIP ?? ''}/${port.hostPort}`
    if (hostPorts.has(id)) errors.push(duplicate(here.child('hostPort'), id))
    hostPorts.add(id)
  }
}

const RESIZABLE = ['cpu', 'memory']
const RESIZE_POLICIES = ['NotRequired', 'RestartContainer']

/** Kubernetes names the list for what is wrong in it, but for what stands there twice. */
function resizeErrors(
  { resizePolicy = [], restartPolicy }: Container,
  at: FieldPath,
  { spec, isInit }: ContainerContext,
): FieldError[] {
  const errors: FieldError[] = []
  const names = resizePolicy.map(({ resourceName }) => resourceName)
  for (const [index, { resourceName = '', restartPolicy: policy = '' }] of resizePolicy.entries()) {
    if (names.indexOf(resourceName) < index) errors.push(duplicate(at.index(index), resourceName))
    for (const [value, known] of [
      [resourceName, RESIZABLE],
      [policy, RESIZE_POLICIES],
    ] as const)
      if (!known.includes(value)) errors.push(value ? notSupported(at, value, known) : required(at))
    if (spec.restartPolicy === 'Never' && policy !== 'NotRequired')
      errors.push(invalidValue(at, policy, "must be 'NotRequired' when `restartPolicy` is 'Never'"))
  }
  if (isInit && resizePolicy.length > 0 && restartPolicy !== 'Always')
    errors.push(invalidValue(at, resizePolicy, 'must not be set for init containers'))
  return errors
}

/** KEP-753: only init containers may say that they restart, and only always. */
function validateRestart({ restartPolicy }: Container, at: FieldPath, isInit: boolean, errors: FieldError[]): void {
  if (restartPolicy === undefined) return
  if (!isInit) errors.push(forbiddenField(at, 'may not be set for non-init containers'))
  else if (restartPolicy !== 'Always') errors.push(notSupported(at, restartPolicy, ['Always']))
}
