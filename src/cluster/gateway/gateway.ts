/**
 * The agents' side of the cluster: what a sync reports is written, what concerns the node is answered.
 * An agent reads and writes its own node's things only; the node's name comes from its credential, never from the body.
 */

import { CLUSTER_POD_CIDR } from '../../controllers/node-ipam.ts'
import { badRequest, notFound, StatusError } from '../../kube/errors.ts'
import { deepEqual } from '../../kube/json.ts'
import type { ObjectMeta } from '../../kube/object.ts'
import type { Resource } from '../../kube/resource.ts'
import { nodes } from '../../kube/resources/core/node.ts'
import { pods } from '../../kube/resources/core/pod.ts'
import { serviceAccounts } from '../../kube/resources/core/service-account.ts'
import type { Node, Pod } from '../../kube/types.ts'
import type {
  AgentEvent,
  PodEnded,
  PodReport,
  SyncRequest,
  SyncResponse,
  TokenRequest,
  TokenResponse,
} from '../../protocol/agent.ts'
import type { Store } from '../../store/store.ts'
import { SERVICE_CIDR } from '../apiserver/allocation.ts'
import type { Clock, Operations } from '../apiserver/operations.ts'
import type { CommitQueue } from '../commit-queue.ts'
import type { EventRecorder } from '../engine/event-recorder.ts'
import { type TokenIssuer, timestampOf } from '../service-account-tokens.ts'
import type { Doorbell } from './doorbell.ts'
import { isUnknown, type Liveness } from './liveness.ts'
import type { NodeMonitor } from './node-monitor.ts'
import { everything, type News, since } from './node-news.ts'

export const DNS_DOMAIN = 'cluster.local'
/** Without news an agent with a doorbell still polls now and then: a lost ring must not be lost for good. */
const IDLE_MS = 30_000
const POLL_MS = 2_000
/** Changes read for one answer; who is further behind gets everything anew. */
const MAX_CHANGES = 2_000

/** An agent's writes go by the name of what it stands for. */
const KUBELET = { name: 'kubelet' }
const KUBELET_STATUS = { ...KUBELET, subresource: 'status' }

export interface GatewayOptions {
  readonly store: Store
  readonly operations: Operations
  readonly queue: CommitQueue
  readonly recorder: EventRecorder
  readonly liveness: Liveness
  readonly monitor: NodeMonitor
  readonly doorbell: Doorbell
  readonly tokens: TokenIssuer
  readonly clock: Clock
  readonly log: (message: string, fields: Record<string, unknown>) => void
}

export interface Gateway {
  sync(node: string, request: SyncRequest): Promise<SyncResponse>
  token(node: string, request: TokenRequest): Promise<TokenResponse>
}

export function createGateway(options: GatewayOptions): Gateway {
  const { store, operations, queue, recorder, liveness, monitor, doorbell, tokens, clock, log } = options

  async function sync(node: string, request: SyncRequest): Promise<SyncResponse> {
    liveness.heard(node, clock.now())
    if (hasReport(request) || monitor.isOnProbation(node))
      await queue.commit(() => {
        monitor.acquit(node)
        take(node, request)
      })
    doorbell.polled(node)
    const stored = store.get(nodes, { namespace: '', name: node })
    const cursor = store.latest
    const news = newsFor(node, request.cursor)
    return {
      cursor: String(cursor),
      ...news,
      node: {
        ...(stored?.spec.podCIDR ? { podCIDR: stored.spec.podCIDR } : {}),
        ...(stored === undefined || isUnknown(stored) ? { statusWanted: true } : {}),
      },
      cluster: { serviceCIDR: SERVICE_CIDR, podCIDR: CLUSTER_POD_CIDR, dnsDomain: DNS_DOMAIN },
      idleMs: IDLE_MS,
      pollMs: POLL_MS,
    }
  }

  function newsFor(node: string, cursor: string | undefined): News {
    if (cursor === undefined) return everything(store, node)
    const from = Number(cursor)
    if (!Number.isSafeInteger(from)) throw badRequest('cursor is not one that this cluster gave')
    if (from < store.horizon || from > store.latest) return everything(store, node)
    if (from === store.latest) return since(store, node, [])
    const changes = store.changesAfter(from, MAX_CHANGES)
    return changes.length === MAX_CHANGES ? everything(store, node) : since(store, node, changes)
  }

  function take(node: string, request: SyncRequest): void {
    const { node: own, pods: reports, ended, events } = request
    if (own) attempt(node, 'node', () => takeNode(node, own))
    for (const report of reports) attempt(node, report.uid, () => takeStatus(node, report))
    for (const end of ended) attempt(node, end.uid, () => takeEnd(node, end))
    for (const event of events) attempt(node, event.about.uid, () => takeEvent(node, event))
  }

  /**
   * Each report by itself: what is refused (an Event of a namespace that is going) is dropped, as a kubelet's would be.
   * Otherwise the agent would send it again and again, and all else with it.
   */
  function attempt(node: string, about: string, work: () => void): void {
    try {
      store.transaction(work)
    } catch (error) {
      if (!(error instanceof StatusError)) throw error
      log('a report was refused', { node, about, reason: error.reason, error: error.message })
    }
  }

  function takeNode(name: string, { labels, status }: NonNullable<SyncRequest['node']>): void {
    const key = { namespace: '', name }
    const existing = store.get(nodes, key)
    const node =
      existing ??
      operations.create<Node>(
        nodes,
        '',
        {
          apiVersion: 'v1',
          kind: 'Node',
          metadata: { name, labels } as ObjectMeta,
          spec: {},
          status: {},
        },
        KUBELET,
      )
    const wanted = { ...node.metadata.labels, ...labels }
    const labelled = deepEqual(wanted, node.metadata.labels ?? {})
      ? node
      : operations.update<Node>(
          nodes,
          key,
          { ...node, metadata: { ...node.metadata, labels: wanted } },
          'object',
          KUBELET,
        )
    operations.update<Node>(
      nodes,
      key,
      { ...labelled, metadata: { ...labelled.metadata }, status: { ...labelled.status, ...status } },
      'status',
      KUBELET_STATUS,
    )
  }

  function ownPod(node: string, { namespace, name, uid }: PodEnded): Pod | undefined {
    const pod = store.get(pods, { namespace, name })
    // Another node's, or a later Pod of the same name: not this agent's to speak of.
    return pod?.metadata.uid === uid && pod.spec.nodeName === node ? pod : undefined
  }

  function takeStatus(node: string, report: PodReport): void {
    const pod = ownPod(node, report)
    if (!pod) return
    operations.update<Pod>(
      pods,
      report,
      { ...pod, metadata: { ...pod.metadata }, status: withOthersConditions(report.status, pod.status) },
      'status',
      KUBELET_STATUS,
    )
  }

  function takeEnd(node: string, ended: PodEnded): void {
    const pod = ownPod(node, ended)
    if (!pod || pod.metadata.deletionTimestamp === undefined) return
    operations.delete(pods as unknown as Resource, ended, { gracePeriodSeconds: 0, preconditions: { uid: ended.uid } })
  }

  function takeEvent(node: string, { about, type, reason, message }: AgentEvent): void {
    const isOwn = about.kind === 'Node' ? about.name === node : ownPod(node, about) !== undefined
    if (!isOwn) return
    recorder.record({
      about: { apiVersion: 'v1', ...about },
      type,
      reason,
      message,
      source: { component: 'kubelet', host: node },
    })
  }

  async function token(
    node: string,
    { pod: wanted, serviceAccount, audiences, expirationSeconds }: TokenRequest,
  ): Promise<TokenResponse> {
    const pod = ownPod(node, wanted)
    if (!pod) throw notFound(pods, wanted.name)
    if (pod.spec.serviceAccountName !== serviceAccount)
      throw new StatusError(
        403,
        'Forbidden',
        `pod "${wanted.name}" does not run as service account "${serviceAccount}"`,
      )
    const account = store.get(serviceAccounts, { namespace: wanted.namespace, name: serviceAccount })
    if (!account) throw notFound(serviceAccounts, serviceAccount)
    const issued = await tokens.issue({
      account,
      bound: { kind: 'Pod', name: pod.metadata.name, uid: pod.metadata.uid },
      node: { name: node, uid: store.get(nodes, { namespace: '', name: node })?.metadata.uid ?? '' },
      audiences,
      seconds: Math.max(600, expirationSeconds),
      now: clock.now(),
    })
    return { token: issued.token, expirationTimestamp: timestampOf(issued.expiresAt) }
  }

  return { sync, token }
}

const hasReport = ({ node, pods: reports, ended, events }: SyncRequest): boolean =>
  node !== undefined || reports.length > 0 || ended.length > 0 || events.length > 0

/** Conditions that others set (the scheduler's, a readiness gate's) stay where the agent does not speak of them. */
function withOthersConditions(status: Pod['status'], former: Pod['status']): Pod['status'] {
  const told = new Set(status.conditions?.map((condition) => condition.type))
  const kept = (former.conditions ?? []).filter((condition) => !told.has(condition.type))
  return {
    ...status,
    qosClass: former.qosClass ?? status.qosClass,
    conditions: [...kept, ...(status.conditions ?? [])],
  }
}
