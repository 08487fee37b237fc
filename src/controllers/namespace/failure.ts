/** Whether a terminating namespace's content could be deleted, in the words of Kubernetes (namespace_conditions.go). */
import type { Namespace } from '../../kube/types.ts'
import type { Refusal } from '../controller.ts'
import { millisOf } from '../instant.ts'

type Condition = NonNullable<Namespace['status']['conditions']>[number]

/** What a condition says, whenever it was. */
export type Told = Pick<Condition, 'type' | 'status' | 'reason' | 'message'>

const TYPE = 'NamespaceDeletionContentFailure'
/** Each refusal may have other words (a webhook's time-out, an id): they are a status written, and no reason to look again. */
const MESSAGE_MS = 30_000
/** A webhook's words may be long, and there may be a hundred kinds. */
const MAX_MESSAGE = 4096

/** One error a kind, as its deletecollection would have had: 60 ConfigMaps that a webhook keeps are one that remains. */
export function failureTelling(refusals: readonly Refusal[]): Told {
  const errors = [...errorByKind(refusals).values()].sort()
  if (errors.length === 0)
    return {
      type: TYPE,
      status: 'False',
      reason: 'ContentDeleted',
      message: 'All content successfully deleted, may be waiting on finalization',
    }
  const message = `Failed to delete all resource types, ${errors.length} remaining: ${errors.join(', ')}`
  return { type: TYPE, status: 'True', reason: 'ContentDeletionFailed', message: message.slice(0, MAX_MESSAGE) }
}

/** The first of each kind. */
function errorByKind(refusals: readonly Refusal[]): ReadonlyMap<string, string> {
  const errors = new Map<string, string>()
  for (const { group, error } of refusals)
    for (const write of group) {
      if (write.verb !== 'delete') continue
      const kind = `${write.resource.plural}.${write.resource.group}`
      if (!errors.has(kind)) errors.set(kind, error.message)
    }
  return errors
}

/** Whether a condition says something that it did not. A failure that only found other words says so now and then. */
export function isToldAnew(former: Condition, told: Told, now: number): boolean {
  if (former.status !== told.status || former.reason !== told.reason) return true
  if (former.message === told.message) return false
  const since = millisOf(former.lastTransitionTime) ?? 0
  return told.type !== TYPE || told.status !== 'True' || now - since >= MESSAGE_MS
}
