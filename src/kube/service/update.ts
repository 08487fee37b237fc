/** What may change of a Service once it is made (k8s.io/kubernetes: ValidateServiceUpdate). */
import { type FieldError, type FieldPath, forbiddenField, invalidValue } from '../field.ts'
import type { Service } from '../types.ts'
import { hasClusterIp, isHeadless, needsHealthCheck } from './type.ts'

type Spec = Service['spec']

export function validateServiceUpdate(
  { spec: next }: Service,
  { spec: previous }: Service,
  root: FieldPath,
): FieldError[] {
  const at = root.child('spec')
  const errors: FieldError[] = []
  // A name has no address: on the way from and to it everything may change.
  if (hasClusterIp(next) && hasClusterIp(previous))
    errors.push(...ipErrors(next, previous, at), ...familyErrors(next, previous, at))
  if (
    next.type === 'LoadBalancer' &&
    previous.type === 'LoadBalancer' &&
    next.loadBalancerClass !== previous.loadBalancerClass
  )
    errors.push(invalidValue(at.child('loadBalancerClass'), next.loadBalancerClass, 'may not change once set'))
  const isHealthPortKept = (next.healthCheckNodePort ?? 0) === (previous.healthCheckNodePort ?? 0)
  if (needsHealthCheck(next) && needsHealthCheck(previous) && !isHealthPortKept)
    errors.push(forbiddenField(at.child('healthCheckNodePort'), 'field is immutable'))
  return errors
}

const FIXED = 'may not change once set'

/** The first address stays; a second one may come, and may go with the policy that asked for it. */
function ipErrors(next: Spec, previous: Spec, at: FieldPath): FieldError[] {
  if (isHeadless(next) && isHeadless(previous)) return []
  const [ips, former] = [next.clusterIPs ?? [], previous.clusterIPs ?? []]
  const here = at.child('clusterIPs')
  if (ips.length === former.length)
    return former.flatMap((ip, index) => (ips[index] === ip ? [] : [invalidValue(here.index(index), ips, FIXED)]))
  const errors: FieldError[] = []
  if (ips.length === 0) errors.push(invalidValue(here.index(0), ips, 'primary clusterIP can not be unset'))
  if (ips.length > 0 && former.length > 0 && ips[0] !== former[0]) errors.push(invalidValue(here.index(0), ips, FIXED))
  if (former.length > ips.length && ips.length === 1) errors.push(...releaseErrors(next, 'clusterIP', at))
  return errors
}

/** Of what is headless the families are free, since nothing was allocated. */
function familyErrors(next: Spec, previous: Spec, at: FieldPath): FieldError[] {
  if (isHeadless(next) || isHeadless(previous)) return []
  const [families, former] = [next.ipFamilies ?? [], previous.ipFamilies ?? []]
  const here = at.child('ipFamilies').index(0)
  if (families.length === former.length)
    return former.flatMap((family, index) => (families[index] === family ? [] : [invalidValue(here, families, FIXED)]))
  const errors: FieldError[] = []
  if (former.length > families.length && (next.clusterIPs ?? []).length === 0)
    errors.push(invalidValue(here, families, 'primary ipFamily can not be unset'))
  if (families.length > 0 && former.length > 0 && families[0] !== former[0])
    errors.push(invalidValue(here, next.clusterIPs ?? [], FIXED))
  if (former.length > families.length && families.length === 1) errors.push(...releaseErrors(next, 'ipFamily', at))
  return errors
}

const releaseErrors = ({ ipFamilyPolicy }: Spec, what: string, at: FieldPath): FieldError[] =>
  ipFamilyPolicy === 'SingleStack'
    ? []
    : [
        invalidValue(
          at.child('ipFamilyPolicy'),
          ipFamilyPolicy,
          `must be set to 'SingleStack' when releasing the secondary ${what}`,
        ),
      ]
