/** Where an Ingress sends what: k8s.io/kubernetes pkg/apis/networking/validation (ValidateIngressSpec). */
import { type FieldError, type FieldPath, invalidAs, invalidEach, invalidValue, required } from '../../field.ts'
import { isIp } from '../../ip.ts'
import {
  dns1035Errors,
  dnsSubdomainErrors,
  portNameErrors,
  portNumberErrors,
  wildcardSubdomainErrors,
} from '../../names.ts'
import type { Ingress } from '../../types.ts'
import { referenceErrors } from './references.ts'

export type IngressSpec = Ingress['spec']
type Rule = NonNullable<IngressSpec['rules']>[number]
type Path = NonNullable<Rule['http']>['paths'][number]
type Backend = NonNullable<IngressSpec['defaultBackend']>

/** What was let in before it was refused may stay as it is. */
export interface Leniency {
  readonly wildcardRules: boolean
  readonly secretNames: boolean
}

export function ingressSpecErrors(spec: IngressSpec, at: FieldPath, lenient: Leniency): FieldError[] {
  const { rules = [], tls = [], defaultBackend, ingressClassName } = spec
  return [
    ...(rules.length === 0 && !defaultBackend
      ? [invalidAs(at, '[]networking.IngressRule(nil)', 'either `defaultBackend` or `rules` must be specified')]
      : []),
    ...(defaultBackend ? backendErrors(defaultBackend, at.child('defaultBackend')) : []),
    ...rules.flatMap((rule, index) => ruleErrors(rule, at.child('rules').index(index), lenient)),
    ...tls.flatMap((entry, index) => tlsErrors(entry, at.child('tls').index(index), lenient)),
    ...(ingressClassName === undefined
      ? []
      : invalidEach(at.child('ingressClassName'), ingressClassName, dnsSubdomainErrors(ingressClassName))),
  ]
}

/** Whether a host stands for many. */
const isWildcard = (host: string): boolean => host.includes('*')

export const hostErrors = (host: string): string[] =>
  isWildcard(host) ? wildcardSubdomainErrors(host) : dnsSubdomainErrors(host)

function ruleErrors({ host = '', http }: Rule, at: FieldPath, { wildcardRules }: Leniency): FieldError[] {
  const where = at.child('host')
  const errors = isIp(host) ? [invalidValue(where, host, 'must be a DNS name, not an IP address')] : []
  if (host !== '') errors.push(...invalidEach(where, host, hostErrors(host)))
  if (!http || (wildcardRules && isWildcard(host))) return errors
  return [...errors, ...pathsErrors(http.paths, at.child('http').child('paths'))]
}

/** That there is one at all is said by the schema. */
export const pathsErrors = (paths: readonly Path[] | undefined, at: FieldPath): FieldError[] =>
  (paths ?? []).flatMap((path, index) => pathErrors(path, at.index(index)))

const FORBIDDEN = ['//', '/./', '/../', '%2f', '%2F']
const FORBIDDEN_ENDS = ['/..', '/.']

function pathErrors({ path = '', pathType, backend }: Path, at: FieldPath): FieldError[] {
  if (!pathType) return [required(at.child('pathType'), 'pathType must be specified')]
  return [...pathTextErrors(path, pathType, at.child('path')), ...backendErrors(backend ?? {}, at.child('backend'))]
}

function pathTextErrors(path: string, type: string, at: FieldPath): FieldError[] {
  const isOptional = type === 'ImplementationSpecific'
  if (isOptional && path === '') return []
  const errors = path.startsWith('/') ? [] : [invalidValue(at, path, 'must be an absolute path')]
  if (type !== 'Exact' && type !== 'Prefix') return isOptional ? errors : []
  for (const part of FORBIDDEN)
    if (path.includes(part)) errors.push(invalidValue(at, path, `must not contain '${part}'`))
  for (const end of FORBIDDEN_ENDS)
    if (path.endsWith(end)) errors.push(invalidValue(at, path, `cannot end with '${end}'`))
  return errors
}

function backendErrors({ resource, service }: Backend, at: FieldPath): FieldError[] {
  if (resource && service) return [invalidValue(at, '', 'cannot set both resource and service backends')]
  if (resource) return referenceErrors(resource, at.child('resource'))
  if (!service) return [invalidValue(at, '', 'resource or service backend is required')]
  const here = at.child('service')
  const { name } = service
  return [
    ...(name ? invalidEach(here.child('name'), name, dns1035Errors(name)) : [required(here.child('name'))]),
    ...portErrors(service.port ?? {}, at),
  ]
}

/** `at` is the backend's: what is said of the port as a whole is said of that. */
function portErrors({ name, number }: { name?: string; number?: number }, at: FieldPath): FieldError[] {
  const here = at.child('service').child('port')
  if (name && number) return [invalidValue(at, '', 'cannot set both port name & port number')]
  if (name) return invalidEach(here.child('name'), name, portNameErrors(name))
  if (number) return invalidEach(here.child('number'), number, portNumberErrors(number))
  return [required(at, 'port name or number is required')]
}

function tlsErrors(
  { hosts = [], secretName = '' }: NonNullable<IngressSpec['tls']>[number],
  at: FieldPath,
  { secretNames }: Leniency,
): FieldError[] {
  const errors = hosts.flatMap((host, index) => invalidEach(at.child('hosts').index(index), host, hostErrors(host)))
  if (secretName === '' || secretNames) return errors
  return [...errors, ...invalidEach(at.child('secretName'), secretName, dnsSubdomainErrors(secretName))]
}
