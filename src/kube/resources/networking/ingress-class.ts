import { column, resource } from '../../define.ts'
import {
  type FieldError,
  type FieldPath,
  forbiddenField,
  invalidEach,
  invalidValue,
  notSupported,
  required,
  tooLong,
} from '../../field.ts'
import { deepEqual } from '../../json.ts'
import { immutable } from '../../metadata.ts'
import { dnsLabelErrors, dnsSubdomainErrors } from '../../names.ts'
import type { IngressClass } from '../../types.ts'
import { ageColumn, nameColumn } from '../columns.ts'
import { referenceErrors } from './references.ts'

type Parameters = NonNullable<IngressClass['spec']['parameters']>

const MAX_CONTROLLER = 250
const SCOPES = ['Cluster', 'Namespace']
const HTTP_PATH = "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+"

/** `acme.io/foo` (IsDomainPrefixedPath). */
function controllerErrors(controller: string | undefined, at: FieldPath): FieldError[] {
  if (!controller) return [required(at)]
  const errors = controller.length > MAX_CONTROLLER ? [tooLong(at, MAX_CONTROLLER)] : []
  const slash = controller.indexOf('/')
  const host = controller.slice(0, slash)
  const path = controller.slice(slash + 1)
  if (slash <= 0 || path === '')
    return [...errors, invalidValue(at, controller, 'must be a domain-prefixed path (such as "acme.io/foo")')]
  errors.push(...invalidEach(at, host, dnsSubdomainErrors(host)))
  if (!new RegExp(`^${HTTP_PATH}$`).test(path))
    errors.push(invalidValue(at, path, `Invalid path (regex used for validation is '${HTTP_PATH}')`))
  return errors
}

function parametersErrors(parameters: Parameters, at: FieldPath): FieldError[] {
  const { scope, namespace } = parameters
  const errors = referenceErrors(parameters, at)
  const where = at.child('namespace')
  if (scope === undefined) return [...errors, required(at.child('scope'))]
  if (!SCOPES.includes(scope)) return [...errors, notSupported(at.child('scope'), scope, SCOPES)]
  if (scope === 'Cluster')
    return namespace === undefined
      ? errors
      : [...errors, forbiddenField(where, "`parameters.scope` is set to 'Cluster'")]
  return namespace === undefined
    ? [...errors, required(where, "`parameters.scope` is set to 'Namespace'")]
    : [...errors, ...invalidEach(where, namespace, dnsLabelErrors(namespace))]
}

function parametersText({ parameters }: IngressClass['spec']): string {
  if (!parameters) return '<none>'
  const { kind = '', apiGroup, name } = parameters
  return `${apiGroup === undefined ? kind : `${kind}.${apiGroup}`}/${name ?? ''}`
}

export const ingressClasses = resource<IngressClass>({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'IngressClass',
  plural: 'ingressclasses',
  scope: 'cluster',
  schema: 'io.k8s.api.networking.v1.IngressClass',
  columns: [
    nameColumn(),
    column('Controller', 'string', ({ spec }) => spec.controller ?? ''),
    column('Parameters', 'string', ({ spec }) => parametersText(spec)),
    ageColumn(),
  ],
  generation: (next, previous) => !deepEqual(next.spec, previous.spec),
  defaults(draft) {
    draft.spec ??= {}
    if (draft.spec.parameters) draft.spec.parameters.scope ??= 'Cluster'
  },
  validate({ spec }, root) {
    const at = root.child('spec')
    return [
      ...controllerErrors(spec.controller, at.child('controller')),
      ...(spec.parameters ? parametersErrors(spec.parameters, at.child('parameters')) : []),
    ]
  },
  validateUpdate: (next, previous, root) =>
    immutable(next.spec.controller ?? '', previous.spec.controller ?? '', root.child('spec').child('controller')),
})
