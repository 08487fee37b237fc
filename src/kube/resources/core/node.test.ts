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
