/** Rules of what a kubelet says of a Pod (k8s.io/kubernetes: validatePodIPs). */
import { duplicate, type FieldError, type FieldPath, invalidEach, invalidValue } from '../field.ts'
import { ipErrors, isIpv4 } from '../ip.ts'
import type { Pod } from '../types.ts'

/** At most one address of each family. */
export function podIpErrors({ podIPs = [] }: Pod['status'], at: FieldPath): FieldError[] {
  const ips = podIPs.map(({ ip = '' }) => ip)
  const errors = ips.flatMap((ip, index) => invalidEach(at.index(index), ip, ipErrors(ip)))
  const families = new Set(ips.map(isIpv4))
  if (errors.length === 0 && families.size < ips.length)
    errors.push(invalidValue(at, podIPs, 'may specify no more than one IP for each IP family'))
  for (const [index, ip] of ips.entries())
    if (ips.indexOf(ip) < index) errors.push(duplicate(at.index(index), podIPs[index]))
  return errors
}
