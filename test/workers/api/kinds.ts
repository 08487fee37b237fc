/** One valid object of each kind, how it is shown, and what is refused of it. A column that only `-o wide` shows has a star. */
import { expect } from 'vitest'
import { AGE, type Kind, selector } from './kind.ts'
import { ADMISSION } from './kinds-admission.ts'
import { INFRASTRUCTURE } from './kinds-infrastructure.ts'

const TEMPLATE = ['Containers*', 'Images*']

const template = (spec: object = {}) => ({
  metadata: { labels: { app: 'a' } },
  spec: { containers: [{ name: 'main', image: 'main:1' }], ...spec },
})
const other = { matchLabels: { app: 'b' } }
/** Of CN=ann. */
const CSR = [
  'LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlISk1IQUNBUUF3RGpFTU1Bb0dBMVVFQXd3RFlXNXVNRmt3RXdZ',
  'SEtvWkl6ajBDQVFZSUtvWkl6ajBEQVFjRApRZ0FFZFM3SVByaXU2MmhjTGoyekRYVk5FcEE5b3BURTFPMkdmU1FqOVpEVTd4Y3pm',
  'aXl2UXlUdFNVa1ozbU02CkdMUlRtb3BhT2lXZklOcDhHK1lvdWlWVzVhQUFNQW9HQ0NxR1NNNDlCQU1DQTBrQU1FWUNJUURicmJk',
  'NHBzTFYKM0hTT2x3RTZNb2dWK28rbDRsL1A4N2xoVWo3Q3lJTEpGQUloQU55T1orUVdQR0pEV3pVWnplK1c1emc3c3p5cgpNU3dC',
  'UFRqL3VMN0F0ZW56Ci0tLS0tRU5EIENFUlRJRklDQVRFIFJFUVVFU1QtLS0tLQo=',
].join('')
const once = { restartPolicy: 'Never' }

const core = { apiVersion: 'v1', namespaced: true }
const apps = { apiVersion: 'apps/v1', namespaced: true }
const rbac = { apiVersion: 'rbac.authorization.k8s.io/v1' }
const view = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' }
const batch = { apiVersion: 'batch/v1', namespaced: true }

export const KINDS: readonly Kind[] = [
  {
    ...core,
    kind: 'PodTemplate',
    plural: 'podtemplates',
    object: { template: template() },
    columns: ['Name', 'Containers', 'Images', 'Pod Labels'],
    cells: ['made', 'main', 'main:1', 'app=a'],
    wrong: { object: { template: { spec: {} } }, field: 'template.spec.containers' },
  },
  {
    ...core,
    kind: 'LimitRange',
    plural: 'limitranges',
    object: { spec: { limits: [{ type: 'Container', max: { cpu: '2' } }] } },
    columns: ['Name', 'Created At'],
    cells: ['made', expect.stringMatching(/^\d{4}-/)],
    wrong: {
      object: { spec: { limits: [{ type: 'Container', min: { cpu: '3' }, max: { cpu: '2' } }] } },
      field: 'spec.limits[0].min[cpu]',
    },
  },
  {
    ...core,
    kind: 'ResourceQuota',
    plural: 'resourcequotas',
    object: { spec: { hard: { pods: '10', 'requests.cpu': '1000m' } } },
    columns: ['Name', 'Request', 'Limit', 'Age'],
    cells: ['made', 'pods: 0/10, requests.cpu: 0/1', '', AGE],
    wrong: {
      object: { spec: { hard: { apples: '1' } } },
      field: 'spec.hard[apples]',
      status: { used: { pods: '-1' } },
      statusField: 'status.used[pods]',
    },
  },
  {
    ...core,
    kind: 'PersistentVolumeClaim',
    plural: 'persistentvolumeclaims',
    object: { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1024Mi' } } } },
    columns: [
      'Name',
      'Status',
      'Volume',
      'Capacity',
      'Access Modes',
      'StorageClass',
      'VolumeAttributesClass',
      'Age',
      'VolumeMode*',
    ],
    cells: ['made', 'Pending', '', '', '', '', '<unset>', AGE, 'Filesystem'],
    wrong: {
      object: { spec: { accessModes: ['ReadWriteOnce'] } },
      field: 'spec.resources[storage]',
      status: { phase: 'Bound' },
    },
  },
  {
    ...core,
    namespaced: false,
    kind: 'PersistentVolume',
    plural: 'persistentvolumes',
    object: {
      spec: {
        accessModes: ['ReadWriteOnce', 'ReadOnlyMany'],
        capacity: { storage: '1Gi' },
        nfs: { server: 'a', path: '/b' },
      },
    },
    columns: [
      'Name',
      'Capacity',
      'Access Modes',
      'Reclaim Policy',
      'Status',
      'Claim',
      'StorageClass',
      'VolumeAttributesClass',
      'Reason',
      'Age',
      'VolumeMode*',
    ],
    cells: ['made', '1Gi', 'RWO,ROX', 'Retain', 'Pending', '', '', '<unset>', '', AGE, 'Filesystem'],
    wrong: {
      object: { spec: { accessModes: ['ReadWriteOnce'], capacity: { storage: '1Gi' } } },
      field: 'spec',
      status: { phase: 'Available' },
    },
  },
  {
    ...apps,
    kind: 'DaemonSet',
    plural: 'daemonsets',
    object: { spec: { selector, template: template({ nodeSelector: { disk: 'fast' } }) } },
    columns: [
      'Name',
      'Desired',
      'Current',
      'Ready',
      'Up-to-date',
      'Available',
      'Node Selector',
      'Age',
      ...TEMPLATE,
      'Selector*',
    ],
    cells: ['made', 0, 0, 0, 0, 0, 'disk=fast', AGE, 'main', 'main:1', 'app=a'],
    wrong: {
      object: { spec: { selector: other, template: template() } },
      field: 'spec.template.metadata.labels',
      status: { numberReady: -1 },
      statusField: 'status.numberReady',
    },
  },
  {
    ...apps,
    kind: 'StatefulSet',
    plural: 'statefulsets',
    object: {
      spec: {
        selector,
        serviceName: 'a',
        template: template({
          containers: [{ name: 'main', image: 'main:1', volumeMounts: [{ name: 'data', mountPath: '/data' }] }],
        }),
        volumeClaimTemplates: [
          {
            metadata: { name: 'data' },
            spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
          },
        ],
      },
    },
    columns: ['Name', 'Ready', 'Age', ...TEMPLATE],
    cells: ['made', '0/1', AGE, 'main', 'main:1'],
    wrong: {
      object: { spec: { selector, template: template(), replicas: -1 } },
      field: 'spec.replicas',
      status: { replicas: 1, readyReplicas: 2 },
      statusField: 'status.readyReplicas',
    },
  },
  {
    ...apps,
    kind: 'ControllerRevision',
    plural: 'controllerrevisions',
    object: { revision: 3, data: { spec: {} } },
    columns: ['Name', 'Controller', 'Revision', 'Age'],
    cells: ['made', '<none>', 3, AGE],
    wrong: { object: { revision: 3 }, field: 'data' },
  },
  {
    ...rbac,
    namespaced: true,
    kind: 'Role',
    plural: 'roles',
    object: { rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }] },
    columns: ['Name', 'Created At'],
    cells: ['made', expect.stringMatching(/^\d{4}-/)],
    wrong: {
      object: { rules: [{ verbs: ['get'], nonResourceURLs: ['/metrics'] }] },
      field: 'rules[0].nonResourceURLs',
    },
  },
  {
    ...rbac,
    namespaced: false,
    kind: 'ClusterRole',
    plural: 'clusterroles',
    object: { rules: [{ nonResourceURLs: ['/metrics'], verbs: ['get'] }] },
    columns: ['Name', 'Created At'],
    cells: ['made', expect.stringMatching(/^\d{4}-/)],
    wrong: { object: { rules: [{ apiGroups: [''], resources: ['pods'] }] }, field: 'rules[0].verbs' },
  },
  {
    ...rbac,
    namespaced: true,
    kind: 'RoleBinding',
    plural: 'rolebindings',
    object: {
      roleRef: view,
      subjects: [
        { kind: 'User', name: 'ann' },
        { kind: 'Group', name: 'people' },
        { kind: 'ServiceAccount', name: 'robot', namespace: 'default' },
      ],
    },
    columns: ['Name', 'Role', 'Age', 'Users*', 'Groups*', 'ServiceAccounts*'],
    cells: ['made', 'ClusterRole/view', AGE, 'ann', 'people', 'default/robot'],
    wrong: {
      object: { roleRef: view, subjects: [{ kind: 'ServiceAccount', name: 'robot' }] },
      field: 'subjects[0].namespace',
    },
  },
  {
    ...rbac,
    namespaced: false,
    kind: 'ClusterRoleBinding',
    plural: 'clusterrolebindings',
    object: { roleRef: view, subjects: [{ kind: 'User', name: 'ann' }] },
    columns: ['Name', 'Role', 'Age', 'Users*', 'Groups*', 'ServiceAccounts*'],
    cells: ['made', 'ClusterRole/view', AGE, 'ann', '', ''],
    wrong: { object: { roleRef: { ...view, kind: 'Role' } }, field: 'roleRef.kind' },
  },
  {
    apiVersion: 'certificates.k8s.io/v1',
    namespaced: false,
    kind: 'CertificateSigningRequest',
    plural: 'certificatesigningrequests',
    object: {
      spec: { request: CSR, signerName: 'example.com/signer', usages: ['client auth'], expirationSeconds: 86_400 },
    },
    columns: ['Name', 'Age', 'SignerName', 'Requestor', 'RequestedDuration', 'Condition'],
    cells: ['made', AGE, 'example.com/signer', expect.stringMatching(/^t-/), '24h', 'Pending'],
    wrong: {
      object: { spec: { request: CSR, signerName: 'example.com/signer', usages: ['fly'] } },
      field: 'spec.usages[0]',
      status: { certificate: 'bm9uZQ==' },
      statusField: 'status.certificate',
    },
  },
  {
    apiVersion: 'scheduling.k8s.io/v1',
    namespaced: false,
    kind: 'PriorityClass',
    plural: 'priorityclasses',
    object: { value: 1000, description: 'important' },
    columns: ['Name', 'Value', 'Global-Default', 'Age', 'PreemptionPolicy'],
    cells: ['made', 1000, false, AGE, 'PreemptLowerPriority'],
    wrong: { object: { value: 1, preemptionPolicy: 'Always' }, field: 'preemptionPolicy' },
  },
  {
    ...batch,
    kind: 'Job',
    plural: 'jobs',
    object: { spec: { completions: 2, template: template(once) } },
    columns: ['Name', 'Status', 'Completions', 'Duration', 'Age', ...TEMPLATE, 'Selector*'],
    cells: [
      'made',
      'Running',
      '0/2',
      '',
      AGE,
      'main',
      'main:1',
      expect.stringMatching(/^batch\.kubernetes\.io\/controller-uid=[-0-9a-f]{36}$/),
    ],
    wrong: {
      object: { spec: { template: template() } },
      field: 'spec.template.spec.restartPolicy',
      status: { failed: -1 },
      statusField: 'status.failed',
    },
  },
  {
    ...batch,
    kind: 'CronJob',
    plural: 'cronjobs',
    object: { spec: { schedule: '*/5 * * * mon-fri', jobTemplate: { spec: { template: template(once) } } } },
    columns: ['Name', 'Schedule', 'Timezone', 'Suspend', 'Active', 'Last Schedule', 'Age', ...TEMPLATE, 'Selector*'],
    cells: ['made', '*/5 * * * mon-fri', '<none>', 'False', 0, '<none>', AGE, 'main', 'main:1', '<none>'],
    wrong: {
      object: { spec: { schedule: '61 * * * *', jobTemplate: { spec: { template: template(once) } } } },
      field: 'spec.schedule',
      status: { lastScheduleTime: '2026-01-01T00:00:00Z' },
    },
  },
  {
    apiVersion: 'policy/v1',
    namespaced: true,
    kind: 'PodDisruptionBudget',
    plural: 'poddisruptionbudgets',
    object: { spec: { minAvailable: '50%', selector } },
    columns: ['Name', 'Min Available', 'Max Unavailable', 'Allowed Disruptions', 'Age'],
    cells: ['made', '50%', 'N/A', 0, AGE],
    isControlled: true,
    wrong: {
      object: { spec: { minAvailable: 'half', selector } },
      field: 'spec.minAvailable',
      status: { currentHealthy: -1 },
      statusField: 'status.currentHealthy',
    },
  },
  ...INFRASTRUCTURE,
  ...ADMISSION,
]
