/** Whether a ValidatingAdmissionPolicy may be: admissionregistration's validation, with its messages. */
import type { ExpressionScope } from '../../admission/expressions.ts'
import { typesOfVariables } from '../../admission/policy-variables.ts'
import { type FieldError, type FieldPath, invalidValue, required } from '../../field.ts'
import { deepEqual } from '../../json.ts'
import { dns1035Errors, dnsSubdomainErrors } from '../../names.ts'
import type { ValidatingAdmissionPolicy } from '../../types.ts'
import { matchConditionErrors } from './match-conditions.ts'
import { matchResourcesErrors } from './match-resources.ts'
import { auditAnnotationErrors, validationErrors, variableErrors } from './validate-expressions.ts'

type Spec = ValidatingAdmissionPolicy['spec']
type ParamKind = NonNullable<Spec['paramKind']>

export function policyErrors(
  { metadata, spec }: ValidatingAdmissionPolicy,
  root: FieldPath,
  previous?: ValidatingAdmissionPolicy,
): FieldError[] {
  const at = root.child('spec')
  const base: ExpressionScope = { hasParams: spec.paramKind !== undefined, hasAuthorizer: true }
  const scope = { ...base, variables: typesOfVariables(spec.variables ?? [], base) }
  return [
    ...(spec.paramKind ? paramKindErrors(spec.paramKind, at.child('paramKind')) : []),
    ...constraintErrors(spec, at.child('matchConstraints')),
    // What an update leaves as it was is not compiled again.
    ...(previous && isAskedAsBefore(spec, previous.spec)
      ? []
      : matchConditionErrors(spec.matchConditions, at.child('matchConditions'), base)),
    ...variableErrors(spec.variables ?? [], at.child('variables'), base),
    ...ruleErrors(spec, at, metadata.name, scope),
  ]
}

const isAskedAsBefore = (next: Spec, previous: Spec): boolean =>
  deepEqual(next.matchConditions, previous.matchConditions) && deepEqual(next.paramKind, previous.paramKind)

function constraintErrors({ matchConstraints }: Spec, at: FieldPath): FieldError[] {
  if (!matchConstraints) return [required(at)]
  return [
    ...matchResourcesErrors(matchConstraints, at),
    ...(matchConstraints.resourceRules?.length ? [] : [required(at.child('resourceRules'))]),
  ]
}

function paramKindErrors({ apiVersion = '', kind = '' }: ParamKind, at: FieldPath): FieldError[] {
  return [...apiVersionErrors(apiVersion, at.child('apiVersion')), ...kindErrors(kind, at.child('kind'))]
}

function apiVersionErrors(text: string, at: FieldPath): FieldError[] {
  if (text === '') return [required(at)]
  const parts = text.split('/')
  if (parts.length > 2) return [invalidValue(at, text, `unexpected GroupVersion string: ${text}`)]
  const version = parts.at(-1) ?? ''
  const group = parts.length === 2 ? (parts[0] ?? '') : ''
  const wrongGroup = group === '' ? [] : dnsSubdomainErrors(group)
  const wrongVersion = version === '' ? [] : dns1035Errors(version)
  return [
    ...(wrongGroup.length > 0 ? [invalidValue(at, group, wrongGroup.join(','))] : []),
    ...(version === '' ? [invalidValue(at, text, 'version must be specified')] : []),
    ...(wrongVersion.length > 0 ? [invalidValue(at, version, wrongVersion.join(','))] : []),
  ]
}

function kindErrors(kind: string, at: FieldPath): FieldError[] {
  if (kind === '') return [required(at)]
  const wrong = dns1035Errors(kind.toLowerCase())
  return wrong.length > 0
    ? [invalidValue(at, kind, `may have mixed case, but should otherwise match: ${wrong.join(',')}`)]
    : []
}

const ONE_OF_BOTH = 'validations or auditAnnotations must contain at least one item'

function ruleErrors(
  { validations = [], auditAnnotations = [] }: Spec,
  at: FieldPath,
  name: string,
  scope: ExpressionScope,
): FieldError[] {
  if (validations.length === 0 && auditAnnotations.length === 0)
    return [required(at.child('validations'), ONE_OF_BOTH), required(at.child('auditAnnotations'), ONE_OF_BOTH)]
  return [
    ...validations.flatMap((validation, index) =>
      validationErrors(validation, at.child('validations').index(index), scope),
    ),
    ...auditAnnotationErrors(auditAnnotations, at.child('auditAnnotations'), name, scope),
  ]
}

export function policyStatusErrors(status: ValidatingAdmissionPolicy['status'], at: FieldPath): FieldError[] {
  const warnings = status.typeChecking?.expressionWarnings ?? []
  return warnings.flatMap(({ fieldRef = '', warning }, index) => {
    const here = at.child('typeChecking').child('expressionWarnings').index(index)
    return [
      ...(warning ? [] : [required(here.child('warning'))]),
      ...(fieldRef.trim() === '' ? [required(here.child('fieldRef'))] : []),
    ]
  })
}
