/**
 * The IP families of a Service, on a cluster that has one: IPv4. As k8s.io/kubernetes pkg/registry/core/service
 * (initIPFamilyFields). https://kubernetes.io/docs/concepts/services-networking/dual-stack/
 */
import { type FieldError, type FieldPath, invalidValue } from '../field.ts'
import { isIpv6 } from '../ip.ts'
import { deepEqual } from '../json.ts'
import type { Service } from '../types.ts'
import { isHeadless } from './type.ts'

type Spec = Service['spec']

const FAMILY = 'IPv4'

/** Fills `ipFamilies` and `ipFamilyPolicy` in place; answers errors for wishes that this cluster can't meet. */
export function settleFamilies(spec: Spec, previous: Spec | undefined, at: FieldPath): FieldError[] {
  const errors = policyErrors(spec, at)
  if (errors.length > 0) return errors
  // Nobody needs an endpoint of it in a family that the cluster lacks.
  if (isHeadless(spec) && Object.keys(spec.selector ?? {}).length === 0) return settleWithoutPods(spec)
  const isOld =
    spec.ipFamilyPolicy !== undefined &&
    spec.ipFamilyPolicy === previous?.ipFamilyPolicy &&
    deepEqual(spec.ipFamilies, previous.ipFamilies)
  if (!isOld) errors.push(...unmetErrors(spec, at))
  if (errors.length > 0) return errors
  spec.ipFamilyPolicy ??= 'SingleStack'
  if (!spec.ipFamilies?.length) spec.ipFamilies = [FAMILY]
  return []
}

function policyErrors(spec: Spec, at: FieldPath): FieldError[] {
  const { ipFamilyPolicy: policy, ipFamilies = [], clusterIP, clusterIPs = [clusterIP ?? ''] } = spec
  const errors: FieldError[] = []
  if (policy === undefined || policy === 'SingleStack')
    for (const [name, values] of Object.entries({ clusterIPs, ipFamilies }))
      if (values.length === 2)
        errors.push(
          invalidValue(
            at.child('ipFamilyPolicy'),
            policy,
            `must be RequireDualStack or PreferDualStack when multiple ${name} are specified`,
          ),
        )
  if (ipFamilies.length === 0 && isIpv6(clusterIPs[0] ?? ''))
    errors.push(invalidValue(at.child('clusterIPs').index(0), clusterIPs, 'IPv6 is not configured on this cluster'))
  return errors
}

function settleWithoutPods(spec: Spec): FieldError[] {
  spec.ipFamilyPolicy ??= 'RequireDualStack'
  const [first = FAMILY, second] = spec.ipFamilies ?? []
  const other = second ?? (first === 'IPv4' ? 'IPv6' : 'IPv4')
  spec.ipFamilies = spec.ipFamilyPolicy === 'SingleStack' ? [first] : [first, other]
  return []
}

function unmetErrors({ ipFamilyPolicy, ipFamilies = [] }: Spec, at: FieldPath): FieldError[] {
  const errors: FieldError[] = []
  if (ipFamilyPolicy === 'RequireDualStack')
    errors.push(
      invalidValue(
        at.child('ipFamilyPolicy'),
        ipFamilyPolicy,
        'this cluster is not configured for dual-stack services',
      ),
    )
  for (const [index, family] of ipFamilies.entries())
    if (family !== FAMILY)
      errors.push(invalidValue(at.child('ipFamilies').index(index), family, 'not configured on this cluster'))
  return errors
}
