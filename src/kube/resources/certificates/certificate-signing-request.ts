/**
 * CertificateSigningRequest: a certificate that is asked for, approved or denied, and signed (certificates.k8s.io/v1).
 * https://kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/
 */
import { humanDuration } from '../../age.ts'
import { pemOf, readRequest } from '../../certificates/request.ts'
import { LEGACY_UNKNOWN, USAGES } from '../../certificates/signers.ts'
import { column, resource, STATUS } from '../../define.ts'
import {
  duplicate,
  type FieldError,
  type FieldPath,
  forbiddenField,
  invalidValue,
  notSupported,
  required,
} from '../../field.ts'
import { dnsSubdomainErrors } from '../../names.ts'
import type { CertificateSigningRequest } from '../../types.ts'
import { ageColumn, nameColumn } from '../columns.ts'

type Condition = NonNullable<CertificateSigningRequest['status']['conditions']>[number]

const MIN_SECONDS = 600
/** What an approver says, and nobody takes back. */
const VERDICTS: readonly string[] = ['Approved', 'Denied']

export const hasCondition = ({ status }: CertificateSigningRequest, type: string): boolean =>
  status.conditions?.some((condition) => condition.type === type) ?? false

function conditionText(request: CertificateSigningRequest): string {
  const verdict = hasCondition(request, 'Denied')
    ? 'Denied'
    : hasCondition(request, 'Approved')
      ? 'Approved'
      : 'Pending'
  return [
    verdict,
    ...(hasCondition(request, 'Failed') ? ['Failed'] : []),
    ...(request.status.certificate ? ['Issued'] : []),
  ].join(',')
}

function validate(
  { spec }: CertificateSigningRequest,
  root: FieldPath,
  previous?: CertificateSigningRequest,
): FieldError[] {
  // Nobody changes a spec once it is made.
  if (previous !== undefined) return []
  const at = root.child('spec')
  const errors: FieldError[] = []
  if (spec.request && readRequest(spec.request) === undefined)
    errors.push(invalidValue(at.child('request'), spec.request, 'PEM block type must be CERTIFICATE REQUEST'))
  const usages = spec.usages ?? []
  if (usages.length === 0) errors.push(required(at.child('usages')))
  for (const [index, usage] of usages.entries()) {
    if (!USAGES.includes(usage)) errors.push(notSupported(at.child('usages').index(index), usage, USAGES))
    if (usages.indexOf(usage) < index) errors.push(duplicate(at.child('usages').index(index), usage))
  }
  const { signerName, expirationSeconds } = spec
  if (signerName === LEGACY_UNKNOWN)
    errors.push(
      invalidValue(at.child('signerName'), signerName, 'the legacy signerName is not allowed via this API version'),
    )
  else if (signerName) errors.push(...signerNameErrors(signerName, at.child('signerName')))
  if (expirationSeconds !== undefined && expirationSeconds < MIN_SECONDS)
    errors.push(
      invalidValue(
        at.child('expirationSeconds'),
        expirationSeconds,
        'may not specify a duration less than 600 seconds (10 minutes)',
      ),
    )
  return errors
}

function signerNameErrors(name: string, at: FieldPath): FieldError[] {
  const [domain = '', path = '', ...more] = name.split('/')
  if (domain === '' || path === '' || more.length > 0)
    return [invalidValue(at, name, "must be a fully qualified domain and path of the form 'example.com/signer-name'")]
  const errors = dnsSubdomainErrors(domain).map((why) =>
    invalidValue(at, domain, `validating label "${domain}": ${why}`),
  )
  if (!domain.includes('.'))
    errors.push(invalidValue(at, domain, 'should be a domain with at least two segments separated by dots'))
  return [
    ...errors,
    ...dnsSubdomainErrors(path).map((why) => invalidValue(at, path, `validating label "${path}": ${why}`)),
  ]
}

function conditionErrors(conditions: readonly Condition[], at: FieldPath): FieldError[] {
  const errors: FieldError[] = []
  const seen = new Set<string>()
  for (const [index, { type, status }] of conditions.entries()) {
    const here = at.index(index)
    if (!type) errors.push(required(here.child('type')))
    else if (seen.has(type)) errors.push(duplicate(here.child('type'), type))
    seen.add(type)
    if ((VERDICTS.includes(type) || type === 'Failed') && status !== 'True')
      errors.push(notSupported(here.child('status'), status ?? '', ['True']))
    else if (!['True', 'False', 'Unknown'].includes(status))
      errors.push(notSupported(here.child('status'), status ?? '', ['True', 'False', 'Unknown']))
  }
  if (VERDICTS.every((type) => seen.has(type)))
    errors.push(invalidValue(at, conditions, 'Approved and Denied conditions are mutually exclusive'))
  return errors
}

function validateStatus(
  next: CertificateSigningRequest,
  previous: CertificateSigningRequest,
  root: FieldPath,
): FieldError[] {
  const at = root.child('status')
  const errors = conditionErrors(next.status.conditions ?? [], at.child('conditions'))
  for (const type of [...VERDICTS, 'Failed'])
    if (hasCondition(previous, type) && !hasCondition(next, type))
      errors.push(forbiddenField(at.child('conditions'), `updates may not remove a condition of type "${type}"`))
  const { certificate } = next.status
  if (certificate && !pemOf(certificate)?.includes('-----BEGIN CERTIFICATE-----'))
    errors.push(invalidValue(at.child('certificate'), '<certificate data>', 'must contain one or more PEM blocks'))
  if (previous.status.certificate && certificate !== previous.status.certificate)
    errors.push(
      forbiddenField(
        at.child('certificate'),
        'updates may not set certificate content if existing certificate content is not empty',
      ),
    )
  return errors
}

const isVerdict = ({ type }: Condition): boolean => VERDICTS.includes(type)

export const certificateSigningRequests = resource<CertificateSigningRequest>({
  group: 'certificates.k8s.io',
  version: 'v1',
  kind: 'CertificateSigningRequest',
  plural: 'certificatesigningrequests',
  shortNames: ['csr'],
  scope: 'cluster',
  subresources: [{ ...STATUS, name: 'approval' }, STATUS],
  schema: 'io.k8s.api.certificates.v1.CertificateSigningRequest',
  hasStatus: true,
  nameRule: 'path-segment',
  columns: [
    nameColumn(),
    ageColumn(),
    column('SignerName', 'string', ({ spec }) => spec.signerName),
    column('Requestor', 'string', ({ spec }) => spec.username ?? ''),
    column('RequestedDuration', 'string', ({ spec }) =>
      spec.expirationSeconds === undefined ? '<none>' : humanDuration(spec.expirationSeconds * 1000),
    ),
    column('Condition', 'string', conditionText),
  ],
  fields: { 'spec.signerName': ({ spec }) => spec.signerName },
  dropForCreate({ spec }) {
    // Who asks is not for the client to say: admission fills it in.
    for (const field of ['username', 'uid', 'groups', 'extra'] as const) delete spec?.[field]
  },
  prepareForCreate(draft) {
    draft.status = {}
  },
  prepareForUpdate(draft, previous) {
    draft.spec = previous.spec
  },
  defaults(draft) {
    // What it lacks, validation says.
    draft.spec ??= {} as CertificateSigningRequest['spec']
    draft.status ??= {}
  },
  prepareForStatusUpdate(draft, previous, { now, subresource }) {
    const sent = draft.status?.conditions ?? []
    const former = previous.status.conditions ?? []
    const conditions =
      subresource === 'approval'
        ? [...former.filter((condition) => !isVerdict(condition)), ...sent.filter(isVerdict)]
        : [...former.filter(isVerdict), ...sent.filter((condition) => !isVerdict(condition))]
    const time = `${new Date(now).toISOString().slice(0, 19)}Z`
    const certificate = subresource === 'approval' ? previous.status.certificate : draft.status?.certificate
    draft.status = {
      ...(conditions.length > 0
        ? {
            conditions: conditions.map((condition) => ({
              ...condition,
              lastUpdateTime: condition.lastUpdateTime ?? time,
              lastTransitionTime: condition.lastTransitionTime ?? time,
            })),
          }
        : {}),
      ...(certificate ? { certificate } : {}),
    }
  },
  validate,
  validateStatus,
})
