/**
 * Keeps a number of Pods made from one template: the core of ReplicaSet and ReplicationController.
 * Must not know Deployments, nor which of the two it serves.
 * https://kubernetes.io/docs/concepts/workloads/controllers/replicaset/
 */
import type { StatusError } from '../../kube/errors.ts'
import { deepEqual } from '../../kube/json.ts'
import { isTerminating } from '../../kube/object.ts'
import { isPodActive } from '../../kube/pod/readiness.ts'
import type { Resource } from '../../kube/resource.ts'
import { pods } from '../../kube/resources/core/pod.ts'
import type { LabelSelector } from '../../kube/selectors.ts'
import type { Pod } from '../../kube/types.ts'
import {
  type ClusterView,
  create,
  lookAgain,
  MAX_WRITES,
  type NewObject,
  type Outcome,
  type ReconcileInput,
  record,
  remove,
  settled,
  update,
  updateStatus,
  type Write,
} from '../controller.ts'
import { isNamespaceGoing } from '../lifecycle.ts'
import { claim, controllerReference } from '../ownership.ts'
import { freeName } from './pod-name.ts'
import { inOrderOfDeletion } from './ranking.ts'
import { countedStatus, type Failure, type Workload } from './status.ts'

export interface ReplicasKind<T extends Workload> {
  readonly resource: Resource<T>
  /** Reporting component of its Events. */
  readonly component: string
  readonly selectorOf: (workload: T) => LabelSelector | undefined
  /** Pods of the same application, the workload's own included: where two share a node, one of them goes first. */
  readonly related: (workload: T, own: readonly Pod[], cluster: ClusterView) => readonly Pod[]
}

/** A Pod made or deleted is two writes: itself and the Event that tells of it. */
const MAX_PODS = MAX_WRITES / 2

export function reconcileReplicas<T extends Workload>(kind: ReplicasKind<T>, input: ReconcileInput): Outcome {
  const { cluster, key, now } = input
  const workload = cluster.get(kind.resource, key)
  const selector = workload && kind.selectorOf(workload)
  if (!workload || !selector) return settled
  const { owned, changed } = claim(
    cluster,
    { owner: workload, ownerResource: kind.resource, selector, resource: pods },
    isPodActive,
  )
  // What is adopted or released is written first; the change brings us back here to count.
  if (changed.length > 0)
    return { writes: changed.slice(0, MAX_WRITES).map((pod) => update(pods, pod)), more: changed.length > MAX_WRITES }
  const missing = (workload.spec.replicas ?? 1) - owned.length
  if (missing !== 0 && !isTerminating(workload) && !isNamespaceGoing(cluster, key.namespace))
    return missing > 0
      ? creation(kind, workload, owned, Math.min(missing, MAX_PODS), missing > MAX_PODS, input)
      : deletion(kind, workload, owned, -missing, input)
  const { status, lookAgainAt } = countedStatus(workload, owned, now)
  const outcome = lookAgainAt === undefined ? settled : lookAgain(lookAgainAt)
  if (deepEqual(status, workload.status)) return outcome
  return { ...outcome, writes: [updateStatus(kind.resource, { ...workload, status })] }
}

/**
 * Leaves the status alone: the new Pods are changes that bring us back here, and so a hundred of them cost one status
 * instead of many.
 */
function creation<T extends Workload>(
  kind: ReplicasKind<T>,
  workload: T,
  owned: readonly Pod[],
  count: number,
  more: boolean,
  { cluster, key, now }: ReconcileInput,
): Outcome {
  const writes: Write[] = []
  const names = new Set<string>()
  const isTaken = (name: string) =>
    names.has(name) || cluster.get(pods, { namespace: key.namespace, name }) !== undefined
  const failed = failureOf(CREATION, kind, workload, owned, now)
  for (let at = 0; at < count; at++) {
    const name = freeName(`${key.name}-`, `${workload.metadata.uid}/${now}/${owned.length + at}`, isTaken)
    names.add(name)
    const done = [eventOf(kind, workload, 'SuccessfulCreate', `Created pod: ${name}`)]
    writes.push({ ...createPod(kind, workload, name), failed, done })
  }
  // After a refusal one Pod tells whether the others would be refused too.
  const isFailing = workload.status.conditions?.some(
    ({ type, reason }) => type === 'ReplicaFailure' && reason === CREATION.reason,
  )
  return isFailing ? { writes: writes.slice(0, 1) } : { writes, more }
}

function createPod<T extends Workload>(kind: ReplicasKind<T>, workload: T, name: string): Write & { verb: 'create' } {
  const { metadata, spec } = workload.spec.template ?? {}
  const object: NewObject = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      generateName: `${workload.metadata.name}-`,
      namespace: workload.metadata.namespace,
      ...(metadata?.labels ? { labels: metadata.labels } : {}),
      ...(metadata?.annotations ? { annotations: metadata.annotations } : {}),
      ...(metadata?.finalizers ? { finalizers: metadata.finalizers } : {}),
      ownerReferences: [controllerReference(kind.resource, workload)],
    },
    spec,
  }
  return create(pods as unknown as Resource, object) as Write & { verb: 'create' }
}

interface FailureKind {
  readonly reason: Failure['reason']
  /** How its Event begins. */
  readonly says: string
}

const CREATION: FailureKind = { reason: 'FailedCreate', says: 'Error creating' }
const DELETION: FailureKind = { reason: 'FailedDelete', says: 'Error deleting' }

/** The first refusal is told, the others of the same outcome would only repeat it. */
function failureOf<T extends Workload>(
  { reason, says }: FailureKind,
  kind: ReplicasKind<T>,
  workload: T,
  owned: readonly Pod[],
  now: number,
) {
  let isTold = false
  return (error: StatusError): readonly Write[] => {
    if (isTold) return []
    isTold = true
    const failure: Failure = { reason, message: error.message }
    const { status } = countedStatus(workload, owned, now, failure)
    return [
      updateStatus(kind.resource, { ...workload, status }),
      record({
        about: workload,
        type: 'Warning',
        reason,
        message: `${says}: ${error.message}`,
        component: kind.component,
      }),
    ]
  }
}

function deletion<T extends Workload>(
  kind: ReplicasKind<T>,
  workload: T,
  owned: readonly Pod[],
  surplus: number,
  { cluster, now }: ReconcileInput,
): Outcome {
  const related = kind.related(workload, owned, cluster)
  const going = inOrderOfDeletion({ pods: owned, related, now }).slice(0, Math.min(surplus, MAX_PODS))
  const failed = failureOf(DELETION, kind, workload, owned, now)
  const writes = going.map((pod) => ({
    ...remove(pods, pod),
    failed,
    done: [eventOf(kind, workload, 'SuccessfulDelete', `Deleted pod: ${pod.metadata.name}`)],
  }))
  return { writes, more: surplus > MAX_PODS }
}

const eventOf = <T extends Workload>(kind: ReplicasKind<T>, workload: T, reason: string, message: string): Write =>
  record({ about: workload, type: 'Normal', reason, message, component: kind.component })
