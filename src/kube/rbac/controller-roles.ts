/**
 * What each of Kubernetes' controllers may do. None of them runs here under its own account, but clients look for the roles,
 * give them to others and aggregate them: they are as a cluster of v1.32 has them without further feature gates.
 * https://kubernetes.io/docs/reference/access-authn-authz/rbac/#controller-roles
 */
import { EVENTS, READ, rule } from './default-rules.ts'
import type { PolicyRule } from './rules.ts'

const LOOK = ['list', 'watch']
const TELL = ['patch', 'update']
const MAKE_AND_READ = ['create', 'delete', ...READ]
const OWN = ['create', 'delete', ...READ, ...TELL]
const WORKLOADS = ['apps', 'extensions']
const BATCH = 'batch'
const STORAGE = 'storage.k8s.io'
const SLICES = 'discovery.k8s.io'
const CERTIFICATES = 'certificates.k8s.io'
const POLICIES = 'admissionregistration.k8s.io'
const RBAC = 'rbac.authorization.k8s.io'

const SIGNERS = ['kube-apiserver-client', 'kube-apiserver-client-kubelet', 'kubelet-serving', 'legacy-unknown']
const named = (signers: readonly string[]): string[] => signers.map((name) => `kubernetes.io/${name}`)

/** What a controller of workloads does with its own kind: it reads it, and says how it goes. */
const keeps = (groups: string | readonly string[], plural: string, verbs: readonly string[] = READ): PolicyRule[] => [
  rule(groups, verbs, [plural]),
  rule(groups, ['update'], [`${plural}/status`]),
  rule(groups, ['update'], [`${plural}/finalizers`]),
]
const RUNS_PODS = rule('', ['create', 'delete', 'list', 'patch', 'watch'], ['pods'])
const REVISIONS = rule('apps', OWN, ['controllerrevisions'])
const SLICES_OF_ITS_OWN = rule(SLICES, ['create', 'delete', ...READ, 'update'], ['endpointslices'])
const READ_AND_UPDATE = [...READ, 'update']

/** By the name of the account in kube-system. Those that tell of Events may all do so. */
const TELLING: Readonly<Record<string, readonly PolicyRule[]>> = {
  'attachdetach-controller': [
    rule('', LOOK, ['persistentvolumeclaims', 'persistentvolumes']),
    rule('', READ, ['nodes']),
    rule('', TELL, ['nodes/status']),
    rule('', LOOK, ['pods']),
    rule(STORAGE, MAKE_AND_READ, ['volumeattachments']),
    rule(STORAGE, READ, ['csidrivers']),
    rule(STORAGE, READ, ['csinodes']),
  ],
  'certificate-controller': [
    rule(CERTIFICATES, ['delete', ...READ], ['certificatesigningrequests']),
    rule(CERTIFICATES, ['update'], ['certificatesigningrequests/approval', 'certificatesigningrequests/status']),
    rule(CERTIFICATES, ['approve'], ['signers'], named(['kube-apiserver-client-kubelet'])),
    rule(CERTIFICATES, ['sign'], ['signers'], named(SIGNERS)),
    rule('authorization.k8s.io', ['create'], ['subjectaccessreviews']),
  ],
  'cronjob-controller': [
    rule(BATCH, READ_AND_UPDATE, ['cronjobs']),
    rule(BATCH, OWN, ['jobs']),
    rule(BATCH, ['update'], ['cronjobs/status']),
    rule(BATCH, ['update'], ['cronjobs/finalizers']),
    rule('', ['delete', ...LOOK], ['pods']),
  ],
  'daemon-set-controller': [
    ...keeps(WORKLOADS, 'daemonsets'),
    rule('', LOOK, ['nodes']),
    RUNS_PODS,
    rule('', ['create'], ['pods/binding']),
    REVISIONS,
  ],
  'deployment-controller': [
    ...keeps(WORKLOADS, 'deployments', READ_AND_UPDATE),
    rule(WORKLOADS, OWN, ['replicasets']),
    rule('', READ_AND_UPDATE, ['pods']),
  ],
  'disruption-controller': [
    rule(WORKLOADS, READ, ['deployments']),
    rule(WORKLOADS, READ, ['replicasets']),
    rule('', READ, ['replicationcontrollers']),
    rule('policy', READ, ['poddisruptionbudgets']),
    rule('apps', READ, ['statefulsets']),
    rule('policy', ['update'], ['poddisruptionbudgets/status']),
    rule('', TELL, ['pods/status']),
    rule('*', ['get'], ['*/scale']),
  ],
  'endpoint-controller': [
    rule('', READ, ['pods', 'services']),
    rule('', ['create', 'delete', ...READ, 'update'], ['endpoints']),
    rule('', ['create'], ['endpoints/restricted']),
  ],
  'endpointslice-controller': [
    rule('', READ, ['nodes', 'pods', 'services']),
    rule('', ['update'], ['services/finalizers']),
    SLICES_OF_ITS_OWN,
  ],
  'endpointslicemirroring-controller': [
    rule('', READ, ['endpoints', 'services']),
    rule('', ['update'], ['services/finalizers']),
    rule('', ['update'], ['endpoints/finalizers']),
    SLICES_OF_ITS_OWN,
  ],
  'ephemeral-volume-controller': [
    rule('', READ, ['pods']),
    rule('', ['update'], ['pods/finalizers']),
    rule('', ['create', ...READ], ['persistentvolumeclaims']),
  ],
  'expand-controller': [
    rule('', [...READ, ...TELL], ['persistentvolumes']),
    rule('', TELL, ['persistentvolumeclaims/status']),
    rule('', READ, ['persistentvolumeclaims']),
  ],
  'generic-garbage-collector': [rule('*', ['delete', ...READ, ...TELL], ['*'])],
  'horizontal-pod-autoscaler': [
    rule('autoscaling', READ, ['horizontalpodautoscalers']),
    rule('autoscaling', ['update'], ['horizontalpodautoscalers/status']),
    rule('*', ['get', 'update'], ['*/scale']),
    rule('', ['list'], ['pods']),
    rule('metrics.k8s.io', ['list'], ['pods']),
    rule('custom.metrics.k8s.io', ['get', 'list'], ['*']),
    rule('external.metrics.k8s.io', ['get', 'list'], ['*']),
  ],
  'job-controller': [
    rule(BATCH, [...READ, ...TELL], ['jobs']),
    rule(BATCH, ['update'], ['jobs/status']),
    rule(BATCH, ['update'], ['jobs/finalizers']),
    RUNS_PODS,
  ],
  'node-controller': [
    rule('', ['delete', ...READ, ...TELL], ['nodes']),
    rule('', TELL, ['nodes/status']),
    rule('', TELL, ['pods/status']),
    rule('', ['delete', 'get', 'list'], ['pods']),
  ],
  'persistent-volume-binder': [
    rule('', ['create', 'delete', ...READ, 'update'], ['persistentvolumes']),
    rule('', ['update'], ['persistentvolumes/status']),
    rule('', READ_AND_UPDATE, ['persistentvolumeclaims']),
    rule('', ['update'], ['persistentvolumeclaims/status']),
    rule('', MAKE_AND_READ, ['pods']),
    rule(STORAGE, READ, ['storageclasses']),
    rule('', LOOK, ['nodes']),
    rule('', ['watch'], ['events']),
  ],
  'pv-protection-controller': [rule('', READ_AND_UPDATE, ['persistentvolumes'])],
  'pvc-protection-controller': [rule('', READ_AND_UPDATE, ['persistentvolumeclaims']), rule('', READ, ['pods'])],
  'replicaset-controller': [...keeps(WORKLOADS, 'replicasets', READ_AND_UPDATE), RUNS_PODS],
  'replication-controller': [...keeps('', 'replicationcontrollers', READ_AND_UPDATE), RUNS_PODS],
  'resourcequota-controller': [rule('*', LOOK, ['*']), rule('', ['update'], ['resourcequotas/status'])],
  'root-ca-cert-publisher': [rule('', ['create', 'update'], ['configmaps'])],
  'route-controller': [rule('', LOOK, ['nodes']), rule('', ['patch'], ['nodes/status'])],
  'service-account-controller': [rule('', ['create'], ['serviceaccounts'])],
  'service-controller': [rule('', READ, ['services']), rule('', TELL, ['services/status']), rule('', LOOK, ['nodes'])],
  'statefulset-controller': [
    rule('', LOOK, ['pods']),
    ...keeps('apps', 'statefulsets'),
    rule('', ['create', 'delete', 'get', ...TELL], ['pods']),
    REVISIONS,
    rule('', ['create', 'get'], ['persistentvolumeclaims']),
    rule('', ['delete', 'update'], ['persistentvolumeclaims']),
  ],
  'ttl-after-finished-controller': [rule(BATCH, ['delete', ...READ], ['jobs'])],
  'ttl-controller': [rule('', [...LOOK, ...TELL], ['nodes'])],
  'validatingadmissionpolicy-status-controller': [
    rule(POLICIES, READ, ['validatingadmissionpolicies']),
    rule(POLICIES, ['get', ...TELL], ['validatingadmissionpolicies/status']),
  ],
}

const SILENT: Readonly<Record<string, readonly PolicyRule[]>> = {
  'clusterrole-aggregation-controller': [rule(RBAC, ['escalate', ...READ, ...TELL], ['clusterroles'])],
  'legacy-service-account-token-cleaner': [
    rule('', ['get'], ['configmaps'], ['kube-apiserver-legacy-service-account-token-tracking']),
    rule('', ['delete', 'patch'], ['secrets']),
  ],
  'namespace-controller': [
    rule('', ['delete', ...READ], ['namespaces']),
    rule('', ['update'], ['namespaces/finalize', 'namespaces/status']),
    rule('*', ['delete', 'deletecollection', ...READ], ['*']),
  ],
  'pod-garbage-collector': [
    rule('', ['delete', ...LOOK], ['pods']),
    rule('', ['get', 'list'], ['nodes']),
    rule('', ['patch'], ['pods/status']),
  ],
}

/** A controller's account in kube-system, and what it may do. */
export const CONTROLLERS: readonly (readonly [account: string, rules: readonly PolicyRule[]])[] = [
  ...Object.entries(TELLING).map(([account, rules]) => [account, [...rules, EVENTS]] as const),
  ...Object.entries(SILENT),
]
