/** Kinds of autoscaling, events.k8s.io, networking.k8s.io, node.k8s.io and storage.k8s.io, for the table of kinds. */
import { AGE, type Kind, selector } from './kind.ts'

const networking = { apiVersion: 'networking.k8s.io/v1' }
const scaled = { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }, maxReplicas: 5 }
const AUTOSCALER = ['Name', 'Reference', 'Targets', 'MinPods', 'MaxPods', 'Replicas', 'Age']
const storage = { apiVersion: 'storage.k8s.io/v1' }

const event = {
  eventTime: '2026-01-01T00:00:00.000000Z',
  regarding: { kind: 'Pod', namespace: 'default', name: 'web' },
  reportingInstance: 'one',
  action: 'Testing',
  reason: 'Tested',
  note: 'all well',
  type: 'Normal',
}

export const INFRASTRUCTURE: readonly Kind[] = [
  {
    apiVersion: 'autoscaling/v2',
    namespaced: true,
    kind: 'HorizontalPodAutoscaler',
    plural: 'horizontalpodautoscalers',
    object: {
      spec: {
        ...scaled,
        metrics: [
          { type: 'Resource', resource: { name: 'memory', target: { type: 'AverageValue', averageValue: '1024Mi' } } },
          {
            type: 'External',
            external: { metric: { name: 'queue' }, target: { type: 'AverageValue', averageValue: '30' } },
          },
          { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 60 } } },
        ],
      },
    },
    columns: AUTOSCALER,
    cells: ['made', 'Deployment/web', 'memory: <unknown>/1Gi, <unknown>/30 (avg) + 1 more...', '1', 5, 0, AGE],
    wrong: {
      object: { spec: { ...scaled, metrics: [{ type: 'Pods' }] } },
      field: 'spec.metrics[0].pods',
      status: { currentReplicas: -1 },
      statusField: 'status.currentReplicas',
    },
  },
  {
    apiVersion: 'autoscaling/v1',
    namespaced: true,
    kind: 'HorizontalPodAutoscaler',
    plural: 'horizontalpodautoscalers',
    object: { spec: { ...scaled, targetCPUUtilizationPercentage: 70 } },
    columns: AUTOSCALER,
    cells: ['made', 'Deployment/web', 'cpu: <unknown>/70%', '1', 5, 0, AGE],
    wrong: {
      object: { spec: { ...scaled, minReplicas: 6 } },
      field: 'spec.maxReplicas',
      status: { currentReplicas: -1 },
      statusField: 'status.currentReplicas',
    },
  },
  {
    apiVersion: 'events.k8s.io/v1',
    namespaced: true,
    kind: 'Event',
    plural: 'events',
    object: { ...event, reportingController: 'example.com/tests' },
    columns: [
      'Last Seen',
      'Type',
      'Reason',
      'Object',
      'Subobject*',
      'Source*',
      'Message',
      'First Seen*',
      'Count*',
      'Name*',
    ],
    cells: [AGE, 'Normal', 'Tested', 'pod/web', '', 'example.com/tests, one', 'all well', AGE, 1, 'made'],
    wrong: { object: event, field: 'reportingController' },
  },
  {
    ...networking,
    namespaced: true,
    kind: 'Ingress',
    plural: 'ingresses',
    object: {
      spec: {
        ingressClassName: 'outer',
        tls: [{ hosts: ['a.example.com'], secretName: 'a' }],
        rules: ['a', 'b', 'c', 'd'].map((host) => ({
          host: `${host}.example.com`,
          http: {
            paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 'web', port: { number: 80 } } } }],
          },
        })),
      },
    },
    columns: ['Name', 'Class', 'Hosts', 'Address', 'Ports', 'Age'],
    cells: ['made', 'outer', 'a.example.com,b.example.com,c.example.com + 1 more...', '', '80, 443', AGE],
    wrong: {
      object: { spec: { rules: [{ http: { paths: [{ path: 'a', pathType: 'Exact', backend: {} }] } }] } },
      field: 'spec.rules[0].http.paths[0].path',
      status: { loadBalancer: { ingress: [{ ip: 'here' }] } },
      statusField: 'status.loadBalancer.ingress[0].ip',
    },
  },
  {
    ...networking,
    namespaced: false,
    kind: 'IngressClass',
    plural: 'ingressclasses',
    object: {
      spec: { controller: 'example.com/outer', parameters: { apiGroup: 'example.com', kind: 'Outer', name: 'a' } },
    },
    columns: ['Name', 'Controller', 'Parameters', 'Age'],
    cells: ['made', 'example.com/outer', 'Outer.example.com/a', AGE],
    wrong: { object: { spec: { controller: 'outer' } }, field: 'spec.controller' },
  },
  {
    ...networking,
    namespaced: true,
    kind: 'NetworkPolicy',
    plural: 'networkpolicies',
    object: {
      spec: {
        podSelector: selector,
        ingress: [
          { from: [{ ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] } }], ports: [{ port: 80, endPort: 90 }] },
        ],
      },
    },
    columns: ['Name', 'Pod-Selector', 'Age'],
    cells: ['made', 'app=a', AGE],
    wrong: {
      object: { spec: { podSelector: {}, egress: [{ to: [{ ipBlock: { cidr: '10.0.0.0' } }] }] } },
      field: 'spec.egress[0].to[0].ipBlock.cidr',
    },
  },
  {
    apiVersion: 'node.k8s.io/v1',
    namespaced: false,
    kind: 'RuntimeClass',
    plural: 'runtimeclasses',
    object: { handler: 'gvisor', overhead: { podFixed: { memory: '64Mi' } }, scheduling: { nodeSelector: { a: 'b' } } },
    columns: ['Name', 'Handler', 'Age'],
    cells: ['made', 'gvisor', AGE],
    wrong: { object: { handler: 'g', overhead: { podFixed: { memory: '-1' } } }, field: 'overhead.limits[memory]' },
  },
  {
    ...storage,
    namespaced: false,
    kind: 'StorageClass',
    plural: 'storageclasses',
    object: { provisioner: 'example.com/disk', parameters: { type: 'fast' } },
    columns: ['Name', 'Provisioner', 'ReclaimPolicy', 'VolumeBindingMode', 'AllowVolumeExpansion', 'Age'],
    cells: ['made', 'example.com/disk', 'Delete', 'Immediate', false, AGE],
    wrong: { object: { provisioner: 'a', reclaimPolicy: 'Recycle' }, field: 'reclaimPolicy' },
  },
  {
    ...storage,
    namespaced: false,
    kind: 'CSIDriver',
    plural: 'csidrivers',
    object: { spec: { tokenRequests: [{ audience: 'vault' }] } },
    columns: [
      'Name',
      'AttachRequired',
      'PodInfoOnMount',
      'StorageCapacity',
      'TokenRequests',
      'RequiresRepublish',
      'Modes',
      'Age',
    ],
    cells: ['made', true, false, false, 'vault', false, 'Persistent', AGE],
    wrong: {
      object: { spec: { tokenRequests: [{ audience: '', expirationSeconds: 1 }] } },
      field: 'spec.tokenRequests[0].expirationSeconds',
    },
  },
  {
    ...storage,
    namespaced: false,
    kind: 'CSINode',
    plural: 'csinodes',
    object: { spec: { drivers: [{ name: 'csi.example.com', nodeID: 'n-1', allocatable: { count: 8 } }] } },
    columns: ['Name', 'Drivers', 'Age'],
    cells: ['made', 1, AGE],
    wrong: { object: { spec: { drivers: [{ name: 'csi.example.com' }] } }, field: 'spec.drivers[0].nodeID' },
  },
  {
    ...storage,
    namespaced: true,
    kind: 'CSIStorageCapacity',
    plural: 'csistoragecapacities',
    object: { storageClassName: 'fast', capacity: '2048Mi', nodeTopology: {} },
    columns: ['Name', 'StorageClassName', 'Capacity'],
    cells: ['made', 'fast', '2Gi'],
    wrong: { object: { storageClassName: 'fast', capacity: '-1' }, field: 'capacity' },
  },
  {
    ...storage,
    namespaced: false,
    kind: 'VolumeAttachment',
    plural: 'volumeattachments',
    object: { spec: { attacher: 'csi.example.com', nodeName: 'n', source: { persistentVolumeName: 'pv' } } },
    columns: ['Name', 'Attacher', 'PV', 'Node', 'Attached', 'Age'],
    cells: ['made', 'csi.example.com', 'pv', 'n', false, AGE],
    wrong: {
      object: { spec: { attacher: 'csi.example.com', nodeName: 'n', source: {} } },
      field: 'spec.source',
      status: { attached: false, attachError: { message: 'x'.repeat(300_000) } },
      statusField: 'status.attachError.message',
    },
  },
  {
    apiVersion: 'flowcontrol.apiserver.k8s.io/v1',
    namespaced: false,
    kind: 'FlowSchema',
    plural: 'flowschemas',
    object: {
      spec: {
        priorityLevelConfiguration: { name: 'workload-low' },
        rules: [
          {
            subjects: [{ kind: 'User', user: { name: 'ann' } }],
            nonResourceRules: [{ verbs: ['get'], nonResourceURLs: ['/metrics'] }],
          },
        ],
      },
    },
    columns: ['Name', 'PriorityLevel', 'MatchingPrecedence', 'DistinguisherMethod', 'Age', 'MissingPL'],
    cells: ['made', 'workload-low', 1000, '<none>', AGE, 'False'],
    isControlled: true,
    wrong: {
      object: { spec: { priorityLevelConfiguration: { name: 'workload-low' }, rules: [{ subjects: [] }] } },
      field: 'spec.rules[0].subjects',
      status: { conditions: [{ type: 'Dangling' }, { type: 'Dangling' }] },
      statusField: 'status.conditions[1].type',
    },
  },
  {
    apiVersion: 'flowcontrol.apiserver.k8s.io/v1',
    namespaced: false,
    kind: 'PriorityLevelConfiguration',
    plural: 'prioritylevelconfigurations',
    object: { spec: { type: 'Limited', limited: { limitResponse: { type: 'Queue', queuing: {} } } } },
    columns: ['Name', 'Type', 'NominalConcurrencyShares', 'Queues', 'HandSize', 'QueueLengthLimit', 'Age'],
    cells: ['made', 'Limited', 30, 64, 8, 50, AGE],
    wrong: {
      object: { spec: { type: 'Limited', limited: { limitResponse: { type: 'Queue' } } } },
      field: 'spec.limited.limitResponse.queuing',
      status: { conditions: [{}] },
      statusField: 'status.conditions[0].type',
    },
  },
]
