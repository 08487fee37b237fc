import { describe, expect, it } from 'vitest'
import { FieldPath } from '../field.ts'
import type { Pod } from '../types.ts'
import { validatePodSpec } from './validate.ts'

type Spec = Pod['spec']
type Container = Spec['containers'][number]
type NodeAffinity = NonNullable<NonNullable<Spec['affinity']>['nodeAffinity']>

const errorsOf = (spec: Partial<Spec>): string[] =>
  validatePodSpec({ containers: [{ name: 'c', image: 'x' }], ...spec }, new FieldPath('spec')).map(
    ({ field, message }) => `${field}: ${message}`,
  )

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
  ])('%j is right', (spec) => {
    expect(errorsOf(spec)).toEqual([])
  })

  it.each<[Partial<Spec>, string]>([
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
  ])('%j is refused', (spec, want) => {
    expect(errorsOf(spec)).toContain(`spec.${want}`)
  })
})
