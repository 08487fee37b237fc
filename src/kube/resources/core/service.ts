import { column, resource, STATUS } from '../../define.ts'
import { duplicate, type FieldError, type FieldPath, invalidValue, notSupported, required } from '../../field.ts'
import { immutable, labelErrors } from '../../metadata.ts'
import { dnsLabelErrors, dnsSubdomainErrors, portNameErrors, portNumberErrors } from '../../names.ts'
import type { Service } from '../../types.ts'
import { ageColumn, nameColumn } from '../columns.ts'

const TYPES = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort']
const PROTOCOLS = ['SCTP', 'TCP', 'UDP']
const AFFINITIES = ['ClientIP', 'None']
const POLICIES = ['Cluster', 'Local']
const AFFINITY_SECONDS = 10_800

function externalIp({ spec, status }: Service): string {
  if (spec.type === 'ExternalName') return spec.externalName ?? '<none>'
  const balanced = (status.loadBalancer?.ingress ?? []).map((ingress) => ingress.ip ?? ingress.hostname ?? '')
  const all = [...balanced, ...(spec.externalIPs ?? [])]
  if (all.length > 0) return all.join(',')
  return spec.type === 'LoadBalancer' ? '<pending>' : '<none>'
}

const portsOf = ({ spec }: Service): string =>
  (spec.ports ?? [])
    .map((port) => `${port.port}${port.nodePort ? `:${port.nodePort}` : ''}/${port.protocol ?? 'TCP'}`)
    .join(',') || '<none>'

function validate({ spec }: Service, root: FieldPath): FieldError[] {
  const at = root.child('spec')
  const errors: FieldError[] = [...labelErrors(spec.selector, at.child('selector'))]
  const isHeadless = spec.clusterIP === 'None'
  if (spec.type && !TYPES.includes(spec.type)) errors.push(notSupported(at.child('type'), spec.type, TYPES))
  if (spec.sessionAffinity && !AFFINITIES.includes(spec.sessionAffinity))
    errors.push(notSupported(at.child('sessionAffinity'), spec.sessionAffinity, AFFINITIES))
  if (spec.internalTrafficPolicy && !POLICIES.includes(spec.internalTrafficPolicy))
    errors.push(notSupported(at.child('internalTrafficPolicy'), spec.internalTrafficPolicy, POLICIES))
  if (spec.externalTrafficPolicy && !POLICIES.includes(spec.externalTrafficPolicy))
    errors.push(notSupported(at.child('externalTrafficPolicy'), spec.externalTrafficPolicy, POLICIES))
  if (spec.type === 'ExternalName') {
    if (!spec.externalName) errors.push(required(at.child('externalName')))
    else
      for (const why of dnsSubdomainErrors(spec.externalName.replace(/\.$/, '')))
        errors.push(invalidValue(at.child('externalName'), spec.externalName, why))
  } else if ((spec.ports ?? []).length === 0 && !isHeadless) errors.push(required(at.child('ports')))
  if (isHeadless && (spec.type === 'NodePort' || spec.type === 'LoadBalancer'))
    errors.push(
      invalidValue(at.child('clusterIPs').index(0), 'None', `may not be set to 'None' for ${spec.type} services`),
    )
  validatePorts(spec, at.child('ports'), errors)
  for (const [index, ip] of (spec.externalIPs ?? []).entries())
    if (!/^[\d.]+$|:/.test(ip))
      errors.push(
        invalidValue(
          at.child('externalIPs').index(index),
          ip,
          'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
        ),
      )
  return errors
}

function validatePorts(spec: Service['spec'], at: FieldPath, errors: FieldError[]): void {
  const names = new Set<string>()
  const ports = new Set<string>()
  const all = spec.ports ?? []
  for (const [index, port] of all.entries()) {
    const here = at.index(index)
    if (!port.name && all.length > 1) errors.push(required(here.child('name')))
    if (port.name) {
      for (const why of dnsLabelErrors(port.name)) errors.push(invalidValue(here.child('name'), port.name, why))
      if (names.has(port.name)) errors.push(duplicate(here.child('name'), port.name))
      names.add(port.name)
    }
    if (port.port !== undefined)
      for (const why of portNumberErrors(port.port)) errors.push(invalidValue(here.child('port'), port.port, why))
    if (port.protocol && !PROTOCOLS.includes(port.protocol))
      errors.push(notSupported(here.child('protocol'), port.protocol, PROTOCOLS))
    if (typeof port.targetPort === 'number')
      for (const why of portNumberErrors(port.targetPort))
        errors.push(invalidValue(here.child('targetPort'), port.targetPort, why))
    else if (port.targetPort !== undefined)
      for (const why of portNameErrors(port.targetPort))
        errors.push(invalidValue(here.child('targetPort'), port.targetPort, why))
    const id = `${port.protocol}/${port.port}`
    if (ports.has(id)) errors.push(duplicate(here, { port: port.port, protocol: port.protocol }))
    ports.add(id)
  }
}

const hasClusterIp = (type: string | undefined): boolean => type !== 'ExternalName'

export const services = resource<Service>({
  group: '',
  version: 'v1',
  kind: 'Service',
  plural: 'services',
  shortNames: ['svc'],
  categories: ['all'],
  scope: 'namespaced',
  subresources: [STATUS],
  schema: 'io.k8s.api.core.v1.Service',
  nameRule: 'dns-1035-label',
  hasStatus: true,
  columns: [
    nameColumn(),
    column('Type', 'string', (service) => service.spec.type ?? ''),
    column('Cluster-IP', 'string', (service) => service.spec.clusterIP || '<none>'),
    column('External-IP', 'string', externalIp),
    column('Port(s)', 'string', portsOf),
    ageColumn(),
    column(
      'Selector',
      'string',
      (service) =>
        Object.entries(service.spec.selector ?? {})
          .map(([key, value]) => `${key}=${value}`)
          .sort()
          .join(',') || '<none>',
      { wide: true },
    ),
  ],
  fields: {
    'spec.clusterIP': (service) => service.spec.clusterIP ?? '',
    'spec.type': (service) => service.spec.type ?? '',
  },
  prepareForCreate(draft) {
    draft.status = { loadBalancer: {} }
  },
  /** What was allocated stays: `kubectl replace` and other clients leave it out. */
  prepareForUpdate(draft, previous) {
    const { spec } = draft
    if (!spec || !hasClusterIp(spec.type)) return
    if (!hasClusterIp(previous.spec.type)) return
    spec.clusterIP ||= previous.spec.clusterIP
    spec.clusterIPs ??= previous.spec.clusterIPs
    spec.ipFamilies ??= previous.spec.ipFamilies
    spec.ipFamilyPolicy ??= previous.spec.ipFamilyPolicy
    if (spec.type !== 'NodePort' && spec.type !== 'LoadBalancer') return
    for (const port of spec.ports ?? []) {
      const former = previous.spec.ports?.find(
        (other) => other.port === port.port && (other.protocol ?? 'TCP') === (port.protocol ?? 'TCP'),
      )
      if (!port.nodePort && former?.nodePort) port.nodePort = former.nodePort
    }
  },
  defaults(draft) {
    const { spec } = draft
    if (!spec) return
    spec.type ??= 'ClusterIP'
    spec.sessionAffinity ??= 'None'
    if (spec.sessionAffinity === 'ClientIP')
      spec.sessionAffinityConfig ??= { clientIP: { timeoutSeconds: AFFINITY_SECONDS } }
    else delete spec.sessionAffinityConfig
    if (hasClusterIp(spec.type)) spec.internalTrafficPolicy ??= 'Cluster'
    if (spec.type === 'NodePort' || spec.type === 'LoadBalancer') spec.externalTrafficPolicy ??= 'Cluster'
    if (spec.type === 'LoadBalancer') spec.allocateLoadBalancerNodePorts ??= true
    for (const port of spec.ports ?? []) {
      port.protocol ??= 'TCP'
      if (port.targetPort === undefined || port.targetPort === '' || port.targetPort === 0) port.targetPort = port.port
    }
  },
  validate: (service, at) => (service.spec ? validate(service, at) : [required(at.child('spec'))]),
  validateUpdate(next, previous, at) {
    if (!hasClusterIp(next.spec.type) || !hasClusterIp(previous.spec.type) || !previous.spec.clusterIP) return []
    return immutable(next.spec.clusterIP, previous.spec.clusterIP, at.child('spec').child('clusterIPs').index(0))
  },
  createOnUpdate: true,
  deleteReturnsObject: true,
})
