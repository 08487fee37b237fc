import { describe, expect, it } from 'vitest'
import { root } from '../field.ts'
import { clone } from '../json.ts'
import { services } from '../resources/core/service.ts'
import type { Service } from '../types.ts'

function service(spec: Partial<Service['spec']>): Service {
  const made: Service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name: 'web',
      namespace: 'n',
      uid: 'u',
      resourceVersion: '1',
      creationTimestamp: '2026-01-01T00:00:00Z',
    },
    spec: { ports: [{ port: 80 }], ...spec },
    status: {},
  }
  services.defaults(made)
  return made
}

const allocated = (spec: Partial<Service['spec']> = {}) =>
  service({ clusterIP: '10.96.0.7', clusterIPs: ['10.96.0.7'], ipFamilies: ['IPv4'], ...spec })

function updated(previous: Service, spec: Partial<Service['spec']>): { next: Service; errors: string[] } {
  const next = { ...clone(previous), spec: clone(spec) as Service['spec'] }
  services.prepareForUpdate(next, previous)
  services.defaults(next)
  const errors = [...services.validate(next, root), ...services.validateUpdate(next, previous, root)]
  return { next, errors: errors.map(({ field, message }) => `${field}: ${message}`) }
}

const errorsOf = (spec: Partial<Service['spec']>) =>
  services.validate(service(spec), root).map(({ field, message }) => `${field}: ${message}`)

describe('services', () => {
  it('keep their address and node ports when a client leaves them out (kubectl replace)', () => {
    const previous = allocated({ type: 'NodePort', ports: [{ port: 80, nodePort: 30_080 }] })
    const { next, errors } = updated(previous, { type: 'NodePort', ports: [{ port: 80 }] })
    expect(errors).toEqual([])
    expect(next.spec).toMatchObject({
      clusterIP: '10.96.0.7',
      clusterIPs: ['10.96.0.7'],
      ports: [{ nodePort: 30_080 }],
    })
  })

  it('lose node ports with their type', () => {
    const previous = allocated({ type: 'NodePort', ports: [{ port: 80, nodePort: 30_080 }] })
    const { next, errors } = updated(previous, { ...previous.spec, type: 'ClusterIP' })
    expect(errors).toEqual([])
    expect(next.spec.ports?.[0]).not.toHaveProperty('nodePort')
    expect(next.spec).not.toHaveProperty('externalTrafficPolicy')
  })

  it('lose their address when they become names', () => {
    const previous = allocated()
    const { next, errors } = updated(previous, { ...previous.spec, type: 'ExternalName', externalName: 'example.com' })
    expect(errors).toEqual([])
    expect(next.spec).not.toHaveProperty('clusterIP')
    expect(next.spec).not.toHaveProperty('ipFamilies')
  })

  it('may not change their address', () => {
    const previous = allocated()
    expect(updated(previous, { ...previous.spec, clusterIP: '10.96.0.8' }).errors).toEqual([
      'spec.clusterIPs[0]: Invalid value: ["10.96.0.8"]: may not change once set',
    ])
  })

  it.each([
    [{ ports: [] }, 'spec.ports: Required value'],
    [{ ports: [{ port: 80 }, { port: 81, name: 'b' }] }, 'spec.ports[0].name: Required value'],
    [{ ports: [{ port: 0 }] }, 'spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive'],
    [
      { ports: [{ port: 80, nodePort: 30_000 }] },
      "spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'",
    ],
    [{ ipFamilies: ['IPv4' as const, 'IPv4' as const] }, 'spec.ipFamilies[1]: Duplicate value: "IPv4"'],
    [
      { ipFamilyPolicy: 'Both' as 'SingleStack' },
      'spec.ipFamilyPolicy: Unsupported value: "Both": supported values: "PreferDualStack", "RequireDualStack", "SingleStack"',
    ],
    [{ type: 'ExternalName' as const }, 'spec.externalName: Required value'],
    [
      { type: 'Loud' as 'ClusterIP' },
      'spec.type: Unsupported value: "Loud": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"',
    ],
    [
      { clusterIP: 'x', clusterIPs: ['x'] },
      'spec.clusterIPs[0]: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
    ],
    [
      { externalIPs: ['127.0.0.1'] },
      'spec.externalIPs[0]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
    ],
    [
      { ports: [{ port: 80, appProtocol: '/a' }] },
      expect.stringMatching(/appProtocol: Invalid value: "\/a": prefix part/),
    ],
    [
      { type: 'ExternalName' as const, externalName: 'a.b', clusterIP: 'None' },
      'spec.clusterIPs: Forbidden: may not be set for ExternalName services',
    ],
    [
      { type: 'ExternalName' as const, externalName: 'a.b', ipFamilyPolicy: 'SingleStack' as const },
      'spec.ipFamilyPolicy: Forbidden: may not be set for ExternalName services',
    ],
    [
      { loadBalancerSourceRanges: ['10.0.0.0/8'] },
      "spec.LoadBalancerSourceRanges: Forbidden: may only be used when `type` is 'LoadBalancer'",
    ],
    [
      { type: 'LoadBalancer' as const, loadBalancerSourceRanges: [' 10.0.0.0/8 ', 'x'] },
      'spec.LoadBalancerSourceRanges[1]: Invalid value: "x": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
    ],
    [
      { allocateLoadBalancerNodePorts: false },
      "spec.allocateLoadBalancerNodePorts: Forbidden: may only be used when `type` is 'LoadBalancer'",
    ],
    [
      { type: 'LoadBalancer' as const, loadBalancerClass: '/a' },
      'spec.loadBalancerClass: Invalid value: "/a": prefix part must be non-empty',
    ],
    [
      { type: 'LoadBalancer' as const, healthCheckNodePort: 30_000 },
      "spec.healthCheckNodePort: Invalid value: 30000: may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'",
    ],
    [
      { externalTrafficPolicy: 'Local' as const },
      'spec.externalTrafficPolicy: Invalid value: "Local": may only be set for externally-accessible services',
    ],
    [
      { trafficDistribution: 'Near' },
      'spec.trafficDistribution: Unsupported value: "Near": supported values: "PreferClose"',
    ],
    [
      { sessionAffinity: 'ClientIP' as const, sessionAffinityConfig: { clientIP: { timeoutSeconds: 86_401 } } },
      'spec.sessionAffinityConfig.clientIP.timeoutSeconds: Invalid value: 86401: must be greater than 0 and less than 86400',
    ],
    [
      { clusterIPs: ['10.96.0.7'] },
      'spec.clusterIPs: Invalid value: ["10.96.0.7"]: must be empty when `clusterIP` is not specified',
    ],
    [
      { clusterIP: 'None', clusterIPs: ['None', '10.96.0.7'] },
      'spec.clusterIPs: Invalid value: ["None","10.96.0.7"]: \'None\' must be the first and only value',
    ],
    [
      { clusterIP: '10.96.0.7', clusterIPs: ['10.96.0.7', '10.96.0.8'] },
      'spec.clusterIPs: Invalid value: ["10.96.0.7","10.96.0.8"]: may specify no more than one IP for each IP family',
    ],
    [
      { clusterIP: '10.96.0.7', clusterIPs: ['10.96.0.7'], ipFamilies: ['IPv6' as const] },
      'spec.clusterIPs[0]: Invalid value: "10.96.0.7": expected an IPv6 value as indicated by `ipFamilies[0]`',
    ],
  ])('refuse %o', (spec, want) => {
    expect(errorsOf(spec)).toContainEqual(want)
  })

  it('need no ports when headless', () => {
    expect(errorsOf({ ports: [], clusterIP: 'None', clusterIPs: ['None'] })).toEqual([])
  })

  const balanced = (spec: Partial<Service['spec']> = {}) =>
    allocated({ type: 'LoadBalancer', externalTrafficPolicy: 'Local', healthCheckNodePort: 30_001, ...spec })

  it.each<{ what: string; from: Service; to: Partial<Service['spec']>; want: string }>([
    {
      what: 'their family',
      from: allocated(),
      to: { ipFamilies: ['IPv6'] },
      want: 'spec.ipFamilies[0]: Invalid value: ["IPv6"]: may not change once set',
    },
    {
      what: "their balancer's class",
      from: balanced({ loadBalancerClass: 'a' }),
      to: { loadBalancerClass: 'b' },
      want: 'spec.loadBalancerClass: Invalid value: "b": may not change once set',
    },
    {
      what: 'their health port',
      from: balanced(),
      to: { healthCheckNodePort: 30_002 },
      want: 'spec.healthCheckNodePort: Forbidden: field is immutable',
    },
    {
      what: 'whether they have an address',
      from: allocated(),
      to: { clusterIP: 'None', clusterIPs: ['None'] },
      want: 'spec.clusterIPs[0]: Invalid value: ["None"]: may not change once set',
    },
  ])('may not change $what', ({ from, to, want }) =>
    expect(updated(from, { ...from.spec, ...to }).errors).toContain(want),
  )

  it.each<{ what: string; to: Partial<Service['spec']> }>([
    { what: 'who may reach a node', to: { externalTrafficPolicy: 'Cluster' } },
    { what: 'their type', to: { type: 'ClusterIP' } },
  ])('lose their health port with $what', ({ to }) => {
    const from = balanced()
    const { next, errors } = updated(from, { ...from.spec, ...to })
    expect([errors, next.spec.healthCheckNodePort]).toEqual([[], undefined])
  })

  it('have no balancer to tell of where they have none', () => {
    const errorsOfStatus = (spec: Partial<Service['spec']>, ingress: object[]) => {
      const told = { ...allocated(spec), status: { loadBalancer: { ingress } } }
      return services.validateStatus(told, told, root).map(({ field, message }) => `${field}: ${message}`)
    }
    const at = 'status.loadBalancer.ingress'
    expect(errorsOfStatus({}, [{ ip: '10.0.0.1' }])).toEqual([
      `${at}: Forbidden: may only be used when \`spec.type\` is 'LoadBalancer'`,
    ])
    const type = { type: 'LoadBalancer' as const }
    expect(errorsOfStatus(type, [{ ip: '10.0.0.1', ipMode: 'VIP', hostname: 'a.b' }])).toEqual([])
    expect(errorsOfStatus(type, [{ hostname: '10.0.0.1' }])).toEqual([
      `${at}[0].hostname: Invalid value: "10.0.0.1": must be a DNS name, not an IP address`,
    ])
    expect(errorsOfStatus(type, [{ ipMode: 'VIP' }])).toEqual([
      `${at}[0].ipMode: Forbidden: may not be specified when \`ip\` is not set`,
    ])
  })
})
