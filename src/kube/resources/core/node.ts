import { cidrErrors, parseCidr } from '../../cidr.ts'
import { column, resource, STATUS } from '../../define.ts'
import { duplicate, type FieldError, type FieldPath, invalidEach, invalidValue, notSupported } from '../../field.ts'
import { qualifiedNameErrors } from '../../names.ts'
import type { Node } from '../../types.ts'
import { ageColumn, nameColumn } from '../columns.ts'

const ROLE = 'node-role.kubernetes.io/'
const OLD_ROLE = 'kubernetes.io/role'

function rolesOf(node: Node): string {
  const roles = Object.entries(node.metadata.labels ?? {}).flatMap(([label, value]) => {
    if (label.startsWith(ROLE) && label.length > ROLE.length) return [label.slice(ROLE.length)]
    return label === OLD_ROLE && value !== '' ? [value] : []
  })
  return roles.length > 0 ? [...new Set(roles)].sort().join(',') : '<none>'
}

function statusOf(node: Node): string {
  const ready = node.status.conditions?.find((condition) => condition.type === 'Ready')
  const states = [ready === undefined ? 'Unknown' : ready.status === 'True' ? 'Ready' : 'NotReady']
  if (node.spec.unschedulable) states.push('SchedulingDisabled')
  return states.join(',')
}

const addressOf = (node: Node, type: string): string =>
  node.status.addresses?.find((address) => address.type === type)?.address ?? '<none>'

const infoOf = (field: 'osImage' | 'kernelVersion' | 'containerRuntimeVersion') => (node: Node) =>
  node.status.nodeInfo?.[field] || '<unknown>'

const EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute']

function validate(node: Node, at: FieldPath): FieldError[] {
  const errors: FieldError[] = []
  const seen = new Set<string>()
  for (const [index, taint] of (node.spec.taints ?? []).entries()) {
    const here = at.child('spec').child('taints').index(index)
    for (const why of taint.key ? qualifiedNameErrors(taint.key) : [])
      errors.push(invalidValue(here.child('key'), taint.key, why))
    if (taint.effect && !EFFECTS.includes(taint.effect))
      errors.push(notSupported(here.child('effect'), taint.effect, EFFECTS))
    const id = `${taint.key}:${taint.effect}`
    if (seen.has(id)) errors.push(duplicate(here, taint))
    seen.add(id)
  }
  return [...errors, ...cidrListErrors(node.spec, at.child('spec'))]
}

/** At most one network of each family; the older field is the first of them. */
function cidrListErrors({ podCIDR, podCIDRs = [] }: Node['spec'], spec: FieldPath): FieldError[] {
  const at = spec.child('podCIDRs')
  const errors = podCIDRs.flatMap((text, index) => invalidEach(at.index(index), text, cidrErrors(text)))
  if (podCIDRs.length > 0 && podCIDR !== podCIDRs[0])
    errors.push(invalidValue(at, podCIDRs, 'first value must match `podCIDR`'))
  const families = new Set(podCIDRs.map((text) => parseCidr(text)?.family))
  if (podCIDRs.length > 2 || (errors.length === 0 && families.size < podCIDRs.length))
    errors.push(invalidValue(at, podCIDRs, 'may specify no more than one CIDR for each IP family'))
  return errors
}

export const nodes = resource<Node>({
  group: '',
  version: 'v1',
  kind: 'Node',
  plural: 'nodes',
  shortNames: ['no'],
  scope: 'cluster',
  subresources: [STATUS],
  schema: 'io.k8s.api.core.v1.Node',
  hasStatus: true,
  columns: [
    nameColumn(),
    column('Status', 'string', statusOf),
    column('Roles', 'string', rolesOf),
    ageColumn(),
    column('Version', 'string', (node) => node.status.nodeInfo?.kubeletVersion ?? ''),
    column('Internal-IP', 'string', (node) => addressOf(node, 'InternalIP'), { wide: true }),
    column('External-IP', 'string', (node) => addressOf(node, 'ExternalIP'), { wide: true }),
    column('OS-Image', 'string', infoOf('osImage'), { wide: true }),
    column('Kernel-Version', 'string', infoOf('kernelVersion'), { wide: true }),
    column('Container-Runtime', 'string', infoOf('containerRuntimeVersion'), { wide: true }),
  ],
  fields: { 'spec.unschedulable': (node) => String(node.spec.unschedulable ?? false) },
  prepareForCreate(draft) {
    draft.spec ??= {}
    draft.status ??= {}
  },
  defaults(draft) {
    draft.spec ??= {}
    draft.status ??= {}
    if (draft.spec.podCIDR && !draft.spec.podCIDRs?.length) draft.spec.podCIDRs = [draft.spec.podCIDR]
    if (draft.status.capacity) draft.status.allocatable ??= { ...draft.status.capacity }
    if (draft.spec.unschedulable === false) delete draft.spec.unschedulable
    if (draft.spec.taints?.length === 0) delete draft.spec.taints
  },
  validate,
  warnings: ({ spec }) => [
    ...(spec.configSource ? ['spec.configSource: the feature is no longer available'] : []),
    ...(spec.externalID ? ['spec.externalID: this field is deprecated, and is unused by Kubernetes'] : []),
  ],
  validateUpdate(next, previous, at) {
    const { podCIDR, providerID } = previous.spec
    const errors: FieldError[] = []
    if (podCIDR && next.spec.podCIDR !== podCIDR)
      errors.push({
        reason: 'FieldValueForbidden',
        field: at.child('spec').child('podCIDR').text,
        message: 'Forbidden: node updates may not change podCIDR except from "" to valid',
      })
    if (providerID && next.spec.providerID !== providerID)
      errors.push({
        reason: 'FieldValueForbidden',
        field: at.child('spec').child('providerID').text,
        message: 'Forbidden: node updates may not change providerID except from "" to valid',
      })
    return errors
  },
})
