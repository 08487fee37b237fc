/** The versions of a review (AdmissionReview, ConversionReview) that a webhook understands. */
import { type FieldError, type FieldPath, invalidValue } from '../field.ts'
import { dns1035Errors } from '../names.ts'

/** Those that are sent. */
export const REVIEW_VERSIONS: readonly string[] = ['v1', 'v1beta1']

/** Of a list that is not empty. `known`: one of those that are sent must be among them. */
export function reviewVersionErrors(versions: readonly string[], at: FieldPath, known = true): FieldError[] {
  const errors: FieldError[] = []
  for (const [index, version] of versions.entries()) {
    if (versions.indexOf(version) < index) errors.push(invalidValue(at.index(index), version, 'duplicate version'))
    else for (const why of dns1035Errors(version)) errors.push(invalidValue(at.index(index), version, why))
  }
  if (known && !speaks(versions))
    errors.push(invalidValue(at, versions, `must include at least one of ${REVIEW_VERSIONS.join(', ')}`))
  return errors
}

export const speaks = (versions: readonly string[]): boolean =>
  versions.some((version) => REVIEW_VERSIONS.includes(version))
