/**
 * APIService: who serves a group's version (apiregistration.k8s.io/v1). What this cluster serves itself is listed as
 * local and available; servers of others' are not called, and theirs say so.
 * https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/api-service-v1/
 */
import { column, resource, STATUS } from '../../define.ts'
import { type FieldError, type FieldPath, invalidEach, invalidValue, required } from '../../field.ts'
import { deepEqual } from '../../json.ts'
import { dns1035Errors, dnsSubdomainErrors, portNumberErrors } from '../../names.ts'
import { ALL_METADATA } from '../../resource.ts'
import type { APIService } from '../../types.ts'
import { ageColumn, nameColumn } from '../columns.ts'

const MAX_GROUP_PRIORITY = 20_000
const MAX_VERSION_PRIORITY = 1000

export const apiServiceName = ({ group, version }: { readonly group?: string; readonly version?: string }): string =>
  `${version ?? ''}.${group ?? ''}`

function validate({ metadata, spec }: APIService, root: FieldPath): FieldError[] {
  const at = root.child('spec')
  const { group = '', version = '', groupPriorityMinimum = 0, versionPriority = 0 } = spec
  const errors: FieldError[] = []
  // The core group has no name.
  const name = group === '' ? `${version}.` : apiServiceName(spec)
  if (metadata.name !== name)
    errors.push(
      invalidValue(
        root.child('metadata').child('name'),
        metadata.name,
        `must be \`spec.version+"."+spec.group\`: ${JSON.stringify(name)}`,
      ),
    )
  if (group === '' && version !== 'v1')
    errors.push(required(at.child('group'), 'only v1 may have an empty group and it better be legacy kube'))
  else if (group !== '') errors.push(...invalidEach(at.child('group'), group, dnsSubdomainErrors(group)))
  errors.push(...invalidEach(at.child('version'), version, dns1035Errors(version)))
  if (!(groupPriorityMinimum > 0 && groupPriorityMinimum <= MAX_GROUP_PRIORITY))
    errors.push(
      invalidValue(at.child('groupPriorityMinimum'), groupPriorityMinimum, 'must be positive and less than 20000'),
    )
  if (!(versionPriority > 0 && versionPriority <= MAX_VERSION_PRIORITY))
    errors.push(invalidValue(at.child('versionPriority'), versionPriority, 'must be positive and less than 1000'))
  return [...errors, ...(spec.service ? remoteErrors(spec, at) : localErrors(spec, at))]
}

function localErrors({ caBundle, insecureSkipTLSVerify }: APIService['spec'], at: FieldPath): FieldError[] {
  return [
    ...(caBundle
      ? [invalidValue(at.child('caBundle'), `${caBundle.length} bytes`, 'local APIServices may not have a caBundle')]
      : []),
    ...(insecureSkipTLSVerify
      ? [invalidValue(at.child('insecureSkipTLSVerify'), true, 'local APIServices may not have insecureSkipTLSVerify')]
      : []),
  ]
}

function remoteErrors({ service, caBundle, insecureSkipTLSVerify }: APIService['spec'], at: FieldPath): FieldError[] {
  const here = at.child('service')
  return [
    ...(service?.namespace ? [] : [required(here.child('namespace'))]),
    ...(service?.name ? [] : [required(here.child('name'))]),
    ...invalidEach(here.child('port'), service?.port, portNumberErrors(service?.port ?? 0)),
    ...(caBundle && insecureSkipTLSVerify
      ? [invalidValue(at.child('insecureSkipTLSVerify'), true, 'may not be true if caBundle is present')]
      : []),
  ]
}

function available(spec: APIService['spec'], now: number): APIService['status'] {
  const local = { status: 'True', reason: 'Local', message: 'Local APIServices are always available' }
  const remote = {
    status: 'False',
    reason: 'FailedDiscoveryCheck',
    message: 'this control plane does not call the API servers of others',
  }
  const lastTransitionTime = `${new Date(now).toISOString().slice(0, 19)}Z`
  return { conditions: [{ type: 'Available', ...(spec?.service ? remote : local), lastTransitionTime }] }
}

function availableText({ status }: APIService): string {
  const condition = status.conditions?.find(({ type }) => type === 'Available')
  if (!condition) return 'Unknown'
  return condition.status === 'True' || !condition.reason
    ? condition.status
    : `${condition.status} (${condition.reason})`
}

export const apiServices = resource<APIService>({
  group: 'apiregistration.k8s.io',
  version: 'v1',
  kind: 'APIService',
  plural: 'apiservices',
  scope: 'cluster',
  categories: ['api-extensions'],
  subresources: [STATUS],
  schema: 'io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIService',
  hasStatus: true,
  keptByStatus: ALL_METADATA,
  nameRule: 'path-segment',
  columns: [
    nameColumn(),
    column('Service', 'string', ({ spec }) =>
      spec.service ? `${spec.service.namespace}/${spec.service.name}` : 'Local',
    ),
    column('Available', 'string', availableText),
    ageColumn(),
  ],
  generation: (next, previous) => !deepEqual(next.spec, previous.spec),
  prepareForCreate(draft, { now }) {
    draft.status = available(draft.spec, now)
  },
  defaults(draft) {
    draft.spec ??= {} as APIService['spec']
    draft.status ??= {}
    if (draft.spec.service) draft.spec.service.port ??= 443
  },
  validate,
  unconditionalUpdate: false,
})
