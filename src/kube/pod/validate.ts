/** Rules of Pod specs beyond the schema: k8s.io/kubernetes pkg/apis/core/validation. */
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
import { clone, deepEqual } from '../json.ts'
import { labelErrors } from '../metadata.ts'
import {
  configKeyErrors,
  dnsLabelErrors,
  dnsSubdomainErrors,
  envNameErrors,
  labelValueErrors,
  portNameErrors,
  portNumberErrors,
  qualifiedNameErrors,
} from '../names.ts'
import { compareQuantities } from '../quantity.ts'
import type { Pod } from '../types.ts'

type PodSpec = Pod['spec']
type Container = PodSpec['containers'][number]
type Probe = NonNullable<Container['livenessProbe']>
type Volume = NonNullable<PodSpec['volumes']>[number]

const RESTART_POLICIES = ['Always', 'OnFailure', 'Never']
const PULL_POLICIES = ['Always', 'IfNotPresent', 'Never']
const DNS_POLICIES = ['ClusterFirst', 'ClusterFirstWithHostNet', 'Default', 'None']

export function validatePodSpec(spec: PodSpec, at: FieldPath): FieldError[] {
  const errors: FieldError[] = []
  const volumes = validateVolumes(spec.volumes ?? [], at.child('volumes'), errors)
  const names = new Set<string>()
  validateContainers(spec.containers ?? [], at.child('containers'), { names, volumes, spec, isInit: false }, errors)
  validateContainers(
    spec.initContainers ?? [],
    at.child('initContainers'),
    { names, volumes, spec, isInit: true },
    errors,
  )
  if (spec.restartPolicy && !RESTART_POLICIES.includes(spec.restartPolicy))
    errors.push(notSupported(at.child('restartPolicy'), spec.restartPolicy, RESTART_POLICIES))
  if (spec.dnsPolicy && !DNS_POLICIES.includes(spec.dnsPolicy))
    errors.push(notSupported(at.child('dnsPolicy'), spec.dnsPolicy, DNS_POLICIES))
  if (spec.dnsPolicy === 'None' && (spec.dnsConfig?.nameservers ?? []).length === 0)
    errors.push(
      required(
        at.child('dnsConfig').child('nameservers'),
        'must provide at least one DNS nameserver when `dnsPolicy` is None',
      ),
    )
  notNegative(spec.terminationGracePeriodSeconds, at.child('terminationGracePeriodSeconds'), errors)
  if (spec.activeDeadlineSeconds !== undefined && Number(spec.activeDeadlineSeconds) < 1)
    errors.push(
      invalidValue(
        at.child('activeDeadlineSeconds'),
        spec.activeDeadlineSeconds,
        'must be between 1 and 2147483647, inclusive',
      ),
    )
  named(spec.serviceAccountName, at.child('serviceAccountName'), dnsSubdomainErrors, errors)
  named(spec.nodeName, at.child('nodeName'), dnsSubdomainErrors, errors)
  named(spec.hostname, at.child('hostname'), dnsLabelErrors, errors)
  named(spec.subdomain, at.child('subdomain'), dnsLabelErrors, errors)
  errors.push(...labelErrors(spec.nodeSelector, at.child('nodeSelector')))
  for (const [index, secret] of (spec.imagePullSecrets ?? []).entries())
    if (!secret.name) errors.push(required(at.child('imagePullSecrets').index(index).child('name')))
  validateTolerations(spec.tolerations ?? [], at.child('tolerations'), errors)
  validateAffinity(spec, at.child('affinity'), errors)
  validateSpread(spec, at.child('topologySpreadConstraints'), errors)
  return errors
}

function named(name: string | undefined, at: FieldPath, rule: (name: string) => string[], errors: FieldError[]): void {
  if (!name) return
  for (const why of rule(name)) errors.push(invalidValue(at, name, why))
}

function notNegative(value: number | undefined, at: FieldPath, errors: FieldError[]): void {
  if (value !== undefined && value < 0) errors.push(invalidValue(at, value, 'must be greater than or equal to 0'))
}

interface ContainerContext {
  readonly names: Set<string>
  readonly volumes: ReadonlySet<string>
  readonly spec: PodSpec
  readonly isInit: boolean
}

function validateContainers(
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
    validatePorts(container, here.child('ports'), hostPorts, errors)
    validateEnv(container, here, errors)
    validateMounts(container, here.child('volumeMounts'), context.volumes, errors)
    validateResources(container, here.child('resources'), errors)
    validateProbes(container, here, context.isInit, errors)
    validateSecurity(container, here.child('securityContext'), errors)
  }
}

function validatePorts(container: Container, at: FieldPath, hostPorts: Set<string>, errors: FieldError[]): void {
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
    const id = `${port.protocol}/${port.hostIP ?? ''}/${port.hostPort}`
    if (hostPorts.has(id)) errors.push(duplicate(here.child('hostPort'), id))
    hostPorts.add(id)
  }
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

function validateResources(container: Container, at: FieldPath, errors: FieldError[]): void {
  const { limits = {}, requests = {} } = container.resources ?? {}
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
    const limit = limits[name]
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
  for (const field of ['runAsUser', 'runAsGroup'] as const) notNegative(context[field], at.child(field), errors)
}

function validateVolumes(volumes: readonly Volume[], at: FieldPath, errors: FieldError[]): ReadonlySet<string> {
  const names = new Set<string>()
  for (const [index, volume] of volumes.entries()) {
    const here = at.index(index)
    if (volume.name) {
      named(volume.name, here.child('name'), dnsLabelErrors, errors)
      if (names.has(volume.name)) errors.push(duplicate(here.child('name'), volume.name))
      names.add(volume.name)
    }
    const sources = Object.keys(volume).filter((key) => key !== 'name')
    if (sources.length === 0) errors.push(required(here, 'must specify a volume type'))
    for (const extra of sources.slice(1))
      errors.push(forbiddenField(here.child(extra), 'may not specify more than 1 volume type'))
    if (volume.secret && !volume.secret.secretName) errors.push(required(here.child('secret').child('secretName')))
    if (volume.configMap && !volume.configMap.name) errors.push(required(here.child('configMap').child('name')))
    if (volume.hostPath?.path?.split('/').includes('..'))
      errors.push(invalidValue(here.child('hostPath').child('path'), volume.hostPath.path, "must not contain '..'"))
  }
  return names
}

const EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute']
const OPERATORS = ['Equal', 'Exists']

function validateTolerations(
  tolerations: NonNullable<PodSpec['tolerations']>,
  at: FieldPath,
  errors: FieldError[],
): void {
  for (const [index, toleration] of tolerations.entries()) {
    const here = at.index(index)
    if (toleration.key)
      for (const why of qualifiedNameErrors(toleration.key))
        errors.push(invalidValue(here.child('key'), toleration.key, why))
    if (!toleration.key && toleration.operator !== 'Exists')
      errors.push(
        invalidValue(
          here.child('operator'),
          toleration.operator ?? '',
          'operator must be Exists when `key` is empty, which means "match all values and all keys"',
        ),
      )
    if (toleration.operator && !OPERATORS.includes(toleration.operator))
      errors.push(notSupported(here.child('operator'), toleration.operator, OPERATORS))
    if (toleration.operator === 'Exists' && toleration.value)
      errors.push(invalidValue(here.child('operator'), toleration, "value must be empty when `operator` is 'Exists'"))
    if (toleration.value)
      for (const why of labelValueErrors(toleration.value))
        errors.push(invalidValue(here.child('value'), toleration.value, why))
    if (toleration.effect && !EFFECTS.includes(toleration.effect))
      errors.push(notSupported(here.child('effect'), toleration.effect, EFFECTS))
    if (toleration.tolerationSeconds !== undefined && toleration.effect !== 'NoExecute')
      errors.push(
        invalidValue(
          here.child('effect'),
          toleration.effect ?? '',
          "effect must be 'NoExecute' when `tolerationSeconds` is set",
        ),
      )
  }
}

const NODE_OPERATORS = ['In', 'NotIn', 'Exists', 'DoesNotExist', 'Gt', 'Lt']

function validateAffinity({ affinity }: PodSpec, at: FieldPath, errors: FieldError[]): void {
  const node = affinity?.nodeAffinity
  const required_ = node?.requiredDuringSchedulingIgnoredDuringExecution
  const terms = required_?.nodeSelectorTerms ?? []
  const where = at
    .child('nodeAffinity')
    .child('requiredDuringSchedulingIgnoredDuringExecution')
    .child('nodeSelectorTerms')
  if (required_ && terms.length === 0) errors.push(required(where, 'must have at least one node selector term'))
  for (const [index, term] of terms.entries()) {
    for (const [each, expression] of (term.matchExpressions ?? []).entries()) {
      const here = where.index(index).child('matchExpressions').index(each)
      if (!NODE_OPERATORS.includes(expression.operator))
        errors.push(invalidValue(here.child('operator'), expression.operator, 'not a valid selector operator'))
      if ((expression.operator === 'In' || expression.operator === 'NotIn') && (expression.values ?? []).length === 0)
        errors.push(required(here.child('values'), "must be specified when `operator` is 'In' or 'NotIn'"))
    }
  }
  for (const kind of ['podAffinity', 'podAntiAffinity'] as const) {
    for (const [index, term] of (affinity?.[kind]?.requiredDuringSchedulingIgnoredDuringExecution ?? []).entries())
      if (!term.topologyKey)
        errors.push(
          required(
            at.child(kind).child('requiredDuringSchedulingIgnoredDuringExecution').index(index).child('topologyKey'),
            'can not be empty',
          ),
        )
  }
}

const UNSATISFIABLE = ['DoNotSchedule', 'ScheduleAnyway']

function validateSpread({ topologySpreadConstraints = [] }: PodSpec, at: FieldPath, errors: FieldError[]): void {
  for (const [index, constraint] of topologySpreadConstraints.entries()) {
    const here = at.index(index)
    if (constraint.maxSkew !== undefined && constraint.maxSkew <= 0)
      errors.push(invalidValue(here.child('maxSkew'), constraint.maxSkew, 'must be greater than zero'))
    if (constraint.whenUnsatisfiable && !UNSATISFIABLE.includes(constraint.whenUnsatisfiable))
      errors.push(notSupported(here.child('whenUnsatisfiable'), constraint.whenUnsatisfiable, UNSATISFIABLE))
  }
}

const MUTABLE =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)'

/** A Pod's spec stands once it is made, but for images, the deadline and further tolerations. */
export function validatePodUpdate(next: Pod, previous: Pod, at: FieldPath): FieldError[] {
  const errors: FieldError[] = []
  const spec = at.child('spec')
  if ((next.spec.containers ?? []).length !== previous.spec.containers.length)
    return [forbiddenField(spec.child('containers'), 'pod updates may not add or remove containers')]
  const former = previous.spec.activeDeadlineSeconds
  const deadline = next.spec.activeDeadlineSeconds
  if (former !== undefined && (deadline === undefined || deadline > former))
    errors.push(
      invalidValue(spec.child('activeDeadlineSeconds'), deadline, 'must be less than or equal to previous value'),
    )
  const missing = (previous.spec.tolerations ?? []).some(
    (toleration) =>
      !(next.spec.tolerations ?? []).some((other) =>
        deepEqual({ ...other, tolerationSeconds: 0 }, { ...toleration, tolerationSeconds: 0 }),
      ),
  )
  if (missing)
    errors.push(
      forbiddenField(spec.child('tolerations'), 'existing toleration can not be modified except its tolerationSeconds'),
    )
  const levelled = clone(next.spec)
  for (const part of ['containers', 'initContainers'] as const) {
    for (const [index, container] of (levelled[part] ?? []).entries()) {
      const image = previous.spec[part]?.[index]?.image
      if (image !== undefined) container.image = image
    }
  }
  const isSame = deepEqual(
    { ...levelled, activeDeadlineSeconds: undefined, tolerations: undefined },
    { ...previous.spec, activeDeadlineSeconds: undefined, tolerations: undefined },
  )
  if (!isSame) errors.push(forbiddenField(spec, MUTABLE))
  return errors
}
