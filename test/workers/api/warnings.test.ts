/** What clients are told of objects that are taken all the same, by kind. */
import { beforeAll, describe, expect, it } from 'vitest'
import {
  type Answer,
  APPLY,
  type Client,
  CONFIG_MAPS,
  DEPLOYMENTS,
  MERGE,
  newClient,
  PODS,
  SERVICES,
} from './client.ts'

let client: Client

beforeAll(async () => {
  client = await newClient('warnings')
})

const ns = (path: string) => `/apis/${path.replace('/', '/v1/namespaces/default/')}`
const GRACE = 'must be >= 0; negative values are invalid and will be treated as 1'
const pod = { terminationGracePeriodSeconds: -1, restartPolicy: 'Never', containers: [{ name: 'a', image: 'a' }] }
const template = { metadata: { labels: { app: 'a' } }, spec: { ...pod, restartPolicy: 'Always' } }
const selector = { matchLabels: { app: 'a' } }

/** The texts of the Warning headers, which the platform joins. */
const warningsOf = ({ headers }: Answer): string[] =>
  [...(headers.get('warning') ?? '').matchAll(/299 - ("(?:[^"\\]|\\.)*")/g)].map(([, text = '""']) => JSON.parse(text))

describe('a create tells', () => {
  it.each([
    { kind: 'Pod', path: PODS, object: { spec: pod }, want: [`spec.terminationGracePeriodSeconds: ${GRACE}`] },
    {
      kind: 'PodTemplate',
      path: '/api/v1/namespaces/default/podtemplates',
      object: { template },
      want: [`template.spec.terminationGracePeriodSeconds: ${GRACE}`],
    },
    ...['apps/deployments', 'apps/replicasets', 'apps/daemonsets', 'apps/statefulsets'].map((plural) => ({
      kind: plural,
      path: ns(plural),
      object: { spec: { selector, template, ...(plural === 'apps/statefulsets' ? { serviceName: 'a' } : {}) } },
      want: [`spec.template.spec.terminationGracePeriodSeconds: ${GRACE}`],
    })),
    {
      kind: 'ReplicationController',
      path: '/api/v1/namespaces/default/replicationcontrollers',
      object: { spec: { selector: { app: 'a' }, template } },
      want: [`spec.template.spec.terminationGracePeriodSeconds: ${GRACE}`],
    },
    {
      kind: 'Job',
      path: ns('batch/jobs'),
      object: { spec: { template: { spec: pod } } },
      want: [`spec.template.spec.terminationGracePeriodSeconds: ${GRACE}`],
    },
    {
      kind: 'CronJob',
      path: ns('batch/cronjobs'),
      object: { spec: { schedule: '@daily', jobTemplate: { spec: { template: { spec: pod } } } } },
      want: [`spec.jobTemplate.spec.template.spec.terminationGracePeriodSeconds: ${GRACE}`],
    },
    {
      kind: 'Ingress',
      path: ns('networking.k8s.io/ingresses'),
      object: {
        metadata: { annotations: { 'kubernetes.io/ingress.class': 'outer' } },
        spec: { defaultBackend: { service: { name: 'web', port: { number: 80 } } } },
      },
      want: [`annotation "kubernetes.io/ingress.class" is deprecated, please use 'spec.ingressClassName' instead`],
    },
    {
      kind: 'Service',
      path: SERVICES,
      object: {
        spec: { clusterIP: 'None', externalIPs: ['10.9.8.7'], externalName: 'example.com', ports: [{ port: 80 }] },
      },
      want: [
        'spec.externalIPs is ignored for headless services',
        'spec.externalName is ignored when spec.type is not "ExternalName"',
      ],
    },
    {
      kind: 'ServiceAccount',
      path: '/api/v1/namespaces/default/serviceaccounts',
      object: { metadata: { annotations: { 'kubernetes.io/enforce-mountable-secrets': 'true' } } },
      want: [
        'metadata.annotations[kubernetes.io/enforce-mountable-secrets]: deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets',
      ],
    },
    {
      kind: 'PersistentVolumeClaim',
      path: '/api/v1/namespaces/default/persistentvolumeclaims',
      object: {
        metadata: { annotations: { 'volume.beta.kubernetes.io/storage-class': 'fast' } },
        spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1500m' } } },
      },
      want: [
        'metadata.annotations[volume.beta.kubernetes.io/storage-class]: deprecated since v1.8; use "storageClassName" attribute instead',
        'spec.resources.requests[storage]: fractional byte value "1500m" is invalid, must be an integer',
      ],
    },
    {
      kind: 'PersistentVolume',
      path: '/api/v1/persistentvolumes',
      object: {
        spec: {
          capacity: { storage: '1Gi' },
          accessModes: ['ReadWriteOnce'],
          hostPath: { path: '/data' },
          persistentVolumeReclaimPolicy: 'Recycle',
        },
        metadata: { annotations: { 'volume.beta.kubernetes.io/mount-options': 'ro' } },
      },
      want: [
        'metadata.annotations[volume.beta.kubernetes.io/mount-options]: deprecated since v1.31; use "mountOptions" attribute instead',
        'spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.',
      ],
    },
    {
      kind: 'PersistentVolume of a kind that is no more',
      path: '/api/v1/persistentvolumes',
      object: {
        spec: {
          capacity: { storage: '1Gi' },
          accessModes: ['ReadWriteOnce'],
          cephfs: { monitors: ['10.0.0.1'] },
          nodeAffinity: {
            required: {
              nodeSelectorTerms: [
                { matchExpressions: [{ key: 'beta.kubernetes.io/os', operator: 'In', values: ['linux'] }] },
              ],
            },
          },
        },
      },
      want: [
        'spec.nodeAffinity.required.nodeSelectorTerms[0].matchExpressions[0].key: beta.kubernetes.io/os is deprecated since v1.14; use "kubernetes.io/os" instead',
        'spec.cephfs: deprecated in v1.28, non-functional in v1.31+',
      ],
    },
    {
      kind: 'StatefulSet with claims',
      path: ns('apps/statefulsets'),
      object: {
        spec: {
          serviceName: 'a',
          selector,
          template: { ...template, spec: { containers: pod.containers } },
          volumeClaimTemplates: [
            {
              metadata: { name: 'data' },
              spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1500m' } } },
            },
          ],
        },
      },
      want: [
        'spec.volumeClaimTemplates[0].resources.requests[storage]: fractional byte value "1500m" is invalid, must be an integer',
      ],
    },
    {
      kind: 'CSIStorageCapacity',
      path: ns('storage.k8s.io/csistoragecapacities'),
      object: { storageClassName: 'fast', nodeTopology: { matchLabels: { 'beta.kubernetes.io/os': 'linux' } } },
      want: ['nodeTopology.matchLabels.beta.kubernetes.io/os: deprecated since v1.14; use "kubernetes.io/os" instead'],
    },
    {
      kind: 'RuntimeClass',
      path: '/apis/node.k8s.io/v1/runtimeclasses',
      object: { handler: 'h', scheduling: { nodeSelector: { 'beta.kubernetes.io/os': 'linux' } } },
      want: ['scheduling.nodeSelector: deprecated since v1.14; use "kubernetes.io/os" instead'],
    },
    {
      kind: 'StorageClass',
      path: '/apis/storage.k8s.io/v1/storageclasses',
      object: {
        provisioner: 'example.com/disks',
        allowedTopologies: [
          { matchLabelExpressions: [{ key: 'failure-domain.beta.kubernetes.io/zone', values: ['a'] }] },
        ],
      },
      want: [
        'allowedTopologies[0].matchLabelExpressions[0]: deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
      ],
    },
    {
      kind: 'Node',
      path: '/api/v1/nodes',
      object: { spec: { externalID: 'x' } },
      want: ['spec.externalID: this field is deprecated, and is unused by Kubernetes'],
    },
    { kind: 'ConfigMap', path: CONFIG_MAPS, object: { data: { a: 'b' } }, want: [] },
  ])('of a $kind', async ({ path, object, want }) => {
    const body = { ...object, metadata: { name: 'told', ...('metadata' in object ? object.metadata : {}) } }
    const made = await client.ask(`${path}?dryRun=All`, { method: 'POST', body })
    expect(made.code, made.text).toBe(201)
    expect(warningsOf(made)).toEqual(want)
  })

  it('of names that become hosts’', async () => {
    const named = (name: string) => ({ metadata: { name }, spec: { containers: [{ name: 'a', image: 'a' }] } })
    const told = warningsOf(await client.ask(PODS, { method: 'POST', body: named('a.b') }))
    expect(told).toEqual([expect.stringMatching(/^metadata\.name: this is used in the Pod's hostname, /)])
  })

  it('nothing of what is refused', async () => {
    const body = { metadata: { name: 'refused' }, spec: { ...pod, restartPolicy: 'Sometimes' } }
    const refused = await client.ask(PODS, { method: 'POST', body })
    expect([refused.code, warningsOf(refused)]).toEqual([422, []])
  })
})

describe('an update tells', () => {
  const warning = `spec.template.spec.terminationGracePeriodSeconds: ${GRACE}`

  it('when what Pods are made of may have changed, however it is sent', async () => {
    const path = `${DEPLOYMENTS}/updated`
    const made = await client.post(DEPLOYMENTS, {
      metadata: { name: 'updated' },
      spec: { selector, template: { ...template, spec: { containers: pod.containers } } },
    })
    made.spec.template.spec.terminationGracePeriodSeconds = -1
    // The controller may have written its status meanwhile.
    delete made.metadata.resourceVersion
    expect(warningsOf(await client.ask(path, { method: 'PUT', body: made }))).toEqual([warning])
    const patch = (body: object) => client.ask(path, { method: 'PATCH', type: MERGE, body })
    expect(warningsOf(await patch({ metadata: { labels: { a: 'b' } } }))).toEqual([])
    expect(warningsOf(await patch({ spec: { replicas: 0 } }))).toEqual([warning])
    const applied = await client.ask(`${path}?fieldManager=one&force=true`, {
      method: 'PATCH',
      type: APPLY,
      body: JSON.stringify({
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'updated' },
        spec: { replicas: 1 },
      }),
    })
    expect(warningsOf(applied)).toEqual([warning])
  })

  it('nothing of a status', async () => {
    const body = { status: { observedGeneration: 1 } }
    const written = await client.ask(`${DEPLOYMENTS}/updated/status`, { method: 'PATCH', type: MERGE, body })
    expect([written.code, warningsOf(written)]).toEqual([200, []])
  })
})
