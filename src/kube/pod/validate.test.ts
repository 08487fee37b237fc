import { describe, expect, it } from 'vitest'
import { FieldPath } from '../field.ts'
import type { Pod } from '../types.ts'
import { type SpecOwner, validatePodSpec } from './validate.ts'
import { podAnnotationErrors, podAnnotationUpdateErrors, profileMatchErrors } from './validate-annotations.ts'

type Spec = Pod['spec']
type Container = Spec['containers'][number]
type NodeAffinity = NonNullable<NonNullable<Spec['affinity']>['nodeAffinity']>

const NEW = { name: 'p', isNew: true }

const errorsOf = (spec: Partial<Spec>, pod: SpecOwner | undefined = NEW): string[] =>
  validatePodSpec(
    { containers: [{ name: 'c', image: 'x' }], serviceAccountName: 'a', ...spec },
    new FieldPath('spec'),
    pod,
  ).map(({ field, message }) => `${field}: ${message}`)

const container = (fields: Partial<Container>): Partial<Spec> => ({
  containers: [{ name: 'c', image: 'x', ...fields }],
})
const nodeAffinity = (affinity: NodeAffinity): Partial<Spec> => ({ affinity: { nodeAffinity: affinity } })
const byField = (key: string) => ({ matchFields: [{ key, operator: 'In' as const, values: ['a'] }] })
const preferred = (weight: number): Partial<Spec> =>
  nodeAffinity({
    preferredDuringSchedulingIgnoredDuringExecution: [{ weight, preference: byField('metadata.name') }],
  })
const spread = (fields: object = {}) => ({
  maxSkew: 1,
  topologyKey: 'zone',
  whenUnsatisfiable: 'DoNotSchedule' as const,
  ...fields,
})

const VOLUMES = [
  { name: 'v', emptyDir: {} },
  { name: 'p', persistentVolumeClaim: { claimName: 'a' } },
]
const mounted = (fields: Partial<Container>): Partial<Spec> => ({ ...container(fields), volumes: VOLUMES })
const init = (fields: Partial<Container>): Partial<Spec> => ({ initContainers: [{ name: 'i', image: 'x', ...fields }] })
type PodTerm = NonNullable<
  NonNullable<NonNullable<Spec['affinity']>['podAffinity']>['requiredDuringSchedulingIgnoredDuringExecution']
>[number]
const podAffinity = (term: PodTerm): Partial<Spec> => ({
  affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } },
})
const TERM = 'affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[0]'
const windows = (spec: Partial<Spec>): Partial<Spec> => ({ os: { name: 'windows' }, ...spec })
const OF_LINUX = 'Forbidden: cannot be set for a windows pod'

describe('a Pod spec', () => {
  it.each<Partial<Spec>>([
    { schedulingGates: [{ name: 'example.com/a' }, { name: 'b' }] },
    { os: { name: 'linux' } },
    { hostAliases: [{ ip: '10.0.0.1', hostnames: ['a.example.com'] }] },
    { securityContext: { sysctls: [{ name: 'net/ipv4/tcp_syncookies', value: '1' }] } },
    {
      dnsPolicy: 'None',
      dnsConfig: { nameservers: ['1.1.1.1'], searches: ['a.', 'b.c'], options: [{ name: 'ndots' }] },
    },
    { readinessGates: [{ conditionType: 'example.com/ready' }] },
    { securityContext: { seccompProfile: { type: 'Localhost', localhostProfile: 'a/b.json' } } },
    { securityContext: { appArmorProfile: { type: 'RuntimeDefault' } } },
    { topologySpreadConstraints: [spread({ minDomains: 2 }), spread({ topologyKey: 'host' })] },
    preferred(100),
    container({ envFrom: [{ prefix: 'A_', configMapRef: { name: 'a.b' } }] }),
    container({ env: [{ name: 'A', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'status.podIP' } } }] }),
    container({ env: [{ name: 'A', valueFrom: { resourceFieldRef: { resource: 'limits.cpu' } } }] }),
    container({ lifecycle: { preStop: { sleep: { seconds: 5 } }, postStart: { exec: { command: ['a'] } } } }),
    container({ readinessProbe: { grpc: { port: 80 } } }),
    container({ resources: { limits: { 'hugepages-2Mi': '2Mi', cpu: '1' }, requests: { 'hugepages-2Mi': '2Mi' } } }),
    container({ resources: { limits: { 'example.com/gpu': '2' }, requests: { 'example.com/gpu': '2' } } }),
    { hostNetwork: true, containers: [{ name: 'c', image: 'x', ports: [{ containerPort: 80, hostPort: 80 }] }] },
    { hostUsers: false, containers: [{ name: 'c', image: 'x', securityContext: { procMount: 'Unmasked' } }] },
    { os: { name: 'windows' }, securityContext: { windowsOptions: { runAsUserName: 'CORP\\ann' } } },
    { overhead: { cpu: '10m' }, runtimeClassName: 'a', priorityClassName: 'b' },
    { imagePullSecrets: [{}] },
    mounted({ volumeMounts: [{ name: 'v', mountPath: '/a', readOnly: true, recursiveReadOnly: 'Enabled' }] }),
    mounted({ volumeDevices: [{ name: 'p', devicePath: '/dev/a' }] }),
    podAffinity({ topologyKey: 'zone', labelSelector: { matchLabels: { a: 'b' } }, matchLabelKeys: ['c'] }),
    container({ resizePolicy: [{ resourceName: 'cpu', restartPolicy: 'NotRequired' }] }),
    container({ livenessProbe: { exec: { command: ['a'] }, successThreshold: 1, terminationGracePeriodSeconds: 5 } }),
  ])('%j is right', (spec) => {
    expect(errorsOf(spec)).toEqual([])
  })

  it.each<[Partial<Spec>, string | ReturnType<typeof expect.stringMatching>]>([
    [{ schedulingGates: [{ name: 'a' }, { name: 'a' }] }, 'schedulingGates[1]: Duplicate value: "a"'],
    [{ schedulingGates: [{ name: '/a' }] }, 'schedulingGates[0]: Invalid value: "/a": prefix part must be non-empty'],
    [{ os: { name: 'plan9' } }, 'os: Unsupported value: "plan9": supported values: "linux", "windows"'],
    [
      { hostAliases: [{ ip: 'x' }] },
      'hostAliases[0].ip: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
    ],
    [
      {
        securityContext: {
          sysctls: [
            { name: 'a', value: '1' },
            { name: 'a', value: '2' },
          ],
        },
      },
      'securityContext.sysctls[1].name: Duplicate value: "a"',
    ],
    [
      { securityContext: { sysctls: [{ name: 'A', value: '1' }] } },
      'securityContext.sysctls[0].name: Invalid value: "A": must have at most 253 characters and match regex ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$',
    ],
    [
      { hostNetwork: true, securityContext: { sysctls: [{ name: 'net.a', value: '1' }] } },
      'securityContext.sysctls[0].name: Invalid value: "net.a": may not be specified when \'hostNetwork\' is true',
    ],
    [{ dnsPolicy: 'None' }, 'dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None'],
    [
      { dnsPolicy: 'None', dnsConfig: {} },
      'dnsConfig.nameservers: Required value: must provide at least one DNS nameserver when `dnsPolicy` is None',
    ],
    [
      { dnsConfig: { nameservers: ['1.1.1.1', '1.1.1.2', '1.1.1.3', '1.1.1.4'] } },
      'dnsConfig.nameservers: Invalid value: ["1.1.1.1","1.1.1.2","1.1.1.3","1.1.1.4"]: must not have more than 3 nameservers',
    ],
    [{ dnsConfig: { options: [{}] } }, 'dnsConfig.options[0]: Required value: must not be empty'],
    [
      { readinessGates: [{ conditionType: '/a' }] },
      'readinessGates[0].conditionType: Invalid value: "/a": prefix part must be non-empty',
    ],
    [
      { hostPID: true, shareProcessNamespace: true },
      'securityContext.shareProcessNamespace: Invalid value: true: ShareProcessNamespace and HostPID cannot both be enabled',
    ],
    [
      { securityContext: { seccompProfile: { type: 'Localhost' } } },
      'securityContext.seccompProfile.localhostProfile: Required value: must be set when seccomp type is Localhost',
    ],
    [
      { securityContext: { seccompProfile: { type: 'Unconfined', localhostProfile: 'a' } } },
      'securityContext.seccompProfile.localhostProfile: Invalid value: {"type":"Unconfined","localhostProfile":"a"}: can only be set when seccomp type is Localhost',
    ],
    [
      container({ securityContext: { appArmorProfile: { type: 'Localhost' } } }),
      'containers[0].securityContext.appArmorProfile.localhostProfile: Required value: must be set when AppArmor type is Localhost',
    ],
    [
      { topologySpreadConstraints: [spread({ maxSkew: 0 })] },
      'topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than zero',
    ],
    [
      { topologySpreadConstraints: [spread({ minDomains: 0 })] },
      'topologySpreadConstraints[0].minDomains: Invalid value: 0: must be greater than zero',
    ],
    [
      { topologySpreadConstraints: [spread({ minDomains: 1, whenUnsatisfiable: 'ScheduleAnyway' })] },
      'topologySpreadConstraints[0].minDomains: Invalid value: 1: can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ScheduleAnyway',
    ],
    [
      { topologySpreadConstraints: [spread(), spread()] },
      'topologySpreadConstraints[0].{topologyKey, whenUnsatisfiable}: Duplicate value: "{zone, DoNotSchedule}"',
    ],
    [
      preferred(0),
      'affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].weight: Invalid value: 0: must be in the range 1-100',
    ],
    [
      nodeAffinity({
        requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [byField('metadata.uid')] },
      }),
      'affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchFields[0].key: Invalid value: "metadata.uid": not a valid field selector key',
    ],
    [container({ envFrom: [{ configMapRef: {} }] }), 'containers[0].envFrom[0].configMapRef.name: Required value'],
    [
      container({ envFrom: [{ prefix: 'A=', secretRef: { name: 'a' } }] }),
      'containers[0].envFrom[0].prefix: Invalid value: "A=": a valid environment variable name must consist only of printable ASCII characters other than \'=\'',
    ],
    [
      container({ resources: { limits: { 'hugepages-2Mi': '2Mi' } } }),
      'containers[0].resources: Forbidden: HugePages require cpu or memory',
    ],
    [
      container({ lifecycle: { postStart: {} } }),
      'containers[0].lifecycle.postStart: Required value: must specify a handler type',
    ],
    [
      container({ lifecycle: { preStop: { exec: { command: ['a'] }, sleep: { seconds: 1 } } } }),
      'containers[0].lifecycle.preStop.sleep: Forbidden: may not specify more than 1 handler type',
    ],
    [
      container({ lifecycle: { preStop: { exec: {} } } }),
      'containers[0].lifecycle.preStop.exec.command: Required value',
    ],
    [
      container({ readinessProbe: { grpc: { port: 70_000 } } }),
      'containers[0].readinessProbe.grpc.port: Invalid value: 70000: must be between 1 and 65535, inclusive',
    ],
    [
      { nodeName: 'n', schedulingGates: [{ name: 'a' }] },
      'nodeName: Forbidden: cannot be set until all schedulingGates have been cleared',
    ],
    [
      { priorityClassName: '-' },
      expect.stringMatching(/^spec\.priorityClassName: Invalid value: "-": a lowercase RFC 1123/),
    ],
    [
      { overhead: { apples: '1' } },
      'overhead.limits[apples]: Invalid value: "apples": must be a standard resource for containers',
    ],
    [{ hostUsers: false, hostPID: true }, 'HostPID: Forbidden: when `pod.Spec.HostUsers` is false'],
    [
      {
        serviceAccountName: '',
        volumes: [{ name: 't', projected: { sources: [{ serviceAccountToken: { path: 'a' } }] } }],
      },
      'volumes[0].projected.sources[0].serviceAccountToken: Forbidden: must not be specified when serviceAccountName is not set',
    ],
    [
      container({ resources: { limits: { 'hugepages-2Mi': '3Mi', cpu: '1' } } }),
      'containers[0].resources.limits[hugepages-2Mi]: Invalid value: "3Mi": 3Mi is not positive integer multiple of hugepages-2Mi',
    ],
    [
      container({ resources: { limits: { 'hugepages-2Mi': '4Mi', cpu: '1' }, requests: { 'hugepages-2Mi': '2Mi' } } }),
      'containers[0].resources.requests: Invalid value: "2Mi": must be equal to hugepages-2Mi limit of 4Mi',
    ],
    [
      container({ resources: { requests: { 'example.com/gpu': '1' } } }),
      'containers[0].resources.limits: Required value: Limit must be set for non overcommitable resources',
    ],
    [
      container({ resources: { limits: { 'example.com/gpu': '500m' } } }),
      'containers[0].resources.limits[example.com/gpu]: Invalid value: "500m": must be an integer',
    ],
    [
      container({ resources: { limits: { storage: '1' } } }),
      'containers[0].resources.limits[storage]: Invalid value: "storage": must be a standard resource for containers',
    ],
    [
      container({ resources: { limits: { apples: '1' } } }),
      'containers[0].resources.limits[apples]: Invalid value: "apples": must be a standard resource type or fully qualified',
    ],
    [
      { hostNetwork: true, ...container({ ports: [{ containerPort: 80, hostPort: 81 }] }) },
      'containers[0].ports[0].hostPort: Invalid value: 81: must match `containerPort` when `hostNetwork` is true',
    ],
    [
      container({ securityContext: { allowPrivilegeEscalation: false, capabilities: { add: ['CAP_SYS_ADMIN'] } } }),
      'containers[0].securityContext: Invalid value: "": cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN',
    ],
    [
      container({ securityContext: { procMount: 'Unmasked' } }),
      'containers[0].securityContext.procMount: Invalid value: "Unmasked": `hostUsers` must be false to use `Unmasked`',
    ],
    [
      { securityContext: { seLinuxChangePolicy: 'Never' } },
      'securityContext.seLinuxChangePolicy: Unsupported value: "Never": supported values: "MountOption", "Recursive"',
    ],
    [
      mounted({ volumeMounts: [{ name: 'v', mountPath: '/a', mountPropagation: 'Bidirectional' }] }),
      'containers[0].volumeMounts.mountPropagation: Forbidden: Bidirectional mount propagation is available only to privileged containers',
    ],
    [
      mounted({ volumeMounts: [{ name: 'v', mountPath: '/a', recursiveReadOnly: 'Enabled' }] }),
      'containers[0].volumeMounts.recursiveReadOnly: Forbidden: may only be specified when readOnly is true',
    ],
    [
      mounted({ volumeMounts: [{ name: 'v', mountPath: '/a', subPath: '../b' }] }),
      'containers[0].volumeMounts.subPath: Invalid value: "../b": must not contain \'..\'',
    ],
    [mounted({ volumeMounts: [{ name: 'x', mountPath: '/a' }] }), 'containers[0].volumeMounts[0].name: Not found: "x"'],
    [
      mounted({ volumeDevices: [{ name: 'v', devicePath: '/dev/a' }] }),
      'containers[0].volumeDevices[0].name: Invalid value: "v": can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode',
    ],
    [
      mounted({
        volumeMounts: [{ name: 'p', mountPath: '/a' }],
        volumeDevices: [{ name: 'p', devicePath: '/dev/a' }],
      }),
      'containers[0].volumeDevices[0].name: Invalid value: "p": must not already exist in volumeMounts',
    ],
    [
      init({ lifecycle: {} }),
      'initContainers[0].lifecycle: Forbidden: may not be set for init containers without restartPolicy=Always',
    ],
    [
      container({ readinessProbe: { exec: { command: ['a'] }, terminationGracePeriodSeconds: 5 } }),
      'containers[0].readinessProbe.terminationGracePeriodSeconds: Invalid value: 5: must not be set for readinessProbes',
    ],
    [
      container({ livenessProbe: { httpGet: { port: 80, httpHeaders: [{ name: 'a b', value: '' }] } } }),
      "containers[0].livenessProbe.httpGet.httpHeaders: Invalid value: \"a b\": a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')",
    ],
    [
      {
        ...container({ resizePolicy: [{ resourceName: 'cpu', restartPolicy: 'RestartContainer' }] }),
        restartPolicy: 'Never',
      },
      "containers[0].resizePolicy: Invalid value: \"RestartContainer\": must be 'NotRequired' when `restartPolicy` is 'Never'",
    ],
    [
      container({ env: [{ name: 'A', valueFrom: { secretKeyRef: { key: 'k' } } }] }),
      expect.stringMatching(
        /^spec\.containers\[0\]\.env\[0\]\.valueFrom\.secretKeyRef\.name: Invalid value: "": a lower/,
      ),
    ],
    [
      container({ envFrom: [{}] }),
      'containers[0].envFrom: Invalid value: "": must specify one of: `configMapRef` or `secretRef`',
    ],
    [podAffinity({ topologyKey: '' }), `${TERM}.topologyKey: Required value: can not be empty`],
    [
      podAffinity({ topologyKey: 'a', namespaces: ['A'] }),
      expect.stringMatching(/\[0\]\.namespace: Invalid value: "A": a lowercase RFC 1123 label/),
    ],
    [
      podAffinity({ topologyKey: 'a', matchLabelKeys: ['b'] }),
      `${TERM}.matchLabelKeys: Forbidden: must not be specified when labelSelector is not set`,
    ],
    [
      podAffinity({ topologyKey: 'a', matchLabelKeys: ['b'], mismatchLabelKeys: ['b'], labelSelector: {} }),
      `${TERM}.matchLabelKeys[0]: Invalid value: "b": exists in both matchLabelKeys and mismatchLabelKeys`,
    ],
    [
      {
        affinity: {
          podAffinity: {
            preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 101, podAffinityTerm: { topologyKey: 'a' } }],
          },
        },
      },
      'affinity.podAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].weight: Invalid value: 101: must be in the range 1-100',
    ],
    [
      { topologySpreadConstraints: [spread({ matchLabelKeys: ['a'] })] },
      'topologySpreadConstraints[0].matchLabelKeys: Forbidden: must not be specified when labelSelector is not set',
    ],
    [
      { topologySpreadConstraints: [spread({ matchLabelKeys: ['a'], labelSelector: { matchLabels: { a: 'b' } } })] },
      'topologySpreadConstraints[0].matchLabelKeys[0]: Invalid value: "a": exists in both matchLabelKeys and labelSelector',
    ],
    [windows({ hostPID: true }), `hostPID: ${OF_LINUX}`],
    [windows({ securityContext: { runAsUser: 1 } }), `securityContext.runAsUser: ${OF_LINUX}`],
    [
      windows(container({ securityContext: { privileged: false } })),
      `containers[0].securityContext.privileged: ${OF_LINUX}`,
    ],
    [
      { os: { name: 'linux' }, securityContext: { windowsOptions: {} } },
      'securityContext.windowsOptions: Forbidden: windows options cannot be set for a linux pod',
    ],
    [
      { securityContext: { windowsOptions: { runAsUserName: 'a@b' } } },
      'securityContext.windowsOptions.runAsUserName: Invalid value: "a@b": runAsUserName\'s User cannot contain the following characters: "/\\:;|=,+*?<>@[]',
    ],
    [
      { securityContext: { windowsOptions: { hostProcess: true } } },
      'hostNetwork: Invalid value: false: hostNetwork must be true if pod contains any hostProcess containers',
    ],
  ])('%j is refused', (spec, want) => {
    expect(errorsOf(spec)).toContainEqual(typeof want === 'string' ? `spec.${want}` : want)
  })
})

describe('the spec of a template', () => {
  it.each<Partial<Spec>>([
    container({ image: ' x ' }),
    { hostNetwork: true, ...container({ ports: [{ containerPort: 80 }] }) },
    { nodeName: 'n', schedulingGates: [{ name: 'a' }] },
    {
      serviceAccountName: '',
      volumes: [{ name: 't', projected: { sources: [{ serviceAccountToken: { path: 'a' } }] } }],
    },
  ])('may hold what is judged when a Pod is made of it: %j', (spec) => {
    const errors = validatePodSpec({ containers: [{ name: 'c', image: 'x' }], ...spec }, new FieldPath('spec'))
    expect(errors).toEqual([])
  })
})

describe('annotations of a Pod', () => {
  const at = new FieldPath('annotations')
  const spec = { containers: [{ name: 'c', image: 'x' }] }
  const APP_ARMOR = 'container.apparmor.security.beta.kubernetes.io/'

  it.each<[Record<string, string>, string[]]>([
    [{ 'controller.kubernetes.io/pod-deletion-cost': '-5' }, []],
    [
      { 'controller.kubernetes.io/pod-deletion-cost': '+5' },
      ['annotations[controller.kubernetes.io/pod-deletion-cost]: Invalid value: "+5": must be a 32bit integer'],
    ],
    [
      { 'kubernetes.io/config.mirror': 'a' },
      [
        'annotations[kubernetes.io/config.mirror]: Invalid value: "a": must set spec.nodeName if mirror pod annotation is set',
      ],
    ],
    [{ [`${APP_ARMOR}c`]: 'localhost/a' }, []],
    [{ [`${APP_ARMOR}d`]: 'unconfined' }, [`annotations[${APP_ARMOR}d]: Invalid value: "d": container not found`]],
    [
      { [`${APP_ARMOR}c`]: 'mine' },
      [`annotations[${APP_ARMOR}c]: Invalid value: "mine": invalid AppArmor profile name: "mine"`],
    ],
    [
      { 'seccomp.security.alpha.kubernetes.io/pod': 'mine' },
      ['annotations.seccomp.security.alpha.kubernetes.io/pod: Invalid value: "mine": must be a valid seccomp profile'],
    ],
  ])('%j', (annotations, want) => {
    const errors = podAnnotationErrors(annotations, spec, at)
    expect(errors.map(({ field, message }) => `${field}: ${message}`)).toEqual(want)
  })

  it.each<[Record<string, string>, Partial<Spec>, string[]]>([
    [
      { 'seccomp.security.alpha.kubernetes.io/pod': 'docker/default' },
      { securityContext: { seccompProfile: { type: 'RuntimeDefault' } } },
      [],
    ],
    [
      { 'seccomp.security.alpha.kubernetes.io/pod': 'unconfined' },
      { securityContext: { seccompProfile: { type: 'RuntimeDefault' } } },
      ['spec.securityContext.seccompProfile.type: Forbidden: seccomp type in annotation and field must match'],
    ],
    [
      { [`${APP_ARMOR}c`]: 'localhost/a' },
      { securityContext: { appArmorProfile: { type: 'Localhost', localhostProfile: 'b' } } },
      [
        'spec.containers[0].securityContext.appArmorProfile.localhostProfile: Forbidden: apparmor profile in annotation and field must match',
      ],
    ],
  ])('%j mean what the fields %j say: %j', (annotations, fields, want) => {
    const errors = profileMatchErrors(annotations, { ...spec, ...fields }, new FieldPath('spec'))
    expect(errors.map(({ field, message }) => `${field}: ${message}`)).toEqual(want)
  })

  it('stay, where they say what the Pod runs as', () => {
    const errors = podAnnotationUpdateErrors(
      { [`${APP_ARMOR}c`]: 'b', a: 'b' },
      { 'kubernetes.io/config.mirror': 'a' },
      at,
    )
    expect(errors.map(({ field, message }) => `${field}: ${message}`)).toEqual([
      'annotations[kubernetes.io/config.mirror]: Forbidden: may not remove or update mirror pod annotation',
      `annotations[${APP_ARMOR}c]: Forbidden: may not add AppArmor annotations`,
    ])
  })
})
