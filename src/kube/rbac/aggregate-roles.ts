/**
 * The rules of the roles for people: view, edit and admin, which other roles are aggregated into.
 * https://kubernetes.io/docs/reference/access-authn-authz/rbac/#user-facing-roles
 */
import { CHANGE, CHANGE_AND_READ, READ, rule } from './default-rules.ts'
import type { PolicyRule } from './rules.ts'

const WORKLOADS = ['daemonsets', 'deployments', 'deployments/scale', 'replicasets', 'replicasets/scale']
const STATUSES = ['daemonsets/status', 'deployments/status', 'replicasets/status']
const STATEFUL = ['statefulsets', 'statefulsets/scale']
const CONNECTS = ['pods/attach', 'pods/exec', 'pods/portforward', 'pods/proxy']

export const VIEW_RULES: readonly PolicyRule[] = [
  rule('', READ, [
    'configmaps',
    'endpoints',
    'persistentvolumeclaims',
    'persistentvolumeclaims/status',
    'pods',
    'replicationcontrollers',
    'replicationcontrollers/scale',
    'serviceaccounts',
    'services',
    'services/status',
  ]),
  rule('', READ, [
    'bindings',
    'events',
    'limitranges',
    'namespaces/status',
    'pods/log',
    'pods/status',
    'replicationcontrollers/status',
    'resourcequotas',
    'resourcequotas/status',
  ]),
  rule('', READ, ['namespaces']),
  rule('discovery.k8s.io', READ, ['endpointslices']),
  rule('apps', READ, ['controllerrevisions', ...WORKLOADS, ...STATUSES, ...STATEFUL, 'statefulsets/status']),
  rule('autoscaling', READ, ['horizontalpodautoscalers', 'horizontalpodautoscalers/status']),
  rule('batch', READ, ['cronjobs', 'cronjobs/status', 'jobs', 'jobs/status']),
  rule('extensions', READ, [
    ...WORKLOADS,
    ...STATUSES,
    'ingresses',
    'ingresses/status',
    'networkpolicies',
    'replicationcontrollers/scale',
  ]),
  rule('policy', READ, ['poddisruptionbudgets', 'poddisruptionbudgets/status']),
  rule('networking.k8s.io', READ, ['ingresses', 'ingresses/status', 'networkpolicies']),
]

export const EDIT_RULES: readonly PolicyRule[] = [
  rule('', READ, [...CONNECTS, 'secrets', 'services/proxy']),
  rule('', ['impersonate'], ['serviceaccounts']),
  rule('', CHANGE, ['pods', ...CONNECTS]),
  rule('', ['create'], ['pods/eviction']),
  rule('', CHANGE, [
    'configmaps',
    'events',
    'persistentvolumeclaims',
    'replicationcontrollers',
    'replicationcontrollers/scale',
    'secrets',
    'serviceaccounts',
    'services',
    'services/proxy',
  ]),
  rule('', ['create'], ['serviceaccounts/token']),
  rule('apps', CHANGE, [...WORKLOADS, 'deployments/rollback', ...STATEFUL]),
  rule('autoscaling', CHANGE, ['horizontalpodautoscalers']),
  rule('batch', CHANGE, ['cronjobs', 'jobs']),
  rule('extensions', CHANGE, [
    ...WORKLOADS,
    'deployments/rollback',
    'ingresses',
    'networkpolicies',
    'replicationcontrollers/scale',
  ]),
  rule('policy', CHANGE, ['poddisruptionbudgets']),
  rule('networking.k8s.io', CHANGE, ['ingresses', 'networkpolicies']),
  rule('coordination.k8s.io', CHANGE_AND_READ, ['leases']),
]

export const ADMIN_RULES: readonly PolicyRule[] = [
  rule('authorization.k8s.io', ['create'], ['localsubjectaccessreviews']),
  rule('rbac.authorization.k8s.io', CHANGE_AND_READ, ['rolebindings', 'roles']),
]
