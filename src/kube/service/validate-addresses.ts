/** Rules of a Service's own addresses and their families (k8s.io/kubernetes: ValidateServiceClusterIPsRelatedFields). */
import {
  duplicate,
  type FieldError,
  type FieldPath,
  invalidEach,
  invalidValue,
  notSupported,
  required,
} from '../field.ts'
import { ipErrors, isIpv6 } from '../ip.ts'
import type { Service } from '../types.ts'
import { isHeadless } from './type.ts'

type Spec = Service['spec']

const FAMILIES = ['IPv4', 'IPv6']
const FAMILY_POLICIES = ['PreferDualStack', 'RequireDualStack', 'SingleStack']
const MAX_IPS = 2

const familyOf = (ip: string): string => (isIpv6(ip) ? 'IPv6' : 'IPv4')

export function addressErrors(spec: Spec, at: FieldPath): FieldError[] {
  if (spec.type === 'ExternalName') return []
  const { clusterIP = '', clusterIPs = [], ipFamilies = [], ipFamilyPolicy } = spec
  const errors = firstErrors(clusterIP, clusterIPs, at.child('clusterIPs'))
  for (const [index, family] of ipFamilies.entries()) {
    const here = at.child('ipFamilies').index(index)
    if (!FAMILIES.includes(family)) errors.push(notSupported(here, family, FAMILIES))
    if (ipFamilies.indexOf(family) < index) errors.push(duplicate(here, family))
  }
  if (ipFamilyPolicy !== undefined && !FAMILY_POLICIES.includes(ipFamilyPolicy))
    errors.push(notSupported(at.child('ipFamilyPolicy'), ipFamilyPolicy, FAMILY_POLICIES))
  return [...errors, ...listErrors(spec, at.child('clusterIPs'))]
}

/** The older field is the first of the newer one. */
function firstErrors(first: string, ips: readonly string[], at: FieldPath): FieldError[] {
  if (first === '')
    return ips.length > 0 ? [invalidValue(at, ips, 'must be empty when `clusterIP` is not specified')] : []
  if (ips.length === 0) return [required(at)]
  return ips[0] === first ? [] : [invalidValue(at, ips, 'first value must match `clusterIP`')]
}

function listErrors(spec: Spec, at: FieldPath): FieldError[] {
  const { clusterIPs: ips = [], ipFamilies = [] } = spec
  const isNone = ips[0] === 'None'
  const wrong = (isNone ? ips.slice(1) : ips).flatMap((ip, index) =>
    invalidEach(at.index(isNone ? index + 1 : index), ip, ipErrors(ip)),
  )
  if (isNone && ips.length > 1) wrong.unshift(invalidValue(at, ips, "'None' must be the first and only value"))
  const errors = ips.length > MAX_IPS ? [invalidValue(at, ips, `may only hold up to ${MAX_IPS} values`)] : []
  if (wrong.length > 0) return [...wrong, ...errors]
  if (ips.length > 1 && new Set(ips.map(familyOf)).size < 2)
    errors.push(invalidValue(at, ips, 'may specify no more than one IP for each IP family'))
  if (isHeadless(spec)) return errors
  for (const [index, ip] of ips.slice(0, ipFamilies.length).entries())
    if (ipFamilies[index] !== familyOf(ip))
      errors.push(
        invalidValue(
          at.index(index),
          ip,
          `expected an ${ipFamilies[index]} value as indicated by \`ipFamilies[${index}]\``,
        ),
      )
  return errors
}
