/** A manifest of every kind that is served and can be kept, in each of its versions. `@` stands for who makes it. */
import { KINDS } from '../workers/api/kinds.ts'

export interface Manifest {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: Readonly<Record<string, unknown>> & { readonly name: string }
  readonly [field: string]: unknown
}

/** Of a kind whose objects also stand in an older version: that is what kubectl 1.20 asks for, whatever it is given. */
export const ASKED_FOR_IN_AN_OLDER_VERSION = ['CronJob', 'EndpointSlice', 'PodDisruptionBudget']

const labels = { app: 'made-@' }
const template = { metadata: { labels }, spec: { containers: [{ name: 'main', image: 'main:1' }] } }
const once = { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'main:1' }] } }
const selector = { matchLabels: labels }
const scaled = { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'made-@' }, maxReplicas: 5 }

const manifest = (apiVersion: string, kind: string, rest: object = {}, name = 'made-@'): Manifest => ({
  apiVersion,
  kind,
  metadata: { name, labels: { by: 'manifest' } },
  ...rest,
})

/** What the table of kinds does not have. The node takes no Pods: they are to stay where they are. */
const OTHERS: readonly Manifest[] = [
  manifest('v1', 'ConfigMap', { data: { a: '1' }, binaryData: { b: 'YQ==' } }),
  manifest('v1', 'Secret', { stringData: { password: 'secret' } }),
  manifest('v1', 'ServiceAccount', { automountServiceAccountToken: false }),
  manifest('v1', 'Namespace'),
  manifest('v1', 'Node', { spec: { podCIDR: '10.99.0.0/24', unschedulable: true } }),
  manifest('v1', 'Pod', { spec: { ...template.spec, nodeSelector: { disk: 'none' } } }),
  manifest('v1', 'ReplicationController', { spec: { replicas: 0, selector: labels, template } }),
  manifest('v1', 'Service', { spec: { selector: labels, ports: [{ name: 'http', port: 80, targetPort: 'web' }] } }),
  manifest('v1', 'Endpoints', { subsets: [{ addresses: [{ ip: '192.0.2.1' }], ports: [{ port: 80 }] }] }, 'apart-@'),
  manifest(
    'v1',
    'Event',
    {
      involvedObject: { apiVersion: 'v1', kind: 'Pod', name: 'made-@', namespace: '@' },
      reason: 'Told',
      message: 'all well',
      type: 'Normal',
      firstTimestamp: '2026-01-02T03:04:05Z',
      lastTimestamp: '2026-01-02T03:04:05Z',
      count: 1,
      source: { component: 'tests' },
    },
    'told-@',
  ),
  manifest('apps/v1', 'Deployment', { spec: { replicas: 0, selector, template } }),
  manifest('apps/v1', 'ReplicaSet', { spec: { replicas: 0, selector, template } }),
  manifest('coordination.k8s.io/v1', 'Lease', { spec: { holderIdentity: 'me', leaseDurationSeconds: 15 } }),
  manifest('discovery.k8s.io/v1', 'EndpointSlice', {
    addressType: 'IPv4',
    endpoints: [{ addresses: ['192.0.2.2'], conditions: { ready: true }, nodeName: 'n', zone: 'z' }],
    ports: [{ name: 'http', port: 80, protocol: 'TCP' }],
  }),
  manifest('apiregistration.k8s.io/v1', 'APIService', {
    metadata: { name: 'v1.made-@.example.com', labels: { by: 'manifest' } },
    spec: {
      group: 'made-@.example.com',
      version: 'v1',
      groupPriorityMinimum: 1000,
      versionPriority: 15,
      insecureSkipTLSVerify: true,
      service: { name: 'nowhere', namespace: 'default' },
    },
  }),
  manifest('apiextensions.k8s.io/v1', 'CustomResourceDefinition', {
    metadata: { name: 'mades.@.example.com', labels: { by: 'manifest' } },
    spec: {
      group: '@.example.com',
      scope: 'Namespaced',
      names: { plural: 'mades', kind: 'Made' },
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
    },
  }),
]

/** What the table's objects would keep from the others, or the other way round. */
const INSTEAD: Readonly<Record<string, object>> = {
  ResourceQuota: { spec: { hard: { pods: '10', 'count/secrets': '20' } } },
  'autoscaling/v1 HorizontalPodAutoscaler': { metadata: { name: 'older-@', labels: { by: 'manifest' } } },
}

const TABLED: readonly Manifest[] = KINDS.map(({ apiVersion, kind, object }) =>
  manifest(apiVersion, kind, { ...object, ...(INSTEAD[kind] ?? INSTEAD[`${apiVersion} ${kind}`]) }),
)

export const MANIFESTS: readonly Manifest[] = [...OTHERS, ...TABLED]

const older = (apiVersion: string, kind: string, rest: object) => manifest(apiVersion, kind, rest, 'beta-@')

/** Of clusters that are made for kubectl 1.20, in the versions that were written in its time. */
export const OLDER_MANIFESTS: readonly Manifest[] = [
  older('batch/v1beta1', 'CronJob', { spec: { schedule: '0 * * * *', jobTemplate: { spec: { template: once } } } }),
  older('policy/v1beta1', 'PodDisruptionBudget', { spec: { minAvailable: 1, selector } }),
  older('discovery.k8s.io/v1beta1', 'EndpointSlice', {
    addressType: 'IPv4',
    endpoints: [{ addresses: ['192.0.2.3'], topology: { 'kubernetes.io/hostname': 'n' } }],
    ports: [{ name: 'http', port: 80, protocol: 'TCP' }],
  }),
  older('autoscaling/v2beta2', 'HorizontalPodAutoscaler', {
    spec: {
      ...scaled,
      metrics: [
        { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } },
      ],
    },
  }),
]
