/** The refusal of an apply that would take fields from others: whose, and which. */
import { StatusError } from '../errors.ts'
import { printPath } from './elements.ts'
import type { Entry } from './entries.ts'
import { type FieldSet, pathsOf } from './field-set.ts'

export interface Conflict {
  readonly entry: Entry
  readonly fields: FieldSet
}

/** 409, in the words and with the causes that `kubectl apply` shows its help for. */
export function applyConflict(conflicts: readonly Conflict[]): StatusError {
  const each = conflicts.flatMap(({ entry, fields }) =>
    [...pathsOf(fields)].map((path) => ({ manager: printManager(entry), path: printPath(path) })),
  )
  const causes = each.map(({ manager, path }) => ({
    reason: 'FieldManagerConflict',
    message: `conflict with ${manager}`,
    field: path,
  }))
  return new StatusError(409, 'Conflict', messageOf(each), { causes })
}

function messageOf(conflicts: readonly { readonly manager: string; readonly path: string }[]): string {
  const [only] = conflicts
  if (only && conflicts.length === 1) return `Apply failed with 1 conflict: conflict with ${only.manager}: ${only.path}`
  const managers = [...new Set(conflicts.map(({ manager }) => manager))].sort()
  const lines = managers.flatMap((manager) => [
    `conflicts with ${manager}:`,
    ...conflicts.filter((conflict) => conflict.manager === manager).map(({ path }) => `- ${path}`),
  ])
  return `Apply failed with ${conflicts.length} conflicts: ${lines.join('\n')}`
}

function printManager({ manager = '', operation, apiVersion, subresource }: Entry): string {
  const name = `${JSON.stringify(manager)}${subresource ? ` with subresource ${JSON.stringify(subresource)}` : ''}`
  return operation === 'Update' ? `${name} using ${apiVersion}` : name
}
