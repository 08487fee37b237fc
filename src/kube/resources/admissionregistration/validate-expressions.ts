/** The expressions of a policy: its variables, validations and audit annotations. */
import type {
  IIoK8sApiAdmissionregistrationV1AuditAnnotation,
  IIoK8sApiAdmissionregistrationV1Validation,
  IIoK8sApiAdmissionregistrationV1Variable,
} from 'kubernetes-models/admissionregistration.k8s.io/v1'
import { type ExpressionScope, faultIn } from '../../admission/expressions.ts'
import { typesOfVariables } from '../../admission/policy-variables.ts'
import { RESERVED } from '../../cel/values.ts'
import {
  duplicate,
  type FieldError,
  type FieldPath,
  invalidEach,
  invalidValue,
  notSupported,
  required,
} from '../../field.ts'
import { byteLength } from '../../json.ts'
import { qualifiedNameErrors } from '../../names.ts'

type Variable = IIoK8sApiAdmissionregistrationV1Variable
type Validation = IIoK8sApiAdmissionregistrationV1Validation
type AuditAnnotation = IIoK8sApiAdmissionregistrationV1AuditAnnotation

const REASONS = ['Forbidden', 'Invalid', 'RequestEntityTooLarge']
const MAX_ANNOTATIONS = 20
const MAX_VALUE_EXPRESSION = 5 * 1024

/** Each is judged with those before it. */
export function variableErrors(variables: readonly Variable[], at: FieldPath, scope: ExpressionScope): FieldError[] {
  return variables.flatMap(({ name = '', expression = '' }, index) => {
    const here = at.index(index)
    const errors: FieldError[] = []
    if (name.trim() === '') errors.push(required(here.child('name'), 'name is not specified'))
    else if (!/^[_a-zA-Z][_a-zA-Z0-9]*$/.test(name) || RESERVED.has(name))
      errors.push(invalidValue(here.child('name'), name, 'name is not a valid CEL identifier'))
    if (expression.trim() === '') return [...errors, required(here.child('expression'), 'expression is not specified')]
    const known = typesOfVariables(variables.slice(0, index), scope)
    return [...errors, ...faults({ ...scope, variables: known }, expression, here.child('expression'))]
  })
}

export function validationErrors(
  { expression = '', message, messageExpression, reason }: Validation,
  at: FieldPath,
  scope: ExpressionScope,
): FieldError[] {
  const errors: FieldError[] = []
  if (expression.trim() === '') errors.push(required(at.child('expression'), 'expression is not specified'))
  else errors.push(...faults(scope, expression, at.child('expression'), ['bool']))
  const spoken = at.child('messageExpression')
  if (messageExpression?.trim() === '' && messageExpression !== '')
    errors.push(invalidValue(spoken, messageExpression, 'must be non-empty if specified'))
  else if (messageExpression)
    errors.push(...faults({ ...scope, hasAuthorizer: false }, messageExpression, spoken, ['string']))
  if (message && message.trim() === '')
    errors.push(invalidValue(at.child('message'), message, 'message must be non-empty if specified'))
  else if (message && /[\n\r]/.test(message.trim()))
    errors.push(invalidValue(at.child('message'), message, 'message must not contain line breaks'))
  if (reason !== undefined && !REASONS.includes(reason)) errors.push(notSupported(at.child('reason'), reason, REASONS))
  return errors
}

/** `policy`: the name that keys are told from each other by. */
export function auditAnnotationErrors(
  annotations: readonly AuditAnnotation[],
  at: FieldPath,
  policy: string,
  scope: ExpressionScope,
): FieldError[] {
  const keys = annotations.map(({ key }) => key)
  return [
    ...(annotations.length > MAX_ANNOTATIONS
      ? [invalidValue(at, annotations, `must not have more than ${MAX_ANNOTATIONS} auditAnnotations`)]
      : []),
    ...annotations.flatMap((annotation, index) => [
      ...annotationErrors(annotation, at.index(index), policy, scope),
      ...(keys.indexOf(annotation.key) < index ? [duplicate(at.index(index).child('key'), annotation.key ?? '')] : []),
    ]),
  ]
}

function annotationErrors(
  { key = '', valueExpression = '' }: AuditAnnotation,
  at: FieldPath,
  policy: string,
  scope: ExpressionScope,
): FieldError[] {
  const full = `${policy}/${key}`
  const value = at.child('valueExpression')
  const text = valueExpression.trim()
  const errors = invalidEach(at.child('key'), full, qualifiedNameErrors(full))
  if (text === '') return [...errors, required(value, 'valueExpression is not specified')]
  if (byteLength(text) > MAX_VALUE_EXPRESSION)
    return [...errors, required(value, `must not exceed ${MAX_VALUE_EXPRESSION} bytes in length`)]
  return [...errors, ...faults(scope, valueExpression, value, ['string', 'null'])]
}

/** `wanted`: the types that it may come to; any where there are none. */
function faults(scope: ExpressionScope, text: string, at: FieldPath, wanted?: readonly string[]): FieldError[] {
  const fault = faultIn(scope, text, wanted)
  return fault === undefined ? [] : [invalidValue(at, text, fault)]
}
