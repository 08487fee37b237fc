/**
 * Priority: a Pod's priority is that of its PriorityClass.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/
 */
import { forbidden } from '../../../kube/errors.ts'
import { pods } from '../../../kube/resources/core/pod.ts'
import { priorityClasses } from '../../../kube/resources/scheduling/priority-class.ts'
import type { Pod, PriorityClass } from '../../../kube/types.ts'

const LOWER = 'PreemptLowerPriority'

/** In place. Throws 403. */
export function prioritize(classes: readonly PriorityClass[], pod: Pod): void {
  const { spec } = pod
  const found = classOf(classes, pod)
  const priority = found?.value ?? 0
  const policy = found?.preemptionPolicy ?? LOWER
  const refuse = (why: string) => {
    throw forbidden(pods, pod.metadata.name, why)
  }
  if (spec.priority !== undefined && spec.priority !== priority)
    refuse(
      `the integer value of priority (${spec.priority}) must not be provided in pod spec; priority admission controller computed ${priority} from the given PriorityClass name`,
    )
  if (spec.preemptionPolicy !== undefined && spec.preemptionPolicy !== policy)
    refuse(
      `the string value of PreemptionPolicy (${spec.preemptionPolicy}) must not be provided in pod spec; priority admission controller computed ${policy} from the given PriorityClass name`,
    )
  if (found) spec.priorityClassName = found.metadata.name
  spec.priority = priority
  spec.preemptionPolicy = policy
}

function classOf(classes: readonly PriorityClass[], { metadata, spec }: Pod): PriorityClass | undefined {
  const { priorityClassName: name } = spec
  // Should there be several defaults, the lowest counts.
  if (!name)
    return classes.filter(({ globalDefault }) => globalDefault).reduce<PriorityClass | undefined>(lower, undefined)
  const found = classes.find((one) => one.metadata.name === name)
  if (!found) throw forbidden(pods, metadata.name, `no PriorityClass with name ${name} was found`)
  return found
}

const lower = (a: PriorityClass | undefined, b: PriorityClass): PriorityClass =>
  a === undefined || b.value < a.value ? b : a

/** Throws 403. */
export function checkGlobalDefault(classes: readonly PriorityClass[], next: PriorityClass): void {
  if (!next.globalDefault) return
  const other = classes.find(({ metadata, globalDefault }) => globalDefault && metadata.name !== next.metadata.name)
  if (other)
    throw forbidden(
      priorityClasses,
      next.metadata.name,
      `PriorityClass ${other.metadata.name} is already marked as default. Only one default can exist`,
    )
}
