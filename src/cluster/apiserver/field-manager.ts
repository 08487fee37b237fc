/**
 * Whose name a write's fields go by: the `fieldManager` of the request, or the first part of the client's user agent.
 * https://kubernetes.io/docs/reference/using-api/server-side-apply/#managers
 */
import { invalid } from '../../kube/errors.ts'
import { type FieldError, FieldPath, forbiddenField, invalidValue, required, tooLong } from '../../kube/field.ts'
import { isTrue } from '../../kube/request.ts'

const MAX_BYTES = 128
const UNPRINTABLE = /[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/u
const UNPRINTABLES = new RegExp(UNPRINTABLE, 'gu')

const at = new FieldPath('fieldManager')

/** `options`: the kind of options that a refusal names. Throws 422. */
export function fieldManagerOf(
  search: URLSearchParams,
  userAgent: string | null,
  options: 'CreateOptions' | 'UpdateOptions' | 'PatchOptions',
): string {
  const given = search.get('fieldManager') ?? ''
  if (given === '') return firstPartOf(userAgent ?? '')
  refuse(options, fieldManagerErrors(given))
  return given
}

/** An applier must say who it is. Throws 422. */
export function applierOf(search: URLSearchParams): { readonly manager: string; readonly force: boolean } {
  const manager = search.get('fieldManager') ?? ''
  refuse('PatchOptions', manager === '' ? [required(at, 'is required for apply patch')] : fieldManagerErrors(manager))
  return { manager, force: isTrue(search.get('force')) }
}

/** Throws 422. */
export function refuseForce(search: URLSearchParams): void {
  if (search.get('force'))
    refuse('PatchOptions', [forbiddenField(new FieldPath('force'), 'may not be specified for non-apply patch')])
}

function refuse(options: string, errors: readonly FieldError[]): void {
  if (errors.length > 0) throw invalid({ group: 'meta.k8s.io', kind: options }, '', errors)
}

function fieldManagerErrors(given: string): FieldError[] {
  const errors = given.length > MAX_BYTES ? [tooLong(at, MAX_BYTES)] : []
  const match = UNPRINTABLE.exec(given)
  if (match)
    errors.push(invalidValue(at, given, `invalid character ${codePoint(match[0])} (at position ${match.index})`))
  return errors
}

const codePoint = (character: string): string =>
  `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`

const firstPartOf = (userAgent: string): string =>
  (userAgent.split('/', 1)[0] ?? '').replaceAll(UNPRINTABLES, '').slice(0, MAX_BYTES)
