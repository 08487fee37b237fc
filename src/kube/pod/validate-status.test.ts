import { expect, it } from 'vitest'
import { FieldPath } from '../field.ts'
import { podIpErrors } from './validate-status.ts'

const FAMILY =
  'podIPs: Invalid value: [{"ip":"10.0.0.1"},{"ip":"10.0.0.2"}]: may specify no more than one IP for each IP family'

it.each<[string[], string[]]>([
  [[], []],
  [['10.0.0.1'], []],
  [['10.0.0.1', 'fd00::1'], []],
  [['x'], ['podIPs[0]: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)']],
  [['10.0.0.1', '10.0.0.2'], [FAMILY]],
  [
    ['10.0.0.1', '10.0.0.1'],
    [FAMILY.replace('0.0.2', '0.0.1'), 'podIPs[1]: Duplicate value: {"ip":"10.0.0.1"}'],
  ],
])('addresses %o of a Pod', (ips, want) => {
  const errors = podIpErrors({ podIPs: ips.map((ip) => ({ ip })) }, new FieldPath('podIPs'))
  expect(errors.map(({ field, message }) => `${field}: ${message}`)).toEqual(want)
})
