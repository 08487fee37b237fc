/**
 * What is wrong with an object as such: the schema and the kind's own rules, which are more exact. Of a field that a kind
 * judges, the schema says nothing beside it: nobody is told twice of one value.
 */
import { type FieldError, type FieldPath, root } from './field.ts'
import type { KubeObject } from './object.ts'
import type { Resource } from './resource.ts'
import { requiredErrors } from './schema/required.ts'

/** On an update `previous` is what was there. */
export function objectErrors<T extends KubeObject>(resource: Resource<T>, object: T, previous?: T): FieldError[] {
  const rules = resource.validate(object, root, previous)
  // A custom kind's schema says for itself what must be there.
  return resource.custom ? rules : besideSchema(resource.schema, object, root, rules)
}

/** `rules`, after what the schema says of other fields. */
export function besideSchema(
  schema: string,
  object: unknown,
  at: FieldPath,
  rules: readonly FieldError[],
): FieldError[] {
  const known = requiredErrors(schema, object, at)
  if (known.length === 0 || rules.length === 0) return [...known, ...rules]
  const judged = new Set(rules.map(({ field }) => field))
  return [...known.filter(({ field }) => !judged.has(field)), ...rules]
}
