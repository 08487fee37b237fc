/**
 * The ReplicaSet of a Deployment's present template: finding it by that template (so that an old one comes back when
 * the template does, which is all that `kubectl rollout undo` needs) and making it.
 */
import { deepEqual } from '../../kube/json.ts'
import { templateHash } from '../../kube/pod/template.ts'
import { apiVersionOf, type Resource } from '../../kube/resource.ts'
import { deployments } from '../../kube/resources/apps/deployment.ts'
import { replicaSets } from '../../kube/resources/apps/replica-set.ts'
import type { Deployment, ReplicaSet } from '../../kube/types.ts'
import { type ClusterView, type NewObject, type Outcome, record, updateStatus, type Write } from '../controller.ts'
import { controllerReference } from '../ownership.ts'
import { type ConditionType, conditionAt, conditionOf, withCondition } from './conditions.ts'
import { grownSize } from './growth.ts'
import { progressDeadlineOf, replicasOf } from './limits.ts'
import { nextRevision, REVISION, rolloutAnnotations } from './revisions.ts'
import { COMPONENT, noteRevision, type Rollout } from './rollout.ts'

export const TEMPLATE_HASH = 'pod-template-hash'

/** The oldest set whose template is the Deployment's, but for the hash. */
export const setOfTemplate = (deployment: Deployment, oldestFirst: readonly ReplicaSet[]): ReplicaSet | undefined =>
  oldestFirst.find((set) => isSameTemplate(set, deployment))

function isSameTemplate(set: ReplicaSet, deployment: Deployment): boolean {
  const left = set.spec.template
  const right = deployment.spec.template
  if (!left || !right) return false
  return deepEqual(left.spec, right.spec) && deepEqual(comparable(left.metadata), comparable(right.metadata))
}

type TemplateMetadata = NonNullable<ReplicaSet['spec']['template']>['metadata']

/** Absent and empty maps are the same; the hash is the set's own. */
function comparable(metadata: TemplateMetadata): Record<string, unknown> {
  const { labels, annotations, ...rest } = metadata ?? {}
  const { [TEMPLATE_HASH]: _, ...others } = labels ?? {}
  return { ...rest, labels: others, annotations: annotations ?? {} }
}

/** Brings a set that exists up to date with its Deployment, and the Deployment's revision with the set's. */
export function syncRevision(rollout: Rollout): void {
  const { current, deployment } = rollout
  if (!current) return
  const revision = nextRevision(rollout.old.map(({ set }) => set))
  const { set } = current
  const { minReadySeconds } = deployment.spec
  current.set = {
    ...set,
    metadata: { ...set.metadata, annotations: rolloutAnnotations(deployment, set, revision) },
    spec: (set.spec.minReadySeconds ?? 0) === (minReadySeconds ?? 0) ? set.spec : { ...set.spec, minReadySeconds },
  }
  noteRevision(rollout, current.set.metadata.annotations?.[REVISION])
  if (progressDeadlineOf(deployment) === undefined || conditionOf(deployment.status, 'Progressing')) return
  // Progress is watched from now on: someone set a deadline, or the set was adopted.
  setProgressing(rollout, 'FoundNewReplicaSet', `Found new replica set "${set.metadata.name}"`)
}

function setProgressing(rollout: Rollout, reason: string, message: string): void {
  const type: ConditionType = 'Progressing'
  const condition = conditionAt({ type, status: 'True', reason, message }, rollout.now)
  const { deployment } = rollout
  rollout.deployment = { ...deployment, status: withCondition(deployment.status, condition) }
}

/**
 * Makes the set. What tells of it (revision, condition, Event) is written once it is made; where it is refused, the
 * refusal is told instead. The rollout goes on from the change.
 */
export function createSet(rollout: Rollout, cluster: ClusterView): Outcome {
  const { deployment } = rollout
  const hash = templateHash(deployment.spec.template, deployment.status.collisionCount)
  const name = `${deployment.metadata.name}-${hash}`
  const namespace = deployment.metadata.namespace ?? ''
  if (cluster.get(replicaSets, { namespace, name })) return { writes: [collision(rollout)] }
  const size = grownSize(rollout, undefined, replicasOf(deployment))
  const revision = nextRevision(rollout.old.map(({ set }) => set))
  const object = newSet(deployment, {
    name,
    hash,
    size,
    annotations: rolloutAnnotations(deployment, undefined, revision),
  })
  return {
    writes: [
      {
        verb: 'create',
        resource: replicaSets as unknown as Resource,
        object,
        done: told(rollout, { name, size, revision }),
        failed: (error) => refused(rollout, name, error.message),
      },
    ],
  }
}

interface NewSet {
  readonly name: string
  readonly hash: string
  readonly size: number
  readonly annotations: Record<string, string>
}

function newSet(deployment: Deployment, { name, hash, size, annotations }: NewSet): NewObject {
  const { template, selector, minReadySeconds } = deployment.spec
  const labels = { ...template.metadata?.labels, [TEMPLATE_HASH]: hash }
  return {
    apiVersion: apiVersionOf(replicaSets),
    kind: replicaSets.kind,
    metadata: {
      name,
      namespace: deployment.metadata.namespace,
      labels,
      annotations,
      ownerReferences: [controllerReference(deployments, deployment)],
    },
    spec: {
      replicas: size,
      ...(minReadySeconds ? { minReadySeconds } : {}),
      selector: { ...selector, matchLabels: { ...selector.matchLabels, [TEMPLATE_HASH]: hash } },
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
  }
}

function told(rollout: Rollout, { name, size, revision }: { name: string; size: number; revision: number }): Write[] {
  const next: Rollout = { ...rollout, events: [] }
  noteRevision(next, String(revision))
  if (progressDeadlineOf(rollout.deployment) !== undefined)
    setProgressing(next, 'NewReplicaSetCreated', `Created new replica set "${name}"`)
  const message = `Scaled up replica set ${name} from 0 to ${size}`
  return [
    ...(size > 0 ? [eventOf(rollout, 'Normal', 'ScalingReplicaSet', message)] : []),
    ...(next.deployment === rollout.stored ? [] : [updateStatus(deployments, next.deployment)]),
  ]
}

function refused(rollout: Rollout, name: string, why: string): Write[] {
  const { deployment, now } = rollout
  const reason = 'ReplicaSetCreateError'
  const message = `Failed to create new replica set "${name}": ${why}`
  const event = eventOf(rollout, 'Warning', reason, message)
  if (progressDeadlineOf(deployment) === undefined) return [event]
  const condition = conditionAt({ type: 'Progressing', status: 'False', reason, message }, now)
  return [updateStatus(deployments, { ...deployment, status: withCondition(deployment.status, condition) }), event]
}

/** Another set has the name: a hash that takes the count of collisions in gives the next try another one. */
function collision({ deployment }: Rollout): Write {
  const collisionCount = (deployment.status.collisionCount ?? 0) + 1
  return updateStatus(deployments, { ...deployment, status: { ...deployment.status, collisionCount } })
}

const eventOf = ({ stored }: Rollout, type: 'Normal' | 'Warning', reason: string, message: string): Write =>
  record({ about: stored, type, reason, message, component: COMPONENT })
