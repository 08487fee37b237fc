/**
 * The FlowSchemas and PriorityLevelConfigurations that kube-apiserver v1.32 keeps in every cluster: those that must be
 * there and are fixed, and those that it suggests.
 * https://kubernetes.io/docs/concepts/cluster-administration/flow-control/#defaults
 */
import { AUTHENTICATED, MASTERS, NODES, SERVICE_ACCOUNTS, UNAUTHENTICATED } from '../rbac/user.ts'
import type { FlowSchema, PriorityLevelConfiguration } from '../types.ts'

type LevelSpec = PriorityLevelConfiguration['spec']
type SchemaSpec = FlowSchema['spec']
type Rule = NonNullable<SchemaSpec['rules']>[number]
type Subject = Rule['subjects'][number]
type ResourceRule = NonNullable<Rule['resourceRules']>[number]

export const EXEMPT = 'exempt'
export const CATCH_ALL = 'catch-all'
/** Says that the server may bring the object up to date. */
export const AUTO_UPDATE = 'apf.kubernetes.io/autoupdate-spec'

/** A level that queues what it has no seat for; `queues` of 50 requests each, of which a flow may use `handSize`. */
const queued = (shares: number, lendablePercent: number, queues: number, handSize: number): LevelSpec => ({
  type: 'Limited',
  limited: {
    nominalConcurrencyShares: shares,
    lendablePercent,
    limitResponse: { type: 'Queue', queuing: { queues, handSize, queueLengthLimit: 50 } },
  },
})

export const MANDATORY_LEVELS: Readonly<Record<string, LevelSpec>> = {
  [EXEMPT]: { type: 'Exempt', exempt: { nominalConcurrencyShares: 0, lendablePercent: 0 } },
  [CATCH_ALL]: {
    type: 'Limited',
    limited: { nominalConcurrencyShares: 5, lendablePercent: 0, limitResponse: { type: 'Reject' } },
  },
}

const SUGGESTED_LEVELS: Readonly<Record<string, LevelSpec>> = {
  system: queued(30, 33, 64, 6),
  'node-high': queued(40, 25, 64, 6),
  'leader-election': queued(10, 0, 16, 4),
  'workload-high': queued(40, 50, 128, 6),
  'workload-low': queued(100, 90, 128, 6),
  'global-default': queued(20, 50, 128, 6),
}

export const PRIORITY_LEVELS = { ...MANDATORY_LEVELS, ...SUGGESTED_LEVELS }

const ALL = ['*']
const group = (name: string): Subject => ({ kind: 'Group', group: { name } })
const user = (name: string): Subject => ({ kind: 'User', user: { name } })
const account = (name: string): Subject => ({
  kind: 'ServiceAccount',
  serviceAccount: { namespace: 'kube-system', name },
})

const EVERYBODY = [group(UNAUTHENTICATED), group(AUTHENTICATED)]
const MANAGER = user('system:kube-controller-manager')
const SCHEDULER = user('system:kube-scheduler')
/** What leader election does to its locks. */
const LOCK_VERBS = ['get', 'create', 'update']

const everything = (...subjects: Subject[]): Rule => ({
  subjects,
  resourceRules: [{ verbs: ALL, apiGroups: ALL, resources: ALL, clusterScope: true, namespaces: ALL }],
  nonResourceRules: [{ verbs: ALL, nonResourceURLs: ALL }],
})

const resourceRule = (verbs: string[], apiGroup: string, ...resources: string[]): ResourceRule => ({
  verbs,
  apiGroups: [apiGroup],
  resources,
  namespaces: ALL,
})
const LEASES = resourceRule(LOCK_VERBS, 'coordination.k8s.io', 'leases')

const schema = (
  level: string,
  matchingPrecedence: number,
  by: 'ByUser' | 'ByNamespace' | undefined,
  rule: Rule,
): SchemaSpec => ({
  priorityLevelConfiguration: { name: level },
  matchingPrecedence,
  ...(by ? { distinguisherMethod: { type: by } } : {}),
  rules: [rule],
})

export const MANDATORY_SCHEMAS: Readonly<Record<string, SchemaSpec>> = {
  [EXEMPT]: schema(EXEMPT, 1, undefined, everything(group(MASTERS))),
  [CATCH_ALL]: schema(CATCH_ALL, 10_000, 'ByUser', everything(...EVERYBODY)),
}

const SUGGESTED_SCHEMAS: Readonly<Record<string, SchemaSpec>> = {
  probes: schema(EXEMPT, 2, undefined, {
    subjects: EVERYBODY,
    nonResourceRules: [{ verbs: ['get'], nonResourceURLs: ['/healthz', '/readyz', '/livez'] }],
  }),
  'system-leader-election': schema('leader-election', 100, 'ByUser', {
    subjects: [MANAGER, SCHEDULER, account('*')],
    resourceRules: [LEASES],
  }),
  // Before the next, which would take what this controller writes for an election.
  'endpoint-controller': schema('workload-high', 150, 'ByUser', {
    subjects: [MANAGER, account('endpoint-controller'), account('endpointslicemirroring-controller')],
    resourceRules: [resourceRule(LOCK_VERBS, '', 'endpoints')],
  }),
  'workload-leader-election': schema('leader-election', 200, 'ByUser', {
    subjects: [account('*')],
    resourceRules: [resourceRule(LOCK_VERBS, '', 'endpoints', 'configmaps'), LEASES],
  }),
  'system-node-high': schema('node-high', 400, 'ByUser', {
    subjects: [group(NODES)],
    resourceRules: [
      { ...resourceRule(ALL, '', 'nodes', 'nodes/status'), clusterScope: true },
      resourceRule(ALL, 'coordination.k8s.io', 'leases'),
    ],
  }),
  'system-nodes': schema('system', 500, 'ByUser', everything(group(NODES))),
  'kube-controller-manager': schema('workload-high', 800, 'ByNamespace', everything(MANAGER)),
  'kube-scheduler': schema('workload-high', 800, 'ByNamespace', everything(SCHEDULER)),
  'kube-system-service-accounts': schema('workload-high', 900, 'ByNamespace', everything(account('*'))),
  'service-accounts': schema('workload-low', 9000, 'ByUser', everything(group(SERVICE_ACCOUNTS))),
  'global-default': schema('global-default', 9900, 'ByUser', everything(...EVERYBODY)),
}

export const FLOW_SCHEMAS = { ...MANDATORY_SCHEMAS, ...SUGGESTED_SCHEMAS }
