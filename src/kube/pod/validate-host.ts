/** Rules of a Pod's names and gates: how it resolves others, and what it waits for (ValidatePodSpec). */
import {
  duplicate,
  type FieldError,
  type FieldPath,
  forbiddenField,
  invalidEach,
  invalidValue,
  required,
} from '../field.ts'
import { ipErrors } from '../ip.ts'
import { dnsSubdomainErrors, qualifiedNameErrors } from '../names.ts'
import type { Pod } from '../types.ts'

type PodSpec = Pod['spec']

const MAX_NAMESERVERS = 3
const MAX_SEARCHES = 32
const MAX_SEARCH_CHARACTERS = 2048

export const hostAliasErrors = ({ hostAliases = [] }: PodSpec, at: FieldPath): FieldError[] =>
  hostAliases.flatMap(({ ip, hostnames = [] }, index) => [
    ...(ip ? invalidEach(at.index(index).child('ip'), ip, ipErrors(ip)) : []),
    ...hostnames.flatMap((name, each) =>
      invalidEach(at.index(index).child('hostnames').index(each), name, dnsSubdomainErrors(name)),
    ),
  ])

export function dnsErrors({ dnsPolicy, dnsConfig }: PodSpec, at: FieldPath): FieldError[] {
  const { nameservers = [], searches = [], options = [] } = dnsConfig ?? {}
  const servers = at.child('nameservers')
  const paths = at.child('searches')
  const errors: FieldError[] = []
  if (dnsPolicy === 'None' && !dnsConfig) return [required(at, 'must provide `dnsConfig` when `dnsPolicy` is None')]
  if (dnsPolicy === 'None' && nameservers.length === 0)
    return [required(servers, 'must provide at least one DNS nameserver when `dnsPolicy` is None')]
  if (nameservers.length > MAX_NAMESERVERS)
    errors.push(invalidValue(servers, nameservers, `must not have more than ${MAX_NAMESERVERS} nameservers`))
  for (const [index, ip] of nameservers.entries()) errors.push(...invalidEach(servers.index(index), ip, ipErrors(ip)))
  if (searches.length > MAX_SEARCHES)
    errors.push(invalidValue(paths, searches, `must not have more than ${MAX_SEARCHES} search paths`))
  if (searches.join(' ').length > MAX_SEARCH_CHARACTERS)
    errors.push(
      invalidValue(
        paths,
        searches,
        `must not have more than ${MAX_SEARCH_CHARACTERS} characters (including spaces) in the search list`,
      ),
    )
  for (const [index, search] of searches.entries()) {
    const domain = search.replace(/\.$/, '')
    errors.push(...invalidEach(paths.index(index), domain, dnsSubdomainErrors(domain)))
  }
  for (const [index, { name }] of options.entries())
    if (!name) errors.push(required(at.child('options').index(index), 'must not be empty'))
  return errors
}

export function gateErrors({ readinessGates = [], schedulingGates = [] }: PodSpec, at: FieldPath): FieldError[] {
  const errors: FieldError[] = []
  for (const [index, { conditionType }] of readinessGates.entries()) {
    const here = at.child('readinessGates').index(index).child('conditionType')
    if (conditionType) errors.push(...invalidEach(here, conditionType, qualifiedNameErrors(conditionType)))
  }
  const names = new Set<string>()
  for (const [index, { name }] of schedulingGates.entries()) {
    const here = at.child('schedulingGates').index(index)
    if (!name) continue
    errors.push(...invalidEach(here, name, qualifiedNameErrors(name)))
    if (names.has(name)) errors.push(duplicate(here, name))
    names.add(name)
  }
  return errors
}

/** Users of its own have no place in a namespace of the host's (KEP-127). */
export function hostUserErrors({ hostUsers, hostNetwork, hostPID, hostIPC }: PodSpec, at: FieldPath): FieldError[] {
  if (hostUsers !== false) return []
  // As Kubernetes spells them.
  return Object.entries({ hostNetwork, HostPID: hostPID, HostIPC: hostIPC })
    .filter(([, isShared]) => isShared)
    .map(([field]) => forbiddenField(at.child(field), 'when `pod.Spec.HostUsers` is false'))
}
