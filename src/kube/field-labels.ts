/**
 * Which fields the objects of a kind may be selected by. Kinds that have selectors of their own refuse others in words of
 * their own; all others know an object's name and namespace.
 */
import { badRequest } from './errors.ts'
import type { Resource } from './resource.ts'
import type { FieldTerm } from './selectors.ts'

/** Throws 400. */
export function checkFieldLabels(resource: Resource, terms: readonly FieldTerm[]): void {
  for (const { field } of terms) if (!isKnown(resource, field)) throw badRequest(refusal(resource, field))
}

/** Of custom resources the definition says what else there is, and it may say nothing. */
const hasOwn = ({ custom, fields }: Resource): boolean => custom !== undefined || Object.keys(fields).length > 0

function isKnown(resource: Resource, field: string): boolean {
  if (field === 'metadata.name') return true
  // What lies in no namespace may be asked for one all the same, where nobody has thought of it.
  if (field === 'metadata.namespace') return resource.scope === 'namespaced' || !hasOwn(resource)
  return Object.hasOwn(resource.fields, field) && !resource.hiddenFields.includes(field)
}

const refusal = (resource: Resource, field: string): string =>
  hasOwn(resource)
    ? resource.unknownField(field)
    : `${JSON.stringify(field)} is not a known field selector: only "metadata.name", "metadata.namespace"`
