/** Rules of Services beyond the schema: k8s.io/kubernetes pkg/apis/core/validation (ValidateService and its update). */
import {
  duplicate,
  type FieldError,
  type FieldPath,
  forbiddenField,
  invalidValue,
  notSupported,
  required,
} from '../field.ts'
import { ipErrors, specialIpErrors } from '../ip.ts'
import { labelErrors } from '../metadata.ts'
import { dnsLabelErrors, dnsSubdomainErrors, portNameErrors, portNumberErrors } from '../names.ts'
import type { Service } from '../types.ts'
import { hasClusterIp, hasNodePorts, isHeadless } from './type.ts'

type Spec = Service['spec']
type Port = NonNullable<Spec['ports']>[number]

const TYPES = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort']
const PROTOCOLS = ['SCTP', 'TCP', 'UDP']
const AFFINITIES = ['ClientIP', 'None']
const POLICIES = ['Cluster', 'Local']
const FAMILIES = ['IPv4', 'IPv6']
const FAMILY_POLICIES = ['PreferDualStack', 'RequireDualStack', 'SingleStack']
const MAX_AFFINITY_SECONDS = 86_400

const oneOf = (value: string | undefined, values: readonly string[], at: FieldPath): FieldError[] =>
  value === undefined || value === '' || values.includes(value) ? [] : [notSupported(at, value, values)]

const each = (problems: readonly string[], at: FieldPath, value: unknown): FieldError[] =>
  problems.map((why) => invalidValue(at, value, why))

export function validateService({ spec }: Service, root: FieldPath): FieldError[] {
  const at = root.child('spec')
  return [
    ...labelErrors(spec.selector, at.child('selector')),
    ...oneOf(spec.type, TYPES, at.child('type')),
    ...oneOf(spec.ipFamilyPolicy, FAMILY_POLICIES, at.child('ipFamilyPolicy')),
    ...familyErrors(spec.ipFamilies ?? [], at.child('ipFamilies')),
    ...oneOf(spec.sessionAffinity, AFFINITIES, at.child('sessionAffinity')),
    ...affinityErrors(spec, at),
    ...typeErrors(spec, at),
    ...trafficErrors(spec, at),
    ...(spec.ports ?? []).flatMap((port, index) => portErrors(spec, port, at.child('ports').index(index))),
    ...duplicateErrors(spec.ports ?? [], at.child('ports')),
    ...(spec.externalIPs ?? []).flatMap((ip, index) =>
      each([...ipErrors(ip), ...specialIpErrors(ip)], at.child('externalIPs').index(index), ip),
    ),
  ]
}

function affinityErrors({ sessionAffinity, sessionAffinityConfig }: Spec, at: FieldPath): FieldError[] {
  const seconds = sessionAffinityConfig?.clientIP?.timeoutSeconds
  if (sessionAffinity !== 'ClientIP' || seconds === undefined) return []
  if (seconds > 0 && seconds <= MAX_AFFINITY_SECONDS) return []
  const where = at.child('sessionAffinityConfig').child('clientIP').child('timeoutSeconds')
  return [invalidValue(where, seconds, `must be greater than 0 and less than ${MAX_AFFINITY_SECONDS}`)]
}

const familyErrors = (families: readonly string[], at: FieldPath): FieldError[] =>
  families.flatMap((family, index) => [
    ...oneOf(family, FAMILIES, at.index(index)),
    ...(families.indexOf(family) < index ? [duplicate(at.index(index), family)] : []),
  ])

function typeErrors(spec: Spec, at: FieldPath): FieldError[] {
  if (spec.type === 'ExternalName') {
    if (spec.clusterIP && !isHeadless(spec))
      return [forbiddenField(at.child('clusterIPs'), 'may not be set for ExternalName services')]
    if (!spec.externalName) return [required(at.child('externalName'))]
    return each(dnsSubdomainErrors(spec.externalName.replace(/\.$/, '')), at.child('externalName'), spec.externalName)
  }
  const errors: FieldError[] = []
  if ((spec.ports ?? []).length === 0 && !isHeadless(spec)) errors.push(required(at.child('ports')))
  if (isHeadless(spec) && hasNodePorts(spec))
    errors.push(
      invalidValue(at.child('clusterIPs').index(0), 'None', `may not be set to 'None' for ${spec.type} services`),
    )
  const [first] = spec.clusterIPs ?? []
  if (first !== undefined && first !== (spec.clusterIP ?? ''))
    errors.push(invalidValue(at.child('clusterIPs'), spec.clusterIPs, 'first value must match `clusterIP`'))
  if (spec.clusterIP && !isHeadless(spec))
    errors.push(...each(ipErrors(spec.clusterIP), at.child('clusterIPs').index(0), spec.clusterIP))
  return errors
}

function trafficErrors(spec: Spec, at: FieldPath): FieldError[] {
  const external = at.child('externalTrafficPolicy')
  const isExternal = hasNodePorts(spec) || (hasClusterIp(spec) && (spec.externalIPs ?? []).length > 0)
  const errors = [
    ...oneOf(spec.internalTrafficPolicy, POLICIES, at.child('internalTrafficPolicy')),
    ...oneOf(spec.externalTrafficPolicy, POLICIES, external),
  ]
  if (spec.externalTrafficPolicy && !isExternal)
    errors.push(
      invalidValue(external, spec.externalTrafficPolicy, 'may only be set for externally-accessible services'),
    )
  if (spec.allocateLoadBalancerNodePorts !== undefined && spec.type !== 'LoadBalancer')
    errors.push(
      forbiddenField(at.child('allocateLoadBalancerNodePorts'), "may only be used when `type` is 'LoadBalancer'"),
    )
  if (spec.loadBalancerClass !== undefined && spec.type !== 'LoadBalancer')
    errors.push(forbiddenField(at.child('loadBalancerClass'), "may only be used when `type` is 'LoadBalancer'"))
  return errors
}

function portErrors(spec: Spec, port: Port, at: FieldPath): FieldError[] {
  const errors: FieldError[] = []
  if (!port.name && (spec.ports ?? []).length > 1) errors.push(required(at.child('name')))
  if (port.name) errors.push(...each(dnsLabelErrors(port.name), at.child('name'), port.name))
  if (port.port !== undefined) errors.push(...each(portNumberErrors(port.port), at.child('port'), port.port))
  errors.push(...oneOf(port.protocol, PROTOCOLS, at.child('protocol')))
  const { targetPort } = port
  if (typeof targetPort === 'number')
    errors.push(...each(portNumberErrors(targetPort), at.child('targetPort'), targetPort))
  else if (targetPort !== undefined)
    errors.push(...each(portNameErrors(targetPort), at.child('targetPort'), targetPort))
  if (port.nodePort && !hasNodePorts(spec))
    errors.push(forbiddenField(at.child('nodePort'), `may not be used when \`type\` is '${spec.type ?? 'ClusterIP'}'`))
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

/** A cluster IP stands once it is given, while the Service has one. */
export function validateServiceUpdate(next: Service, previous: Service, root: FieldPath): FieldError[] {
  if (!hasClusterIp(next.spec) || !hasClusterIp(previous.spec) || !previous.spec.clusterIP) return []
  if (next.spec.clusterIP === previous.spec.clusterIP) return []
  const at = root.child('spec').child('clusterIPs').index(0)
  return [invalidValue(at, next.spec.clusterIPs ?? [next.spec.clusterIP], 'may not change once set')]
}
