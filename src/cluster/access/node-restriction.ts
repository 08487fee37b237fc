/**
 * What a node's agent may write of what it may write at all: its own Node, its own Pods, its own Lease.
 * https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#noderestriction
 */
import { forbidden } from '../../kube/errors.ts'
import { deepEqual } from '../../kube/json.ts'
import type { KubeObject } from '../../kube/object.ts'
import { mentionedBy } from '../../kube/pod/mentions.ts'
import { type Resource, resourceName } from '../../kube/resource.ts'
import type { Node, Pod } from '../../kube/types.ts'

const MIRROR = 'kubernetes.io/config.mirror'

/** Labels of these domains are what users place Pods by; a node must not give them to itself. */
const RESTRICTED_DOMAIN = /(^|\.)(kubernetes|k8s)\.io\//
const OWN_DOMAINS = /(^|\.)(kubelet\.kubernetes\.io|node\.kubernetes\.io)\//
const OWN_LABELS = new Set([
  'kubernetes.io/hostname',
  'kubernetes.io/arch',
  'kubernetes.io/os',
  'beta.kubernetes.io/arch',
  'beta.kubernetes.io/os',
  'beta.kubernetes.io/instance-type',
  'node.kubernetes.io/instance-type',
  'failure-domain.beta.kubernetes.io/region',
  'failure-domain.beta.kubernetes.io/zone',
  'topology.kubernetes.io/region',
  'topology.kubernetes.io/zone',
])

const isRestricted = (label: string): boolean =>
  RESTRICTED_DOMAIN.test(label) && !OWN_LABELS.has(label) && !OWN_DOMAINS.test(label)

/** Throws 403. `previous`: what an update or a delete finds. `next`: undefined for a delete. */
export function restrictNode(
  node: string,
  resource: Resource,
  { next, previous }: { readonly next: KubeObject | undefined; readonly previous: KubeObject | undefined },
): void {
  const name = (next ?? previous)?.metadata.name ?? ''
  const refuse = (why: string): never => {
    throw forbidden(resource, name, why)
  }
  switch (resourceName(resource)) {
    case 'pods':
      // The kind says what they are.
      restrictPods(node, next as Pod | undefined, previous as Pod | undefined, refuse)
      return
    case 'nodes':
      restrictNodes(node, next as Node | undefined, previous as Node | undefined, refuse)
      return
    case 'leases.coordination.k8s.io':
      if (name !== node) refuse('can only access lease with the same name as the requesting node')
      return
    case 'csinodes.storage.k8s.io':
      if (name !== node) refuse('can only access CSINode with the same name as the requesting node')
      return
    default:
  }
}

/** A node gets tokens for its own Pods only. Throws 403. */
export function restrictToken(node: string, account: string, bound: KubeObject | undefined): void {
  const why =
    bound?.kind !== 'Pod'
      ? 'node requested token not bound to a pod'
      : (bound as Pod).spec.nodeName === node
        ? undefined
        : 'node requested token bound to a pod scheduled on a different node'
  if (why !== undefined) throw forbidden({ group: '', plural: 'serviceaccounts' }, account, why)
}

type Refuse = (why: string) => never

function restrictPods(node: string, next: Pod | undefined, previous: Pod | undefined, refuse: Refuse): void {
  const shown = JSON.stringify(node)
  if (previous !== undefined) {
    if (previous.spec.nodeName === node) return
    refuse(
      next === undefined
        ? `node ${shown} can only delete pods with spec.nodeName set to itself`
        : `node ${shown} can only update pod status for pods with spec.nodeName set to itself`,
    )
  }
  if (next === undefined) return
  if (next.metadata.annotations?.[MIRROR] === undefined)
    refuse(`pod does not have ${JSON.stringify(MIRROR)} annotation, node ${shown} can only create mirror pods`)
  if (next.spec.nodeName !== node) refuse(`node ${shown} can only create pods with spec.nodeName set to itself`)
  const owner = next.metadata.ownerReferences?.[0]
  const owners = next.metadata.ownerReferences?.length ?? 0
  if (owners !== 1 || owner?.kind !== 'Node' || owner.name !== node)
    refuse(`node ${shown} can only create pods with an owner reference set to itself`)
  const { secrets, configMaps } = mentionedBy([next])
  const claims = next.spec.volumes?.some(({ persistentVolumeClaim, ephemeral }) => persistentVolumeClaim || ephemeral)
  if (secrets.size > 0 || configMaps.size > 0 || claims)
    refuse(`node ${shown} can not create pods that reference secrets, configmaps or persistentvolumeclaims`)
}

function restrictNodes(node: string, next: Node | undefined, previous: Node | undefined, refuse: Refuse): void {
  const shown = JSON.stringify(node)
  const name = (next ?? previous)?.metadata.name
  if (name !== node) refuse(`node ${shown} is not allowed to modify node ${JSON.stringify(name)}`)
  if (next === undefined) return
  if (previous !== undefined && !deepEqual(next.spec.taints ?? [], previous.spec.taints ?? []))
    refuse(`node ${shown} is not allowed to modify taints`)
  const labels = { ...next.metadata.labels }
  const former = previous?.metadata.labels ?? {}
  const changed = [...new Set([...Object.keys(labels), ...Object.keys(former)])].filter(
    (label) => labels[label] !== former[label] && isRestricted(label),
  )
  if (changed.length > 0) refuse(`is not allowed to modify labels: ${changed.sort().join(', ')}`)
}
