/**
 * Which names a definition gets: those that no other of its group has been given. One whose first names are accepted is
 * established, and stays so.
 */
import { approvalOf } from '../../kube/custom/api-approval.ts'
import {
  type CustomResourceDefinition,
  conditionOf,
  isProtectedGroup,
  isTrue,
  type Names,
  withCondition,
} from '../../kube/custom/definition.ts'
import { deepEqual } from '../../kube/json.ts'

interface Conflict {
  readonly reason: string
  readonly message: string
}

/** The definition with its status told anew. `others`: those of the same group. */
export function withNames(
  definition: CustomResourceDefinition,
  others: readonly CustomResourceDefinition[],
  now: number,
): CustomResourceDefinition {
  const { accepted, conflict } = acceptedNames(definition, others)
  const named: CustomResourceDefinition = {
    ...definition,
    status: { ...definition.status, acceptedNames: accepted },
  }
  const told = withCondition(
    named,
    conflict
      ? { type: 'NamesAccepted', status: 'False', ...conflict }
      : { type: 'NamesAccepted', status: 'True', reason: 'NoConflicts', message: 'no conflicts found' },
    now,
  )
  return withApproval(withEstablished(told, conflict === undefined, now), now)
}

function withEstablished(definition: CustomResourceDefinition, areAccepted: boolean, now: number) {
  if (isTrue(definition, 'Established')) return definition
  return withCondition(
    definition,
    areAccepted
      ? {
          type: 'Established',
          status: 'True',
          reason: 'InitialNamesAccepted',
          message: 'the initial names have been accepted',
        }
      : { type: 'Established', status: 'False', reason: 'NotAccepted', message: 'not all names are accepted' },
    now,
  )
}

function withApproval(definition: CustomResourceDefinition, now: number): CustomResourceDefinition {
  if (!isProtectedGroup(definition.spec.group)) return definition
  const { state, why } = approvalOf(definition)
  const reason = {
    approved: 'ApprovedAnnotation',
    bypassed: 'UnapprovedAnnotation',
    missing: 'MissingAnnotation',
    invalid: 'InvalidAnnotation',
  }[state]
  const status = state === 'approved' ? 'True' : 'False'
  const type = 'KubernetesAPIApprovalPolicyConformant'
  const former = conditionOf(definition, type)
  if (former?.status === status && former.reason === reason && former.message === why) return definition
  return withCondition(definition, { type, status, reason, message: why }, now)
}

/** Kinds and resource names are two spaces of names; within each a name is one definition's. */
function acceptedNames(
  { spec, status }: CustomResourceDefinition,
  others: readonly CustomResourceDefinition[],
): { accepted: Partial<Names>; conflict: Conflict | undefined } {
  const given = others.map((other) => other.status.acceptedNames ?? {})
  const resources = new Set(given.flatMap(({ plural, singular, shortNames = [] }) => [plural, singular, ...shortNames]))
  const kinds = new Set(given.flatMap(({ kind, listKind }) => [kind, listKind]))
  const accepted: Partial<Names> = { ...status.acceptedNames }
  let conflict: Conflict | undefined
  const inUse = (names: readonly string[]): string => {
    const texts = names.map((name) => `${JSON.stringify(name)} is already in use`)
    return texts.length === 1 ? (texts[0] ?? '') : `[${texts.join(', ')}]`
  }
  const claim = (field: 'plural' | 'singular' | 'kind' | 'listKind', taken: ReadonlySet<string | undefined>) => {
    const name = spec.names[field]
    if (name === undefined || accepted[field] === name) return
    if (taken.has(name)) conflict = { reason: `${capital(field)}Conflict`, message: inUse([name]) }
    else accepted[field] = name
  }
  claim('plural', resources)
  claim('singular', resources)
  const shortNames = spec.names.shortNames ?? []
  const own = accepted.shortNames ?? []
  const clashing = shortNames.filter((name) => !own.includes(name) && resources.has(name))
  if (clashing.length > 0) conflict = { reason: 'ShortNamesConflict', message: inUse(clashing) }
  else set(accepted, 'shortNames', shortNames)
  claim('kind', kinds)
  claim('listKind', kinds)
  set(accepted, 'categories', spec.names.categories ?? [])
  return { accepted, conflict }
}

/** An empty list is an absent one. */
function set(names: Partial<Names>, field: 'shortNames' | 'categories', values: string[]): void {
  if (values.length === 0) delete names[field]
  else if (!deepEqual(names[field], values)) names[field] = values
}

const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1)
