/** Rules of Services beyond the schema: k8s.io/kubernetes pkg/apis/core/validation (ValidateService). */
import { cidrErrors } from '../cidr.ts'
import {
  duplicate,
  type FieldError,
  type FieldPath,
  forbiddenField,
  invalidEach,
  invalidValue,
  notSupported,
  required,
} from '../field.ts'
import { ipErrors, specialIpErrors } from '../ip.ts'
import { labelErrors } from '../metadata.ts'
import { dnsLabelErrors, dnsSubdomainErrors, portNameErrors, portNumberErrors, qualifiedNameErrors } from '../names.ts'
import type { ObjectMeta } from '../object.ts'
import type { Service } from '../types.ts'
import { hasNodePorts, isExternal, isHeadless, needsHealthCheck } from './type.ts'
import { addressErrors } from './validate-addresses.ts'

type Spec = Service['spec']
type Port = NonNullable<Spec['ports']>[number]

const TYPES = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort']
const PROTOCOLS = ['SCTP', 'TCP', 'UDP']
const AFFINITIES = ['ClientIP', 'None']
const POLICIES = ['Cluster', 'Local']
const DISTRIBUTIONS = ['PreferClose']
const MAX_AFFINITY_SECONDS = 86_400
const BALANCED_ONLY = "may only be used when `type` is 'LoadBalancer'"

const oneOf = (value: string | undefined, values: readonly string[], at: FieldPath): FieldError[] =>
  value === undefined || value === '' || values.includes(value) ? [] : [notSupported(at, value, values)]

export function validateService({ metadata, spec }: Service, root: FieldPath): FieldError[] {
  const at = root.child('spec')
  return [
    ...topologyErrors(metadata, root.child('metadata').child('annotations')),
    ...typeErrors(spec, at),
    ...(spec.ports ?? []).flatMap((port, index) => portErrors(spec, port, at.child('ports').index(index))),
    ...labelErrors(spec.selector, at.child('selector')),
    ...oneOf(spec.sessionAffinity, AFFINITIES, at.child('sessionAffinity')),
    ...affinityErrors(spec, at.child('sessionAffinityConfig')),
    ...addressErrors(spec, at),
    ...(spec.externalIPs ?? []).flatMap((ip, index) =>
      invalidEach(
        at.child('externalIPs').index(index),
        ip,
        ipErrors(ip).length > 0 ? ipErrors(ip) : specialIpErrors(ip),
      ),
    ),
    ...oneOf(spec.type, TYPES, at.child('type')),
    ...duplicateErrors(spec.ports ?? [], at.child('ports')),
    ...balancerErrors(spec, at),
    ...sourceRangeErrors({ metadata, spec }, root),
    ...trafficErrors(spec, at),
  ]
}

const HINTS = 'service.kubernetes.io/topology-aware-hints'
const MODE = 'service.kubernetes.io/topology-mode'

/** The annotation of before and the one of today must not contradict each other. */
function topologyErrors({ annotations = {} }: Pick<ObjectMeta, 'annotations'>, at: FieldPath): FieldError[] {
  const { [HINTS]: hints, [MODE]: mode } = annotations
  return hints === undefined || mode === undefined || hints === mode
    ? []
    : [invalidValue(at.key(MODE), mode, `must match annotations[${HINTS}] when both are specified`)]
}

function affinityErrors({ sessionAffinity, sessionAffinityConfig: config }: Spec, at: FieldPath): FieldError[] {
  if (sessionAffinity === 'None')
    return config ? [forbiddenField(at, 'must not be set when session affinity is None')] : []
  const seconds = config?.clientIP?.timeoutSeconds
  if (sessionAffinity !== 'ClientIP' || seconds === undefined) return []
  if (seconds > 0 && seconds <= MAX_AFFINITY_SECONDS) return []
  const where = at.child('clientIP').child('timeoutSeconds')
  return [invalidValue(where, seconds, `must be greater than 0 and less than ${MAX_AFFINITY_SECONDS}`)]
}

function typeErrors(spec: Spec, at: FieldPath): FieldError[] {
  const errors: FieldError[] = []
  if (spec.type !== 'ExternalName') {
    if ((spec.ports ?? []).length === 0 && !isHeadless(spec)) errors.push(required(at.child('ports')))
    if (isHeadless(spec) && hasNodePorts(spec))
      errors.push(
        invalidValue(at.child('clusterIPs').index(0), 'None', `may not be set to 'None' for ${spec.type} services`),
      )
    return errors
  }
  const { clusterIP, clusterIPs = [], ipFamilies = [], ipFamilyPolicy, externalName } = spec
  const isSet = {
    clusterIPs: Boolean(clusterIP) || clusterIPs.length > 0,
    ipFamilies: ipFamilies.length > 0,
    ipFamilyPolicy: ipFamilyPolicy !== undefined,
  }
  for (const [field, isThere] of Object.entries(isSet))
    if (isThere) errors.push(forbiddenField(at.child(field), 'may not be set for ExternalName services'))
  // A name that is whole may say so by its last dot.
  const name = (externalName ?? '').replace(/\.$/, '')
  const here = at.child('externalName')
  return [...errors, ...(name ? invalidEach(here, name, dnsSubdomainErrors(name)) : [required(here)])]
}

function balancerErrors(spec: Spec, at: FieldPath): FieldError[] {
  const { type, allocateLoadBalancerNodePorts: ports, loadBalancerClass } = spec
  if (type === 'LoadBalancer')
    return loadBalancerClass === undefined
      ? []
      : invalidEach(at.child('loadBalancerClass'), loadBalancerClass, qualifiedNameErrors(loadBalancerClass))
  return Object.entries({ allocateLoadBalancerNodePorts: ports, loadBalancerClass })
    .filter(([, value]) => value !== undefined)
    .map(([field]) => forbiddenField(at.child(field), BALANCED_ONLY))
}

const SOURCE_RANGES = 'service.beta.kubernetes.io/load-balancer-source-ranges'

/** Of the field, or of the annotation that was before it. Blanks about a range do no harm. */
function sourceRangeErrors({ metadata, spec }: Pick<Service, 'metadata' | 'spec'>, root: FieldPath): FieldError[] {
  const ranges = spec.loadBalancerSourceRanges ?? []
  const annotation = metadata.annotations?.[SOURCE_RANGES]
  if (ranges.length === 0 && annotation === undefined) return []
  // As Kubernetes spells it.
  const field = root.child('spec').child('LoadBalancerSourceRanges')
  const at = ranges.length > 0 ? field : root.child('metadata').child('annotations').key(SOURCE_RANGES)
  const given = ranges.length > 0 ? ranges : (annotation ?? '').trim() === '' ? [] : (annotation ?? '').split(',')
  return [
    ...(spec.type === 'LoadBalancer' ? [] : [forbiddenField(at, BALANCED_ONLY)]),
    ...given.flatMap((text, index) => {
      const range = text.trim()
      return invalidEach(ranges.length > 0 ? at.index(index) : at, range, cidrErrors(range))
    }),
  ]
}

function trafficErrors(spec: Spec, at: FieldPath): FieldError[] {
  const { externalTrafficPolicy, healthCheckNodePort, internalTrafficPolicy, trafficDistribution } = spec
  const external = at.child('externalTrafficPolicy')
  const errors: FieldError[] = []
  if (isExternal(spec)) errors.push(...oneOf(externalTrafficPolicy, POLICIES, external))
  else if (externalTrafficPolicy)
    errors.push(invalidValue(external, externalTrafficPolicy, 'may only be set for externally-accessible services'))
  if (healthCheckNodePort) {
    const here = at.child('healthCheckNodePort')
    const problems = needsHealthCheck(spec)
      ? portNumberErrors(healthCheckNodePort)
      : ["may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'"]
    errors.push(...invalidEach(here, healthCheckNodePort, problems))
  }
  return [
    ...errors,
    ...oneOf(internalTrafficPolicy, POLICIES, at.child('internalTrafficPolicy')),
    ...(trafficDistribution === undefined || DISTRIBUTIONS.includes(trafficDistribution)
      ? []
      : [notSupported(at.child('trafficDistribution'), trafficDistribution, DISTRIBUTIONS)]),
  ]
}

function portErrors(
  spec: Spec,
  { name, port = 0, protocol, targetPort, nodePort, appProtocol }: Port,
  at: FieldPath,
): FieldError[] {
  const errors: FieldError[] = []
  if (!name && (spec.ports ?? []).length > 1) errors.push(required(at.child('name')))
  if (name) errors.push(...invalidEach(at.child('name'), name, dnsLabelErrors(name)))
  errors.push(...invalidEach(at.child('port'), port, portNumberErrors(port)))
  errors.push(...oneOf(protocol, PROTOCOLS, at.child('protocol')))
  const target = at.child('targetPort')
  // One that is not given is the port itself.
  if (typeof targetPort === 'number') errors.push(...invalidEach(target, targetPort, portNumberErrors(targetPort)))
  else if (targetPort !== undefined) errors.push(...invalidEach(target, targetPort, portNameErrors(targetPort)))
  if (appProtocol !== undefined)
    errors.push(...invalidEach(at.child('appProtocol'), appProtocol, qualifiedNameErrors(appProtocol)))
  if (nodePort && spec.type === 'ClusterIP')
    errors.push(forbiddenField(at.child('nodePort'), "may not be used when `type` is 'ClusterIP'"))
  return errors
}

function duplicateErrors(ports: readonly Port[], at: FieldPath): FieldError[] {
  const errors: FieldError[] = []
  const names = new Set<string>()
  const pairs = new Set<string>()
  const nodePorts = new Set<string>()
  for (const [index, { name, protocol, port, nodePort }] of ports.entries()) {
    const here = at.index(index)
    if (name && names.has(name)) errors.push(duplicate(here.child('name'), name))
    if (name) names.add(name)
    if (pairs.has(`${protocol}/${port}`)) errors.push(duplicate(here, { port, protocol }))
    pairs.add(`${protocol}/${port}`)
    if (!nodePort) continue
    if (nodePorts.has(`${protocol}/${nodePort}`)) errors.push(duplicate(here.child('nodePort'), nodePort))
    nodePorts.add(`${protocol}/${nodePort}`)
  }
  return errors
}

const IP_MODES = ['Proxy', 'VIP']

/** What a load balancer says of itself. */
export function validateServiceStatus({ spec, status }: Service, _previous: Service, root: FieldPath): FieldError[] {
  const at = root.child('status').child('loadBalancer').child('ingress')
  const { ingress = [] } = status.loadBalancer ?? {}
  if (ingress.length > 0 && spec.type !== 'LoadBalancer')
    return [forbiddenField(at, "may only be used when `spec.type` is 'LoadBalancer'")]
  return ingress.flatMap(({ ip, ipMode, hostname }, index) => {
    const here = at.index(index)
    const errors = ip ? invalidEach(here.child('ip'), ip, ipErrors(ip)) : []
    if (ip && ipMode === undefined) errors.push(required(here.child('ipMode'), 'must be specified when `ip` is set'))
    if (!ip && ipMode !== undefined)
      errors.push(forbiddenField(here.child('ipMode'), 'may not be specified when `ip` is not set'))
    if (ip && ipMode !== undefined && !IP_MODES.includes(ipMode))
      errors.push(notSupported(here.child('ipMode'), ipMode, IP_MODES))
    if (!hostname) return errors
    errors.push(...invalidEach(here.child('hostname'), hostname, dnsSubdomainErrors(hostname)))
    if (ipErrors(hostname).length === 0)
      errors.push(invalidValue(here.child('hostname'), hostname, 'must be a DNS name, not an IP address'))
    return errors
  })
}
