/**
 * The cluster roles and bindings that every cluster has; those of namespaces are beside it.
 * https://kubernetes.io/docs/reference/access-authn-authz/rbac/#default-roles-and-role-bindings
 */
import { ADMIN_RULES, EDIT_RULES, VIEW_RULES } from './aggregate-roles.ts'
import { CONTROLLERS } from './controller-roles.ts'
import { EVENTS, paths, READ, rule } from './default-rules.ts'
import { CONTROLLER, CONTROLLER_MANAGER, group, inSystem, SCHEDULER, user } from './default-subjects.ts'
import { NODE_RULES } from './node-rules.ts'
import { type PolicyRule, RBAC_GROUP, type Subject } from './rules.ts'
import { AUTHENTICATED, MASTERS, SERVICE_ACCOUNTS, UNAUTHENTICATED } from './user.ts'

const HEALTH = ['/healthz', '/livez', '/readyz']
const VERSION = ['/version', '/version/']
const SIGNING_REQUESTS = 'certificatesigningrequests'
const LEASES = 'coordination.k8s.io'
const AUTHENTICATION = 'authentication.k8s.io'
const AUTHORIZATION = 'authorization.k8s.io'

const approver = (signer: string): PolicyRule[] => [rule('certificates.k8s.io', ['approve'], ['signers'], [signer])]
const asksNodeClient = (subresource: string): PolicyRule[] => [
  rule('certificates.k8s.io', ['create'], [`${SIGNING_REQUESTS}/${subresource}`]),
]
const leader = (name: string): PolicyRule[] => [
  rule(LEASES, ['create'], ['leases']),
  rule(LEASES, ['get', 'update'], ['leases'], [name]),
]

const REVIEWS = [
  rule(AUTHENTICATION, ['create'], ['tokenreviews']),
  rule(AUTHORIZATION, ['create'], ['subjectaccessreviews']),
]

export interface DefaultRole {
  readonly name: string
  readonly rules: readonly PolicyRule[]
  readonly labels?: Readonly<Record<string, string>>
  /** The label of the roles whose rules it has. */
  readonly aggregates?: string
  readonly namespace?: string
}

const AGGREGATE = `${RBAC_GROUP}/aggregate-to-`
const partOf = (role: string): Record<string, string> => ({ [`${AGGREGATE}${role}`]: 'true' })

/** A role is followed by none that it aggregates, so that its rules may be whole from the first. */
export const CLUSTER_ROLES: readonly DefaultRole[] = [
  { name: 'cluster-admin', rules: [rule('*', ['*'], ['*']), { nonResourceURLs: ['*'], verbs: ['*'] }] },
  { name: 'system:aggregate-to-view', rules: VIEW_RULES, labels: partOf('view') },
  { name: 'system:aggregate-to-edit', rules: EDIT_RULES, labels: partOf('edit') },
  { name: 'system:aggregate-to-admin', rules: ADMIN_RULES, labels: partOf('admin') },
  { name: 'view', rules: VIEW_RULES, labels: partOf('edit'), aggregates: `${AGGREGATE}view` },
  {
    name: 'edit',
    rules: [...EDIT_RULES, ...VIEW_RULES],
    labels: partOf('admin'),
    aggregates: `${AGGREGATE}edit`,
  },
  { name: 'admin', rules: [...EDIT_RULES, ...VIEW_RULES, ...ADMIN_RULES], aggregates: `${AGGREGATE}admin` },
  {
    name: 'system:discovery',
    rules: [paths('/api', '/api/*', '/apis', '/apis/*', ...HEALTH, '/openapi', '/openapi/*', ...VERSION)],
  },
  { name: 'system:public-info-viewer', rules: [paths(...HEALTH, ...VERSION)] },
  {
    name: 'system:basic-user',
    rules: [
      rule(AUTHORIZATION, ['create'], ['selfsubjectaccessreviews', 'selfsubjectrulesreviews']),
      rule(AUTHENTICATION, ['create'], ['selfsubjectreviews']),
    ],
  },
  {
    name: 'system:monitoring',
    rules: [paths(...HEALTH.flatMap((path) => [path, `${path}/*`]), '/metrics', '/metrics/slis')],
  },
  {
    name: 'system:service-account-issuer-discovery',
    rules: [
      paths(
        '/.well-known/openid-configuration',
        '/.well-known/openid-configuration/',
        '/openid/v1/jwks',
        '/openid/v1/jwks/',
      ),
    ],
  },
  { name: 'system:auth-delegator', rules: REVIEWS },
  {
    name: 'system:heapster',
    rules: [
      rule('', READ, ['events', 'namespaces', 'nodes', 'pods']),
      rule('extensions', READ, ['deployments']),
      rule('', ['get'], ['nodes/stats']),
    ],
  },
  { name: 'system:node', rules: NODE_RULES },
  {
    name: 'system:node-bootstrapper',
    rules: [rule('certificates.k8s.io', ['create', ...READ], [SIGNING_REQUESTS])],
  },
  {
    name: 'system:node-problem-detector',
    rules: [rule('', ['get'], ['nodes']), rule('', ['patch'], ['nodes/status']), EVENTS],
  },
  {
    name: 'system:node-proxier',
    rules: [
      rule('', ['list', 'watch'], ['endpoints', 'services']),
      rule('', READ, ['nodes']),
      EVENTS,
      rule('discovery.k8s.io', ['list', 'watch'], ['endpointslices']),
    ],
  },
  {
    name: 'system:kubelet-api-admin',
    rules: [
      rule('', READ, ['nodes']),
      rule('', ['proxy'], ['nodes']),
      rule('', ['*'], ['nodes/log', 'nodes/metrics', 'nodes/proxy', 'nodes/stats']),
    ],
  },
  { name: 'system:kube-aggregator', rules: [rule('', READ, ['endpoints', 'services'])] },
  {
    name: 'system:kube-dns',
    rules: [
      rule('', ['list', 'watch'], ['endpoints', 'services']),
      rule('discovery.k8s.io', ['list', 'watch'], ['endpointslices']),
    ],
  },
  {
    name: 'system:persistent-volume-provisioner',
    rules: [
      rule('', ['create', 'delete', ...READ], ['persistentvolumes']),
      rule('', [...READ, 'update'], ['persistentvolumeclaims']),
      rule('storage.k8s.io', READ, ['storageclasses']),
      rule('', ['watch'], ['events']),
      EVENTS,
    ],
  },
  {
    name: CONTROLLER_MANAGER,
    rules: [
      EVENTS,
      ...leader('kube-controller-manager'),
      rule('', ['create'], ['secrets', 'serviceaccounts', 'serviceaccounts/token']),
      rule('', ['delete'], ['secrets']),
      rule('', ['get'], ['configmaps', 'namespaces', 'secrets', 'serviceaccounts']),
      rule('', ['update'], ['secrets', 'serviceaccounts']),
      ...REVIEWS,
      rule('*', ['list', 'watch'], ['*']),
    ],
  },
  {
    name: SCHEDULER,
    rules: [
      EVENTS,
      ...leader('kube-scheduler'),
      rule(LEASES, ['list', 'watch'], ['leases']),
      rule('', READ, ['namespaces', 'nodes', 'replicationcontrollers', 'services']),
      rule('', ['delete', ...READ], ['pods']),
      rule('', ['create'], ['bindings', 'pods/binding']),
      rule('', ['patch', 'update'], ['pods/status']),
      rule(['apps', 'extensions'], READ, ['replicasets']),
      rule('apps', READ, ['statefulsets']),
      rule('policy', READ, ['poddisruptionbudgets']),
      rule('', READ, ['persistentvolumeclaims', 'persistentvolumes']),
      ...REVIEWS,
      rule('storage.k8s.io', READ, ['csidrivers', 'csinodes', 'csistoragecapacities']),
    ],
  },
  {
    name: 'system:volume-scheduler',
    rules: [
      rule('', ['patch', 'update', ...READ], ['persistentvolumes']),
      rule('storage.k8s.io', READ, ['storageclasses']),
      rule('', ['patch', 'update', ...READ], ['persistentvolumeclaims']),
    ],
  },
  { name: 'system:certificates.k8s.io:certificatesigningrequests:nodeclient', rules: asksNodeClient('nodeclient') },
  {
    name: 'system:certificates.k8s.io:certificatesigningrequests:selfnodeclient',
    rules: asksNodeClient('selfnodeclient'),
  },
  {
    name: 'system:certificates.k8s.io:kube-apiserver-client-approver',
    rules: approver('kubernetes.io/kube-apiserver-client'),
  },
  {
    name: 'system:certificates.k8s.io:kube-apiserver-client-kubelet-approver',
    rules: approver('kubernetes.io/kube-apiserver-client-kubelet'),
  },
  { name: 'system:certificates.k8s.io:kubelet-serving-approver', rules: approver('kubernetes.io/kubelet-serving') },
  { name: 'system:certificates.k8s.io:legacy-unknown-approver', rules: approver('kubernetes.io/legacy-unknown') },
  ...CONTROLLERS.map(([account, rules]) => ({ name: `${CONTROLLER}${account}`, rules })),
]

export interface DefaultBinding {
  readonly name: string
  /** Its own name, if not said. */
  readonly role?: string
  readonly subjects: readonly Subject[]
  readonly namespace?: string
}

export const CLUSTER_ROLE_BINDINGS: readonly DefaultBinding[] = [
  { name: 'cluster-admin', subjects: [group(MASTERS)] },
  { name: 'system:monitoring', subjects: [group('system:monitoring')] },
  { name: 'system:discovery', subjects: [group(AUTHENTICATED)] },
  { name: 'system:basic-user', subjects: [group(AUTHENTICATED)] },
  { name: 'system:public-info-viewer', subjects: [group(AUTHENTICATED), group(UNAUTHENTICATED)] },
  { name: 'system:node-proxier', subjects: [user('system:kube-proxy')] },
  { name: CONTROLLER_MANAGER, subjects: [user(CONTROLLER_MANAGER)] },
  { name: 'system:kube-dns', subjects: [inSystem('kube-dns')] },
  { name: SCHEDULER, subjects: [user(SCHEDULER)] },
  { name: 'system:volume-scheduler', subjects: [user(SCHEDULER)] },
  // The node authorizer judges nodes by what is theirs; the binding only stands where it used to.
  { name: 'system:node', subjects: [] },
  { name: 'system:service-account-issuer-discovery', subjects: [group(SERVICE_ACCOUNTS)] },
  ...CONTROLLERS.map(([account]) => ({ name: `${CONTROLLER}${account}`, subjects: [inSystem(account)] })),
]
