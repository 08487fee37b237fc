/**
 * What `kubectl rollout` does, decided here and written as patches: undo, pause, resume, restart.
 * https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#rolling-back-a-deployment
 */
import { badRequest, StatusError } from '../kube/errors.ts'
import { deepEqual } from '../kube/json.ts'
import { isControlledBy } from '../kube/object.ts'
import type { Deployment, ReplicaSet } from '../kube/types.ts'
import { LAST_APPLIED } from './apply.ts'

const REVISION = 'deployment.kubernetes.io/revision'
const TEMPLATE_HASH = 'pod-template-hash'
const RESTARTED_AT = 'kubectl.kubernetes.io/restartedAt'

/** A Deployment's own, whatever its revision; all other annotations come back with the revision. */
const KEPT = new Set([
  LAST_APPLIED,
  REVISION,
  'deployment.kubernetes.io/revision-history',
  'deployment.kubernetes.io/desired-replicas',
  'deployment.kubernetes.io/max-replicas',
  'deprecated.deployment.rollback.to',
])

/** JSON patch that brings a revision back; undefined where it is there already. 0 is the one before the current. */
export function undo(deployment: Deployment, sets: readonly ReplicaSet[], toRevision: number): unknown[] | undefined {
  const { name } = deployment.metadata
  if (deployment.spec.paused) throw badRequest(`deployments.apps "${name}" is paused; resume it first and try again`)
  const set = setOfRevision(deployment, sets, toRevision)
  const template = withoutHash(set.spec.template)
  if (deepEqual(template, withoutHash(deployment.spec.template))) return undefined
  return [
    // What was decided on is what is changed: else Conflict, and the caller looks again.
    { op: 'test', path: '/metadata/resourceVersion', value: deployment.metadata.resourceVersion },
    { op: 'replace', path: '/spec/template', value: template },
    { op: 'add', path: '/metadata/annotations', value: annotationsOf(deployment, set) },
  ]
}

const revisionOf = ({ metadata }: ReplicaSet): number => Number(metadata.annotations?.[REVISION] ?? 0)

function setOfRevision(deployment: Deployment, sets: readonly ReplicaSet[], toRevision: number): ReplicaSet {
  const own = sets.filter((set) => isControlledBy(set, deployment)).sort((a, b) => revisionOf(b) - revisionOf(a))
  const found = toRevision === 0 ? own[1] : own.find((set) => revisionOf(set) === toRevision)
  if (found) return found
  const what =
    toRevision === 0 ? 'no rollout history found' : `unable to find specified revision ${toRevision} in history`
  throw new StatusError(404, 'NotFound', `${what} for deployment "${deployment.metadata.name}"`, {
    name: deployment.metadata.name,
    group: 'apps',
    kind: 'deployments',
  })
}

type Template = Deployment['spec']['template'] | ReplicaSet['spec']['template']

/** The controller's label tells revisions apart; it is not the user's. */
function withoutHash(template: Template): unknown {
  const { [TEMPLATE_HASH]: _, ...labels } = template?.metadata?.labels ?? {}
  return { ...template, metadata: { ...template?.metadata, labels } }
}

function annotationsOf(deployment: Deployment, set: ReplicaSet): Record<string, string> {
  const own = Object.entries(deployment.metadata.annotations ?? {}).filter(([name]) => KEPT.has(name))
  const revisions = Object.entries(set.metadata.annotations ?? {}).filter(([name]) => !KEPT.has(name))
  return Object.fromEntries([...own, ...revisions])
}

/** Strategic merge patches. `null` takes the field out, as it was before the first pause. */
export const pausePatch = { spec: { paused: true } }
export const resumePatch = { spec: { paused: null } }

/** `now` in milliseconds since the epoch. */
export const restartPatch = (now: number) => ({
  spec: { template: { metadata: { annotations: { [RESTARTED_AT]: `${new Date(now).toISOString().slice(0, 19)}Z` } } } },
})
