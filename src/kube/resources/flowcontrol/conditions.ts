/** Conditions of flow control's kinds: one of each type. */
import { duplicate, type FieldError, type FieldPath, required } from '../../field.ts'

export function conditionErrors(
  conditions: readonly { readonly type?: string }[] | undefined,
  at: FieldPath,
): FieldError[] {
  const types = new Set<string>()
  return (conditions ?? []).flatMap(({ type = '' }, index) => {
    const here = at.child('conditions').index(index).child('type')
    if (type === '') return [required(here, 'must not be empty')]
    if (types.has(type)) return [duplicate(here, type)]
    types.add(type)
    return []
  })
}
