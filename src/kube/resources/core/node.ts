import { cidrErrors, parseCidr } from '../../cidr.ts'
import { column, resource, STATUS } from '../../define.ts'
import {
  duplicate,
  type FieldError,
  type FieldPath,
  forbiddenField,
  invalidEach,
  invalidValue,
  notSupported,
  required,
} from '../../field.ts'
import { deepEqual } from '../../json.ts'
import { labelValueErrors, qualifiedNameErrors } from '../../names.ts'
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
    // Kubernetes names them so.
    const here = at.child('metadata').child('taints').index(index)
    const { key = '', value = '', effect = '' } = taint
    errors.push(...invalidEach(here.child('key'), key, qualifiedNameErrors(key)))
    const problems = labelValueErrors(value)
    if (problems.length > 0) errors.push(invalidValue(here.child('value'), value, problems.join(';')))
    if (!EFFECTS.includes(effect))
      errors.push(effect ? notSupported(here.child('effect'), effect, EFFECTS) : required(here.child('effect')))
    const id = `${key}:${effect}`
    const { message, ...twice } = duplicate(here, taint)
    if (seen.has(id)) errors.push({ ...twice, message: `${message}: taints must be unique by key and effect pair` })
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

/** A node's network and whose machine it is are said once. */
function validateUpdate({ spec: next, status }: Node, { spec: previous }: Node, root: FieldPath): FieldError[] {
  const at = root.child('spec')
  const isOnce = (what: string) => `node updates may not change ${what} except from "" to valid`
  const errors: FieldError[] = []
  const { podCIDRs: former = [], providerID } = previous
  if (former.length > 0 && !deepEqual(former, next.podCIDRs ?? []))
    errors.push(forbiddenField(at.child('podCIDRs'), isOnce('podCIDR')))
  if (providerID && providerID !== next.providerID)
    errors.push(forbiddenField(at.child('providerID'), isOnce('providerID')))
  return [...errors, ...addressErrors(status, root.child('status').child('addresses'))]
}

function addressErrors({ addresses = [] }: Node['status'], at: FieldPath): FieldError[] {
  return addresses.flatMap((address, index) =>
    addresses.slice(0, index).some((earlier) => deepEqual(earlier, address))
      ? [duplicate(at.index(index), address)]
      : [],
  )
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
  validateUpdate,
  validateStatus: (next, _previous, at) => addressErrors(next.status, at.child('status').child('addresses')),
  warnings: ({ spec }) => [
    ...(spec.configSource ? ['spec.configSource: the feature is no longer available'] : []),
    ...(spec.externalID ? ['spec.externalID: this field is deprecated, and is unused by Kubernetes'] : []),
  ],
})
