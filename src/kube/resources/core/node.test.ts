import { expect, it } from 'vitest'
import { root } from '../../field.ts'
import type { Node } from '../../types.ts'
import { nodes } from './node.ts'

const node = (spec: Node['spec']): Node => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: 'a', uid: 'u', resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' },
  spec,
  status: {},
})

it.each<[Node['spec'], string[]]>([
  [{ podCIDR: '10.0.0.0/24' }, []],
  [{ podCIDR: '10.0.0.0/24', podCIDRs: ['10.0.0.0/24', 'fd00::/64'] }, []],
  [
    { podCIDR: 'x' },
    ['spec.podCIDRs[0]: Invalid value: "x": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)'],
  ],
  [
    { podCIDR: '10.0.0.0/24', podCIDRs: ['10.0.1.0/24'] },
    ['spec.podCIDRs: Invalid value: ["10.0.1.0/24"]: first value must match `podCIDR`'],
  ],
  [
    { podCIDR: '10.0.0.0/24', podCIDRs: ['10.0.0.0/24', '10.0.1.0/24'] },
    [
      'spec.podCIDRs: Invalid value: ["10.0.0.0/24","10.0.1.0/24"]: may specify no more than one CIDR for each IP family',
    ],
  ],
])('networks %o of a Node', (spec, want) => {
  const made = node(spec)
  nodes.defaults(made)
  expect(nodes.validate(made, root).map(({ field, message }) => `${field}: ${message}`)).toEqual(want)
})

const errorsOf = (spec: Node['spec']) =>
  nodes.validate(node(spec), root).map(({ field, message }) => `${field}: ${message}`)

it.each<[NonNullable<Node['spec']['taints']>, string[]]>([
  [
    [
      { key: 'a', effect: 'NoSchedule' },
      { key: 'a', effect: 'NoExecute', value: 'b' },
    ],
    [],
  ],
  [[{ key: 'a', effect: '' as 'NoSchedule' }], ['metadata.taints[0].effect: Required value']],
  [
    [{ key: '/a', effect: 'NoSchedule' }],
    ['metadata.taints[0].key: Invalid value: "/a": prefix part must be non-empty'],
  ],
  [
    [
      { key: 'a', effect: 'NoSchedule' },
      { key: 'a', effect: 'NoSchedule' },
    ],
    [
      'metadata.taints[1]: Duplicate value: {"key":"a","effect":"NoSchedule"}: taints must be unique by key and effect pair',
    ],
  ],
])('taints %j of a Node', (taints, want) => expect(errorsOf({ taints })).toEqual(want))

it.each<[Node['spec'], Node['spec'], string[]]>([
  [{}, { podCIDRs: ['10.0.0.0/24'], providerID: 'a' }, []],
  [
    { podCIDRs: ['10.0.0.0/24'] },
    { podCIDRs: ['10.0.1.0/24'] },
    ['spec.podCIDRs: Forbidden: node updates may not change podCIDR except from "" to valid'],
  ],
  [
    { providerID: 'a' },
    {},
    ['spec.providerID: Forbidden: node updates may not change providerID except from "" to valid'],
  ],
])('a Node %j that becomes %j', (from, to, want) => {
  const errors = nodes.validateUpdate(node(to), node(from), root)
  expect(errors.map(({ field, message }) => `${field}: ${message}`)).toEqual(want)
})
