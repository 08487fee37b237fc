/**
 * Whether a definition in a group of Kubernetes' own says that its API was reviewed.
 * https://github.com/kubernetes/enhancements/pull/1111
 */
import { type FieldError, FieldPath, invalidValue, required } from '../field.ts'
import { type CustomResourceDefinition, isProtectedGroup } from './definition.ts'

const ANNOTATION = 'api-approved.kubernetes.io'
const PROTECTED =
  'protected groups must have approval annotation "api-approved.kubernetes.io", see https://github.com/kubernetes/enhancements/pull/1111'

export type Approval = 'approved' | 'bypassed' | 'missing' | 'invalid'

export function approvalOf({ metadata }: CustomResourceDefinition): { state: Approval; why: string } {
  const value = metadata.annotations?.[ANNOTATION] ?? ''
  if (value === '') return { state: 'missing', why: PROTECTED }
  if (value.startsWith('unapproved')) return { state: 'bypassed', why: `not approved: ${JSON.stringify(value)}` }
  if (URL.canParse(value) && new URL(value).host !== '' && new URL(value).protocol !== '')
    return { state: 'approved', why: `approved in ${value}` }
  return {
    state: 'invalid',
    why: `protected groups must have approval annotation "${ANNOTATION}" with either a URL or a reason starting with "unapproved", see https://github.com/kubernetes/enhancements/pull/1111`,
  }
}

/** An update that leaves the annotation as it was is never refused for it. */
export function approvalErrors(
  next: CustomResourceDefinition,
  previous: CustomResourceDefinition | undefined,
): FieldError[] {
  if (!isProtectedGroup(next.spec.group ?? '')) return []
  const { state, why } = approvalOf(next)
  if (previous && approvalOf(previous).state === state) return []
  const at = new FieldPath('metadata.annotations').key(ANNOTATION)
  if (state === 'missing') return [required(at, why)]
  return state === 'invalid' ? [invalidValue(at, next.metadata.annotations?.[ANNOTATION], why)] : []
}
