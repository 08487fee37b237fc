import { column, resource, STATUS } from '../../define.ts'
import { type FieldError, FieldPath, invalidEach, invalidValue, root } from '../../field.ts'
import { isIp } from '../../ip.ts'
import { deepEqual } from '../../json.ts'
import { dnsSubdomainErrors } from '../../names.ts'
import type { Ingress } from '../../types.ts'
import { ageColumn, nameColumn } from '../columns.ts'
import { hostErrors, type IngressSpec, ingressSpecErrors, type Leniency, pathsErrors } from './ingress-rules.ts'

const CLASS_ANNOTATION = 'kubernetes.io/ingress.class'
const SHOWN_HOSTS = 3
const STRICT: Leniency = { wildcardRules: false, secretNames: false }

/** Some rules are newer than the kind: what an Ingress had before them it may keep. */
const leniencyFor = ({ spec }: Ingress): Leniency => ({
  wildcardRules: (spec.rules ?? []).some(
    ({ host, http }) =>
      host?.includes('*') && hostErrors(host).length === 0 && pathsErrors(http?.paths, root).length > 0,
  ),
  secretNames: (spec.tls ?? []).some(({ secretName }) => secretName && dnsSubdomainErrors(secretName).length > 0),
})

function validate(ingress: Ingress, at: FieldPath, previous?: Ingress): FieldError[] {
  const errors = ingressSpecErrors(ingress.spec, at.child('spec'), previous ? leniencyFor(previous) : STRICT)
  return previous ? errors : [...errors, ...classErrors(ingress)]
}

/** Checked of new ones only: controllers used to read either. */
function classErrors({ metadata, spec }: Ingress): FieldError[] {
  const annotated = metadata.annotations?.[CLASS_ANNOTATION]
  if (annotated === undefined || spec.ingressClassName === undefined || annotated === spec.ingressClassName) return []
  const at = new FieldPath('annotations').child(CLASS_ANNOTATION)
  return [invalidValue(at, annotated, 'must match `ingressClassName` when both are specified')]
}

function validateStatus({ status }: Ingress, _previous: Ingress, at: FieldPath): FieldError[] {
  const here = at.child('status').child('loadBalancer').child('ingress')
  return (status?.loadBalancer?.ingress ?? []).flatMap(({ ip, hostname }, index) => {
    const errors: FieldError[] = []
    const where = here.index(index)
    if (ip && !isIp(ip)) errors.push(invalidValue(where.child('ip'), ip, 'must be a valid IP address'))
    if (!hostname) return errors
    errors.push(...invalidEach(where.child('hostname'), hostname, dnsSubdomainErrors(hostname)))
    if (isIp(hostname))
      errors.push(invalidValue(where.child('hostname'), hostname, 'must be a DNS name, not an IP address'))
    return errors
  })
}

function hostsOf({ rules = [] }: IngressSpec): string {
  const hosts = rules.slice(0, SHOWN_HOSTS).flatMap(({ host }) => (host ? [host] : []))
  if (hosts.length === 0) return '*'
  const more = rules.length - SHOWN_HOSTS
  return more > 0 ? `${hosts.join(',')} + ${more} more...` : hosts.join(',')
}

function addressOf({ status }: Ingress): string {
  const points = (status.loadBalancer?.ingress ?? []).flatMap(({ ip, hostname }) => ip || hostname || [])
  return [...new Set(points)].sort().join(',')
}

export const ingresses = resource<Ingress>({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'Ingress',
  plural: 'ingresses',
  shortNames: ['ing'],
  scope: 'namespaced',
  subresources: [STATUS],
  schema: 'io.k8s.api.networking.v1.Ingress',
  hasStatus: true,
  columns: [
    nameColumn(),
    column('Class', 'string', ({ spec }) => spec.ingressClassName ?? '<none>'),
    column('Hosts', 'string', ({ spec }) => hostsOf(spec)),
    column('Address', 'string', addressOf),
    column('Ports', 'string', ({ spec }) => ((spec.tls ?? []).length > 0 ? '80, 443' : '80')),
    ageColumn(),
  ],
  generation: (next, previous) => !deepEqual(next.spec, previous.spec),
  prepareForCreate(draft) {
    draft.status = { loadBalancer: {} }
  },
  defaults(draft) {
    draft.spec ??= {}
    draft.status ??= { loadBalancer: {} }
  },
  validate,
  validateStatus,
  warnings: ({ metadata, spec }, previous) =>
    previous || metadata.annotations?.[CLASS_ANNOTATION] === undefined || spec.ingressClassName !== undefined
      ? []
      : [`annotation "${CLASS_ANNOTATION}" is deprecated, please use 'spec.ingressClassName' instead`],
})
