/**
 * Turns a query into SQL: which rows of a resource, in order of namespace and name. Equality requirements on labels and
 * indexed fields are answered by the index alone, one on a kind's subject by a look at each key; whatever is left is a
 * filter over the parsed object.
 */

import { stringify } from '../kube/json.ts'
import type { Key, KubeObject } from '../kube/object.ts'
import { type Resource, resourceName } from '../kube/resource.ts'
import { type FieldTerm, type LabelRequirement, type LabelSelector, matches } from '../kube/selectors.ts'
import { fieldKey, labelKey } from './entries.ts'
import type { SqlValue } from './sql.ts'

export interface Query {
  readonly namespace?: string | undefined
  readonly labels?: LabelSelector | undefined
  readonly fields?: readonly FieldTerm[] | undefined
  /** Only what follows this key. */
  readonly after?: Key | undefined
}

export interface Plan {
  /** `FROM ... WHERE ...` over `objects o`. */
  readonly from: string
  /** The same with each object's current log row `c`, which has its text. */
  readonly fromTexts: string
  /** `ORDER BY` namespace and name, as the tables have them anyway. */
  readonly order: string
  readonly bindings: readonly SqlValue[]
  /** What SQL could not decide; undefined if nothing is left. */
  readonly filter: ((object: KubeObject) => boolean) | undefined
}

/** Equality terms beyond this many are left to the filter: SQLite's compiler, not the data, would dominate. */
const MAX_INDEXED_TERMS = 4

export function plan(resource: Resource, query: Query): Plan {
  const equalities: { key: string; value: string }[] = []
  const labelRest: LabelRequirement[] = []
  for (const requirement of query.labels?.requirements ?? []) {
    if (isEquality(requirement) && resource.indexed && equalities.length < MAX_INDEXED_TERMS) {
      equalities.push({ key: labelKey(requirement.key), value: requirement.values[0] ?? '' })
    } else labelRest.push(requirement)
  }
  let readsText = false
  const where: string[] = []
  const bindings: SqlValue[] = []
  const fieldRest: FieldTerm[] = []
  let namespace = query.namespace
  let name: string | undefined
  let subject: string | undefined
  for (const term of query.fields ?? []) {
    if (term.op === '=' && term.field === 'metadata.name') name = term.value
    else if (term.op === '=' && term.field === 'metadata.namespace' && namespace === undefined) namespace = term.value
    else if (term.op === '=' && term.value !== '' && resource.indexedFields.includes(term.field))
      equalities.push({ key: fieldKey(term.field), value: term.value })
    else if (term.op === '=' && term.value !== '' && term.field === resource.subjectField) subject = term.value
    else fieldRest.push(term)
  }
  const type = resourceName(resource)
  const [first, ...others] = equalities
  const tables =
    first === undefined
      ? 'objects o'
      : 'entries i CROSS JOIN objects o ON o.resource = i.resource AND o.namespace = i.namespace AND o.name = i.name'
  const keyed = first === undefined ? 'o' : 'i'
  if (first !== undefined) {
    where.push('i.key = ? AND i.value = ?')
    bindings.push(first.key, first.value)
  }
  where.push(`${keyed}.resource = ?`)
  bindings.push(type)
  if (namespace !== undefined) {
    where.push(`${keyed}.namespace = ?`)
    bindings.push(namespace)
  }
  if (name !== undefined) {
    where.push(`${keyed}.name = ?`)
    bindings.push(name)
  }
  if (subject !== undefined) {
    where.push('o.subject = ?')
    bindings.push(subject)
  }
  if (query.after && namespace !== undefined && namespace === query.after.namespace) {
    // Of one namespace the key's last column goes on: a row value would be compared with each row from its beginning.
    where.push(`${keyed}.name > ?`)
    bindings.push(query.after.name)
  } else if (query.after) {
    where.push(`(${keyed}.namespace, ${keyed}.name) > (?, ?)`)
    bindings.push(query.after.namespace, query.after.name)
  }
  for (const term of fieldRest) {
    if (resource.indexed || term.op !== '=' || term.value === '') continue
    // What has no index is at least not parsed in vain: fields of such kinds stand in the text as they are asked for.
    where.push('instr(c.body, ?) > 0')
    bindings.push(stringify(term.value))
    readsText = true
  }
  for (const { key, value } of others) {
    where.push(
      'EXISTS (SELECT 1 FROM entries e WHERE e.key = ? AND e.value = ? AND e.resource = o.resource AND e.namespace = o.namespace AND e.name = o.name)',
    )
    bindings.push(key, value)
  }
  const fromTexts = `FROM ${tables} CROSS JOIN changes c ON c.rv = o.logged WHERE ${where.join(' AND ')}`
  return {
    from: readsText ? fromTexts : `FROM ${tables} WHERE ${where.join(' AND ')}`,
    fromTexts,
    order: `ORDER BY ${keyed}.namespace, ${keyed}.name`,
    bindings,
    filter: filterOf(resource, labelRest, fieldRest),
  }
}

const isEquality = (requirement: LabelRequirement): requirement is LabelRequirement & { op: 'in' } =>
  requirement.op === 'in' && requirement.values.length === 1

function filterOf(
  resource: Resource,
  requirements: readonly LabelRequirement[],
  terms: readonly FieldTerm[],
): Plan['filter'] {
  if (requirements.length === 0 && terms.length === 0) return undefined
  const labels: LabelSelector = { requirements }
  return (object) => matches(labels, object.metadata.labels) && matchesFields(resource, terms, object)
}

/** Field selectors of one kind; every kind has metadata.name and metadata.namespace. */
export function matchesFields(resource: Resource, terms: readonly FieldTerm[], object: KubeObject): boolean {
  return terms.every((term) => (fieldOf(resource, term.field, object) === term.value) === (term.op === '='))
}

function fieldOf(resource: Resource, field: string, object: KubeObject): string {
  if (field === 'metadata.name') return object.metadata.name
  if (field === 'metadata.namespace') return object.metadata.namespace ?? ''
  return resource.fields[field]?.(object) ?? ''
}

/** Whether an object is in a query's answer; what a watch asks for each change. */
export function inQuery(resource: Resource, query: Query, object: KubeObject): boolean {
  if (query.namespace !== undefined && query.namespace !== (object.metadata.namespace ?? '')) return false
  if (query.labels && !matches(query.labels, object.metadata.labels)) return false
  return query.fields === undefined || matchesFields(resource, query.fields, object)
}
