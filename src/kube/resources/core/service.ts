import { column, resource, STATUS } from '../../define.ts'
import { dropTypeDependent, keepAllocated, levelAddresses } from '../../service/carry.ts'
import { hasClusterIp, isExternal } from '../../service/type.ts'
import { validateServiceUpdate } from '../../service/update.ts'
import { validateService, validateServiceStatus } from '../../service/validate.ts'
import { serviceWarnings } from '../../service/warnings.ts'
import type { Service } from '../../types.ts'
import { ageColumn, labelsText, nameColumn } from '../columns.ts'

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
    column('Selector', 'string', (service) => labelsText(service.spec.selector), { wide: true }),
  ],
  fields: {
    'spec.clusterIP': (service) => service.spec.clusterIP ?? '',
    'spec.type': (service) => service.spec.type ?? '',
  },
  prepareForCreate(draft) {
    draft.status = { loadBalancer: {} }
    levelAddresses(draft.spec)
  },
  prepareForUpdate(draft, previous) {
    if (!draft.spec) return
    keepAllocated(draft.spec, previous.spec)
    dropTypeDependent(draft.spec, previous.spec)
    levelAddresses(draft.spec)
  },
  defaults(draft) {
    draft.spec ??= {} as Service['spec']
    const { spec } = draft
    spec.type ||= 'ClusterIP'
    spec.sessionAffinity ||= 'None'
    if (spec.sessionAffinity === 'None') delete spec.sessionAffinityConfig
    else if (spec.sessionAffinity === 'ClientIP' && spec.sessionAffinityConfig?.clientIP?.timeoutSeconds === undefined)
      spec.sessionAffinityConfig = { clientIP: { timeoutSeconds: AFFINITY_SECONDS } }
    if (hasClusterIp(spec)) spec.internalTrafficPolicy ??= 'Cluster'
    if (isExternal(spec)) spec.externalTrafficPolicy ||= 'Cluster'
    if (spec.type === 'LoadBalancer') spec.allocateLoadBalancerNodePorts ??= true
    for (const port of spec.ports ?? []) {
      port.protocol ||= 'TCP'
      if (port.targetPort === undefined || port.targetPort === '' || port.targetPort === 0) port.targetPort = port.port
    }
  },
  validate: validateService,
  validateUpdate: validateServiceUpdate,
  prepareForStatusUpdate({ status }) {
    for (const ingress of status.loadBalancer?.ingress ?? []) if (ingress.ip) ingress.ipMode ??= 'VIP'
  },
  validateStatus: validateServiceStatus,
  warnings: serviceWarnings,
  createOnUpdate: true,
  deleteReturnsObject: true,
})
