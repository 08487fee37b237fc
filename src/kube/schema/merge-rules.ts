/**
 * How a field's value is merged: by strategic merge patches (`x-kubernetes-patch-*`) and by server-side apply
 * (`x-kubernetes-list-type` and its like). What has no rule is replaced whole where it is a list, and merged where it is
 * a record.
 * https://kubernetes.io/docs/reference/using-api/server-side-apply/#merge-strategy
 */
import { mergeRules } from '../generated/merge-rules.ts'

export interface PatchRule {
  /** Field that tells the items of a list apart; absent where items are texts. */
  readonly key?: string
  readonly strategy: 'merge' | 'merge,retainKeys' | 'retainKeys'
}

/**
 * A list whose items are told apart by `keys`, or are texts that stand once; what one manager has as a whole; or what is had
 * field by field, though its type says otherwise.
 */
export type ApplyRule =
  | { readonly as: 'map'; readonly keys: readonly string[] }
  | { readonly as: 'set' | 'atomic' | 'granular' }

interface Rules {
  readonly apply?: ApplyRule
  readonly patch?: PatchRule
}

const known = new Map<string, Rules>()

/** `field` '' is the struct itself. */
function rulesOf(schema: string | undefined, field: string): Rules | undefined {
  const fields = schema === undefined ? undefined : mergeRules[schema]
  const text = fields && Object.hasOwn(fields, field) ? fields[field] : undefined
  if (text === undefined) return undefined
  const rules = known.get(text) ?? parse(text)
  known.set(text, rules)
  return rules
}

function parse(text: string): Rules {
  const [applied = '', patched] = text.split('|')
  const [as, keys = ''] = applied.split(' ')
  const [strategy, key] = patched?.split(' ') ?? []
  return {
    ...(as === 'map'
      ? { apply: { as, keys: keys.split(',') } }
      : as === 'set' || as === 'atomic' || as === 'granular'
        ? { apply: { as } }
        : {}),
    // The table has no other strategies.
    ...(strategy ? { patch: { strategy: strategy as PatchRule['strategy'], ...(key ? { key } : {}) } } : {}),
  }
}

export const patchRule = (schema: string | undefined, field: string): PatchRule | undefined =>
  rulesOf(schema, field)?.patch

export const applyRule = (schema: string | undefined, field: string): ApplyRule | undefined =>
  rulesOf(schema, field)?.apply
