/** ValidatingAdmissionPolicyBinding: where a policy holds, with which parameters, and what comes of its refusals. */
import { column, resource } from '../../define.ts'
import {
  duplicate,
  type FieldError,
  type FieldPath,
  forbiddenField,
  invalidEach,
  invalidValue,
  notSupported,
  required,
} from '../../field.ts'
import { deepEqual } from '../../json.ts'
import { dnsSubdomainErrors, pathSegmentErrors } from '../../names.ts'
import type { ValidatingAdmissionPolicyBinding } from '../../types.ts'
import { ageColumn, nameColumn } from '../columns.ts'
import { labelSelectorErrors } from '../label-selector.ts'
import { defaultMatchResources, matchResourcesErrors } from './match-resources.ts'

type Spec = ValidatingAdmissionPolicyBinding['spec']
type ParamRef = NonNullable<Spec['paramRef']>

const ACTIONS = ['Deny', 'Warn', 'Audit']
const NOT_FOUND_ACTIONS = ['Deny', 'Allow']
const EITHER = 'name and selector are mutually exclusive'

function validate({ spec }: ValidatingAdmissionPolicyBinding, root: FieldPath): FieldError[] {
  const at = root.child('spec')
  const { policyName, paramRef, matchResources, validationActions = [] } = spec
  const name = at.child('policyName')
  return [
    ...(policyName ? invalidEach(name, policyName, dnsSubdomainErrors(policyName)) : [required(name)]),
    ...(paramRef ? paramRefErrors(paramRef, at.child('paramRef')) : []),
    // The path is Kubernetes' own, slip of the pen and all.
    ...(matchResources ? matchResourcesErrors(matchResources, at.child('matchResouces')) : []),
    ...actionErrors(validationActions, at.child('validationActions')),
  ]
}

function paramRefErrors({ name, selector, parameterNotFoundAction: action }: ParamRef, at: FieldPath): FieldError[] {
  return [
    ...(name ? invalidEach(at.child('name'), name, pathSegmentErrors(name)) : []),
    ...(name && selector ? [forbiddenField(at.child('name'), EITHER)] : []),
    ...labelSelectorErrors(selector, at.child('selector')),
    ...(name && selector ? [forbiddenField(at.child('selector'), EITHER)] : []),
    ...(!name && !selector ? [required(at, 'one of name or selector must be specified')] : []),
    ...notFoundActionErrors(action, at.child('parameterNotFoundAction')),
  ]
}

function notFoundActionErrors(action: string | undefined, at: FieldPath): FieldError[] {
  if (!action) return [required(at)]
  return NOT_FOUND_ACTIONS.includes(action) ? [] : [notSupported(at, action, NOT_FOUND_ACTIONS)]
}

function actionErrors(actions: readonly string[], at: FieldPath): FieldError[] {
  if (actions.length === 0) return [required(at, 'at least one validation action is required')]
  return [
    ...actions.flatMap((action, index) => [
      ...(ACTIONS.includes(action) ? [] : [notSupported(at.index(index), action, ACTIONS)]),
      ...(actions.indexOf(action) < index ? [duplicate(at.index(index), action)] : []),
    ]),
    ...(actions.includes('Deny') && actions.includes('Warn')
      ? [
          invalidValue(
            at,
            actions,
            'must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)',
          ),
        ]
      : []),
  ]
}

/** `*` stands for the namespace of whatever is judged. */
function paramText({ paramRef }: Spec): string {
  if (!paramRef) return '<unset>'
  const { name, namespace, selector } = paramRef
  if (name) return `${namespace || '*'}/${name}`
  return selector ? goText(selector) : '<unset>'
}

/** A label selector as Go prints the struct. */
function goText({ matchLabels = {}, matchExpressions = [] }: NonNullable<ParamRef['selector']>): string {
  const labels = Object.entries(matchLabels)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}: ${value},`)
  const expressions = matchExpressions.map(
    ({ key, operator, values = [] }) =>
      `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:[${values.join(' ')}],},`,
  )
  return `&LabelSelector{MatchLabels:map[string]string{${labels.join('')}},MatchExpressions:[]LabelSelectorRequirement{${expressions.join('')}},}`
}

export const validatingAdmissionPolicyBindings = resource<ValidatingAdmissionPolicyBinding>({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'ValidatingAdmissionPolicyBinding',
  plural: 'validatingadmissionpolicybindings',
  scope: 'cluster',
  categories: ['api-extensions'],
  schema: 'io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicyBinding',
  columns: [
    nameColumn(),
    column('PolicyName', 'string', ({ spec }) => spec.policyName ?? ''),
    column('ParamRef', 'string', ({ spec }) => paramText(spec)),
    ageColumn(),
  ],
  generation: (next, previous) => !deepEqual(next.spec, previous.spec),
  defaults(draft) {
    // Go's struct is there in any case; what it lacks, validation says.
    draft.spec ??= {} as Spec
    if (draft.spec.matchResources) defaultMatchResources(draft.spec.matchResources)
  },
  validate,
  unconditionalUpdate: false,
})
