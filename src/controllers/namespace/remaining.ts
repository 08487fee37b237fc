/** Which objects hold a namespace that is going, by what, and since when: for who must free it. */
import { isTerminating, type KubeObject } from '../../kube/object.ts'
import { millisOf, timestampOf } from '../instant.ts'

/** A condition is read by people, and written with every change of it. */
const SHOWN = 10

interface Remaining {
  readonly resource: string
  readonly object: KubeObject
}

/**
 * `configmaps/held since 2026-01-01T10:00:00Z (finalizers example.com/hold)`: what could not even be deleted first, then
 * what finalizers hold, then the oldest.
 */
export function remainingObjects(remains: readonly Remaining[]): string {
  const ordered = remains
    .map((remain) => ({ ...remain, rank: rankOf(remain), since: sinceOf(remain.object) }))
    .sort((a, b) => a.rank - b.rank || a.since - b.since || (nameOf(a) < nameOf(b) ? -1 : 1))
  const shown = ordered.slice(0, SHOWN).map((one) => `${nameOf(one)}${stateOf(one)}`)
  const more = ordered.length - shown.length
  return shown.join(', ') + (more > 0 ? `, and ${more} more` : '')
}

function rankOf({ object }: Remaining): number {
  if (!isTerminating(object)) return 0
  return (object.metadata.finalizers ?? []).length > 0 ? 1 : 2
}

/** `pods/web`, `deployments.apps/web`: as kubectl takes it. */
const nameOf = ({ resource, object }: Remaining): string => `${resource.replace(/\.$/, '')}/${object.metadata.name}`

/** When its delete was asked for: the deadline, less the grace. */
const sinceOf = ({ metadata }: KubeObject): number =>
  (millisOf(metadata.deletionTimestamp) ?? 0) - (metadata.deletionGracePeriodSeconds ?? 0) * 1000

const stateOf = (one: Remaining & { readonly since: number }): string =>
  isTerminating(one.object) ? ` since ${timestampOf(one.since)}${heldBy(one)}` : ' (its delete is refused)'

function heldBy({ object }: Remaining): string {
  const { finalizers = [], deletionTimestamp, deletionGracePeriodSeconds: grace = 0 } = object.metadata
  if (finalizers.length > 0) return ` (finalizers ${finalizers.join(', ')})`
  return grace > 0 ? ` (grace until ${deletionTimestamp})` : ''
}
