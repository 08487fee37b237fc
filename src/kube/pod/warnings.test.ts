import { describe, expect, it } from 'vitest'
import { FieldPath, root } from '../field.ts'
import type { Pod } from '../types.ts'
import { hostnameWarnings, podWarnings } from './warnings.ts'

const warned = (spec: object, annotations: Record<string, string> = {}) =>
  podWarnings({ metadata: { annotations }, spec: { containers: [], ...spec } as unknown as Pod['spec'] }, root)

const container = (rest: object, name = 'a') => ({ name, image: 'a', ...rest })
const port = (rest: object) => ({ containerPort: 80, protocol: 'TCP', ...rest })
const ports = (...all: object[]) => ({ containers: [container({ ports: all })] })
const volume = (rest: object) => ({ volumes: [{ name: 'v', ...rest }] })
const items = (...paths: string[]) => paths.map((path) => ({ key: 'k', path }))

describe('podWarnings', () => {
  it.each<{ what: string; spec: object; annotations?: Record<string, string>; want: string[] }>([
    { what: 'nothing of a plain Pod', spec: { containers: [container({})] }, want: [] },
    {
      what: 'a deprecated label in the node selector',
      spec: { nodeSelector: { 'beta.kubernetes.io/os': 'linux', disk: 'ssd' } },
      want: ['spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use "kubernetes.io/os" instead'],
    },
    {
      what: 'a deprecated label in affinities',
      spec: {
        affinity: {
          nodeAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: {
              nodeSelectorTerms: [
                { matchExpressions: [{ key: 'a' }, { key: 'failure-domain.beta.kubernetes.io/zone' }] },
              ],
            },
            preferredDuringSchedulingIgnoredDuringExecution: [
              { preference: { matchExpressions: [{ key: 'node-role.kubernetes.io/master' }] } },
            ],
          },
        },
      },
      want: [
        'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[1].key: failure-domain.beta.kubernetes.io/zone is deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
        'spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].preference.matchExpressions[0].key: node-role.kubernetes.io/master is use "node-role.kubernetes.io/control-plane" instead',
      ],
    },
    {
      what: 'selectors that select nothing',
      spec: {
        topologySpreadConstraints: [{ topologyKey: 'beta.kubernetes.io/arch' }],
        affinity: {
          podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{}] },
          podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ podAffinityTerm: {} }] },
        },
      },
      want: [
        'spec.topologySpreadConstraints[0].topologyKey: beta.kubernetes.io/arch is deprecated since v1.14; use "kubernetes.io/arch" instead',
        'spec.topologySpreadConstraints[0].labelSelector: a null labelSelector results in matching no pod',
        'spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].labelSelector: a null labelSelector results in matching no pod',
        'spec.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].podAffinityTerm.labelSelector: a null labelSelector results in matching no pod',
      ],
    },
    {
      what: 'annotations that have become fields',
      spec: { containers: [container({})] },
      annotations: {
        'scheduler.alpha.kubernetes.io/critical-pod': '',
        'seccomp.security.alpha.kubernetes.io/pod': 'runtime/default',
        'container.seccomp.security.alpha.kubernetes.io/a': 'runtime/default',
        'container.apparmor.security.beta.kubernetes.io/a': 'runtime/default',
      },
      want: [
        'metadata.annotations[scheduler.alpha.kubernetes.io/critical-pod]: non-functional in v1.16+; use the "priorityClassName" field instead',
        'metadata.annotations[seccomp.security.alpha.kubernetes.io/pod]: non-functional in v1.27+; use the "seccompProfile" field instead',
        'metadata.annotations[container.seccomp.security.alpha.kubernetes.io/a]: non-functional in v1.27+; use the "seccompProfile" field instead',
        'metadata.annotations[container.apparmor.security.beta.kubernetes.io/a]: deprecated since v1.30; use the "appArmorProfile" field instead',
      ],
    },
    {
      what: 'no annotation beside its field',
      spec: {
        securityContext: { seccompProfile: { type: 'RuntimeDefault' }, appArmorProfile: { type: 'RuntimeDefault' } },
        containers: [container({ securityContext: { seccompProfile: { type: 'RuntimeDefault' } } })],
      },
      annotations: {
        'seccomp.security.alpha.kubernetes.io/pod': 'runtime/default',
        'container.seccomp.security.alpha.kubernetes.io/a': 'runtime/default',
        'container.apparmor.security.beta.kubernetes.io/a': 'runtime/default',
      },
      want: [],
    },
    {
      what: 'names that stand twice',
      spec: {
        hostAliases: [{ ip: '1.1.1.1' }, { ip: '1.1.1.1' }],
        imagePullSecrets: [{ name: 'a' }, { name: 'a' }, {}],
      },
      want: [
        'spec.hostAliases[1].ip: duplicate ip "1.1.1.1"',
        'spec.imagePullSecrets[1].name: duplicate name "a"',
        'spec.imagePullSecrets[2].name: invalid empty name ""',
      ],
    },
    {
      what: 'an environment that hides itself, and none that builds on itself',
      spec: {
        initContainers: [
          container({
            env: [
              { name: 'A', value: 'a' },
              { name: 'A', value: '$(A)b' },
            ],
          }),
        ],
        containers: [
          container({
            env: [
              { name: 'A', value: 'a' },
              { name: 'A', value: 'b' },
              { name: 'A', value: '$(A)' },
              { name: 'A', valueFrom: {} },
            ],
          }),
        ],
      },
      want: [1, 2, 3].map(
        (index) =>
          `spec.containers[0].env[${index}]: hides previous definition of "A", which may be dropped when using apply`,
      ),
    },
    {
      what: 'parts of bytes',
      spec: {
        overhead: { memory: '100m', cpu: '100m' },
        containers: [container({ resources: { limits: { memory: '1.5' }, requests: { 'ephemeral-storage': '1Gi' } } })],
      },
      want: [
        'spec.overhead[memory]: fractional byte value "100m" is invalid, must be an integer',
        'spec.containers[0].resources.limits[memory]: fractional byte value "1500m" is invalid, must be an integer',
      ],
    },
    {
      what: 'ports in each other’s way, of one container and of two',
      spec: {
        containers: [
          container({ ports: [port({}), port({}), port({ hostPort: 8080 })] }),
          container({ ports: [port({ protocol: 'UDP' }), port({ hostPort: 8080, hostIP: '10.0.0.1' })] }, 'b'),
        ],
      },
      want: [
        'spec.containers[0].ports[1]: duplicate port definition with spec.containers[0].ports[0]',
        'spec.containers[0].ports[2]: overlapping port definition with spec.containers[0].ports[0]',
        'spec.containers[0].ports[2]: overlapping port definition with spec.containers[0].ports[1]',
        'spec.containers[1].ports[1]: overlapping port definition with spec.containers[0].ports[0]',
        'spec.containers[1].ports[1]: overlapping port definition with spec.containers[0].ports[1]',
        'spec.containers[1].ports[1]: dangerously ambiguous port definition with spec.containers[0].ports[2]',
      ],
    },
    {
      what: 'an address of the host without a port of it',
      spec: ports(port({ name: 'web', hostIP: '10.0.0.1' })),
      want: [
        'spec.containers[0].ports[0]: hostIP set without hostPort: {Name:web HostPort:0 ContainerPort:80 Protocol:TCP HostIP:10.0.0.1}',
      ],
    },
    {
      what: 'a grace below nothing',
      spec: { terminationGracePeriodSeconds: -1 },
      want: ['spec.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1'],
    },
    {
      what: 'kinds of volumes that are no more',
      spec: {
        volumes: [
          { name: 'a', gitRepo: {} },
          { name: 'b', storageos: {} },
        ],
      },
      want: [
        'spec.volumes[0].gitRepo: deprecated in v1.11',
        'spec.volumes[1].storageOS: deprecated in v1.22, non-functional in v1.25+',
      ],
    },
    {
      what: 'a claim of a part of a byte',
      spec: volume({
        ephemeral: { volumeClaimTemplate: { spec: { resources: { requests: { storage: '1500m' } } } } },
      }),
      want: [
        'spec.volumes[0].ephemeral.volumeClaimTemplate.spec.resources.requests[storage]: fractional byte value "1500m" is invalid, must be an integer',
      ],
    },
    {
      what: 'files over files of one source',
      spec: volume({ configMap: { name: 'c', items: items('a', 'b', 'a/b') } }),
      want: ['volume "v" (ConfigMap "c"): overlapping paths: "a/b" with "a"'],
    },
    {
      what: 'files over files of several sources',
      spec: volume({
        projected: {
          sources: [
            { secret: { name: 's', items: items('test') } },
            { configMap: { name: 'c', items: items('test/one') } },
            { downwardAPI: { items: items('other') } },
            { serviceAccountToken: { path: 'test' } },
            {},
          ],
        },
      }),
      want: [
        'volume "v" (Projected) has no sources provided',
        'volume "v" (Projected): overlapping paths: "test/one" (ConfigMap "c") with "test" (Secret "s")',
        'volume "v" (Projected): overlapping paths: "test" (ServiceAccountToken) with "test" (Secret "s")',
        'volume "v" (Projected): overlapping paths: "test" (ServiceAccountToken) with "test/one" (ConfigMap "c")',
      ],
    },
  ])('tells $what', ({ spec, annotations, want }) => expect(warned(spec, annotations)).toEqual(want))

  it('names the place in what holds the Pod', () =>
    expect(
      podWarnings(
        { spec: { terminationGracePeriodSeconds: -1 } as unknown as Pod['spec'] },
        new FieldPath('spec.template'),
      ),
    ).toEqual([expect.stringMatching(/^spec\.template\.spec\.terminationGracePeriodSeconds: /)]))
})

describe('hostnameWarnings', () => {
  it('tells of a name that no host can have', () => {
    expect(hostnameWarnings('a-b', "the Pod's hostname")).toEqual([])
    expect(hostnameWarnings('a.b', "the Pod's hostname")).toEqual([
      expect.stringMatching(
        /^metadata\.name: this is used in the Pod's hostname, which can result in surprising behavior; a DNS label is recommended: \[a lowercase RFC 1123 label .*\]$/,
      ),
    ])
  })
})
