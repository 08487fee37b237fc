import { describe, expect, it } from 'vitest'
import { FieldPath } from '../field.ts'
import type { Service } from '../types.ts'
import { settleFamilies } from './families.ts'

type Spec = Service['spec']

const settled = (spec: Spec, previous?: Spec) => {
  const draft: Spec = { selector: { app: 'web' }, ...spec }
  const errors = settleFamilies(draft, previous, new FieldPath('spec'))
  return { draft, errors: errors.map(({ field, message }) => `${field}: ${message}`) }
}

const HEADLESS = { clusterIP: 'None', clusterIPs: ['None'], selector: {} }

describe('the families of a Service', () => {
  it.each<[Spec, string, string[]]>([
    [{}, 'SingleStack', ['IPv4']],
    [{ ipFamilyPolicy: 'SingleStack' }, 'SingleStack', ['IPv4']],
    [{ ipFamilyPolicy: 'PreferDualStack' }, 'PreferDualStack', ['IPv4']],
    [{ ipFamilies: ['IPv4'] }, 'SingleStack', ['IPv4']],
    [{ clusterIP: 'None', clusterIPs: ['None'] }, 'SingleStack', ['IPv4']],
    [HEADLESS, 'RequireDualStack', ['IPv4', 'IPv6']],
    [{ ...HEADLESS, ipFamilies: ['IPv6'] }, 'RequireDualStack', ['IPv6', 'IPv4']],
    [{ ...HEADLESS, ipFamilyPolicy: 'SingleStack' }, 'SingleStack', ['IPv4']],
  ])('%o settles as %s %o', (spec, policy, families) => {
    const { draft, errors } = settled(spec)
    expect([errors, draft.ipFamilyPolicy, draft.ipFamilies]).toEqual([[], policy, families])
  })

  const TWO = 'must be RequireDualStack or PreferDualStack when multiple ipFamilies are specified'

  it.each<[Spec, string[]]>([
    [
      { ipFamilyPolicy: 'RequireDualStack' },
      [
        'spec.ipFamilyPolicy: Invalid value: "RequireDualStack": this cluster is not configured for dual-stack services',
      ],
    ],
    [{ ipFamilies: ['IPv6'] }, ['spec.ipFamilies[0]: Invalid value: "IPv6": not configured on this cluster']],
    [
      { ipFamilyPolicy: 'PreferDualStack', ipFamilies: ['IPv4', 'IPv6'] },
      ['spec.ipFamilies[1]: Invalid value: "IPv6": not configured on this cluster'],
    ],
    [{ ipFamilies: ['IPv4', 'IPv6'] }, [`spec.ipFamilyPolicy: Invalid value: null: ${TWO}`]],
    [
      { ipFamilyPolicy: 'SingleStack', ipFamilies: ['IPv4', 'IPv6'] },
      [`spec.ipFamilyPolicy: Invalid value: "SingleStack": ${TWO}`],
    ],
    [
      { clusterIP: 'fd00::1', clusterIPs: ['fd00::1'] },
      ['spec.clusterIPs[0]: Invalid value: ["fd00::1"]: IPv6 is not configured on this cluster'],
    ],
  ])('%o is refused', (spec, want) => {
    expect(settled(spec).errors).toEqual(want)
  })

  it('stand where an update leaves them as they were', () => {
    const former: Spec = { ipFamilyPolicy: 'RequireDualStack', ipFamilies: ['IPv4', 'IPv6'] }
    expect(settled(former, former).errors).toEqual([])
  })
})
