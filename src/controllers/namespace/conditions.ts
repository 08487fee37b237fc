/** What a terminating namespace says of its deletion; `kubectl describe namespace` shows it. */
import type { KubeObject } from '../../kube/object.ts'
import type { Namespace } from '../../kube/types.ts'
import type { Refusal } from '../controller.ts'
import { timestampOf } from '../instant.ts'
import { failureTelling, isToldAnew, type Told } from './failure.ts'
import { remainingObjects } from './remaining.ts'

/** An object that is still there. */
export interface Remains {
  /** `pods.`, `deployments.apps`: Kubernetes writes the dot also where there is no group. */
  readonly resource: string
  readonly object: KubeObject
}

const finalizersOf = ({ object }: Remains): readonly string[] => object.metadata.finalizers ?? []

interface Left {
  readonly remains: readonly Remains[]
  /** Deletes that were refused. */
  readonly refusals: readonly Refusal[]
}

export function withConditions(namespace: Namespace, left: Left, now: number): Namespace {
  const conditions = [...(namespace.status.conditions ?? [])]
  for (const told of tellings(left)) {
    const at = conditions.findIndex(({ type }) => type === told.type)
    const former = conditions[at]
    if (!former) conditions.push({ ...told, lastTransitionTime: timestampOf(now) })
    else if (isToldAnew(former, told, now)) conditions[at] = { ...told, lastTransitionTime: timestampOf(now) }
  }
  return { ...namespace, status: { ...namespace.status, conditions } }
}

const tellings = ({ remains, refusals }: Left): Told[] => [
  {
    type: 'NamespaceDeletionDiscoveryFailure',
    status: 'False',
    reason: 'ResourcesDiscovered',
    message: 'All resources successfully discovered',
  },
  {
    type: 'NamespaceDeletionGroupVersionParsingFailure',
    status: 'False',
    reason: 'ParsedGroupVersions',
    message: 'All legacy kube types successfully parsed',
  },
  failureTelling(refusals),
  contentTelling(remains),
  finalizerTelling(remains),
  objectTelling(remains),
]

function contentTelling(remains: readonly Remains[]): Told {
  const type = 'NamespaceContentRemaining'
  if (remains.length === 0)
    return { type, status: 'False', reason: 'ContentRemoved', message: 'All content successfully removed' }
  const counts = counted(
    remains.map(({ resource }) => resource),
    'has',
    'resource instances',
  )
  return { type, status: 'True', reason: 'SomeResourcesRemain', message: `Some resources are remaining: ${counts}` }
}

function finalizerTelling(remains: readonly Remains[]): Told {
  const type = 'NamespaceFinalizersRemaining'
  const finalizers = remains.flatMap(finalizersOf)
  if (finalizers.length === 0)
    return {
      type,
      status: 'False',
      reason: 'ContentHasNoFinalizers',
      message: 'All content-preserving finalizers finished',
    }
  const counts = counted(finalizers, 'in', 'resource instances')
  return {
    type,
    status: 'True',
    reason: 'SomeFinalizersRemain',
    message: `Some content in the namespace has finalizers remaining: ${counts}`,
  }
}

/** Not one of Kubernetes': which objects these are, and since when they have been going. */
function objectTelling(remains: readonly Remains[]): Told {
  const type = 'NamespaceObjectsRemaining'
  if (remains.length === 0)
    return { type, status: 'False', reason: 'ObjectsRemoved', message: 'All objects successfully removed' }
  return {
    type,
    status: 'True',
    reason: 'SomeObjectsRemain',
    message: `Some objects are remaining: ${remainingObjects(remains)}`,
  }
}

/** `pods. has 2 resource instances, services. has 1 resource instances` */
function counted(names: readonly string[], verb: string, what: string): string {
  const counts = new Map<string, number>()
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
  return [...counts]
    .map(([name, count]) => `${name} ${verb} ${count} ${what}`)
    .sort()
    .join(', ')
}
