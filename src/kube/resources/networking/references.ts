/** Objects named by group, kind and name, as Ingresses and their classes do (ValidateIngressTypedLocalObjectReference). */
import { type FieldError, type FieldPath, invalidEach, required } from '../../field.ts'
import { dnsSubdomainErrors, pathSegmentErrors } from '../../names.ts'

interface Reference {
  readonly apiGroup?: string
  readonly kind?: string
  readonly name?: string
}

export function referenceErrors({ apiGroup, kind, name }: Reference, at: FieldPath): FieldError[] {
  return [
    ...(apiGroup === undefined ? [] : invalidEach(at.child('apiGroup'), apiGroup, dnsSubdomainErrors(apiGroup))),
    ...segmentErrors(kind, at.child('kind'), 'kind is required'),
    ...segmentErrors(name, at.child('name'), 'name is required'),
  ]
}

const segmentErrors = (text: string | undefined, at: FieldPath, missing: string): FieldError[] =>
  text ? invalidEach(at, text, pathSegmentErrors(text)) : [required(at, missing)]
