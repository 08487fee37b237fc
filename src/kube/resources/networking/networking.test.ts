import { describe, expect, it } from 'vitest'
import { refusals, updateRefusals } from '../testing.ts'
import { ingresses } from './ingress.ts'
import { ingressClasses } from './ingress-class.ts'
import { networkPolicies } from './network-policy.ts'

const backend = { service: { name: 'web', port: { number: 80 } } }
const ruled = (host: string, path: object) => ({ spec: { rules: [{ host, http: { paths: [path] } }] } })
const PATH = 'spec.rules[0].http.paths[0]'

describe('Ingress', () => {
  it.each([
    {
      what: 'neither rules nor a backend',
      given: { spec: {} },
      want: 'spec: Invalid value: []networking.IngressRule(nil): either `defaultBackend` or `rules` must be specified',
    },
    {
      what: 'an address for a host',
      given: ruled('10.0.0.1', { path: '/', pathType: 'Prefix', backend }),
      want: 'spec.rules[0].host: Invalid value: "10.0.0.1": must be a DNS name, not an IP address',
    },
    {
      what: 'a path without a type',
      given: ruled('a', { path: '/', backend }),
      want: `${PATH}.pathType: Required value: pathType must be specified`,
    },
    {
      what: 'a type that there is not',
      given: ruled('a', { path: '/', pathType: 'Regex', backend }),
      want: `${PATH}.pathType: Unsupported value: "Regex": supported values: "Exact", "ImplementationSpecific", "Prefix"`,
    },
    {
      what: 'a path that climbs',
      given: ruled('a', { path: '/a/../b', pathType: 'Exact', backend }),
      want: `${PATH}.path: Invalid value: "/a/../b": must not contain '/../'`,
    },
    {
      what: 'a path that ends in a dot',
      given: ruled('a', { path: '/a/.', pathType: 'Exact', backend }),
      want: `${PATH}.path: Invalid value: "/a/.": cannot end with '/.'`,
    },
    {
      what: 'no backend',
      given: ruled('a', { path: '/', pathType: 'Prefix' }),
      want: `${PATH}.backend: Invalid value: "": resource or service backend is required`,
    },
    {
      what: 'a backend without a port',
      given: { spec: { defaultBackend: { service: { name: 'web' } } } },
      want: 'spec.defaultBackend: Required value: port name or number is required',
    },
    {
      what: 'two backends in one',
      given: { spec: { defaultBackend: { ...backend, resource: { kind: 'A', name: 'a' } } } },
      want: 'spec.defaultBackend: Invalid value: "": cannot set both resource and service backends',
    },
    {
      what: 'a resource without a name',
      given: { spec: { defaultBackend: { resource: { kind: 'A' } } } },
      want: 'spec.defaultBackend.resource.name: Required value: name is required',
    },
    {
      what: 'a class and another in the annotation',
      given: {
        metadata: { name: 'a', annotations: { 'kubernetes.io/ingress.class': 'one' } },
        spec: { defaultBackend: backend, ingressClassName: 'two' },
      },
      want: 'annotations.kubernetes.io/ingress.class: Invalid value: "one": must match `ingressClassName` when both are specified',
    },
  ])('is refused for $what', ({ given, want }) => expect(refusals(ingresses, given)).toEqual([want]))

  it('may have a wildcard, but only for the whole first part of a host', () => {
    expect(refusals(ingresses, ruled('*.a.com', { path: '/', pathType: 'Prefix', backend }))).toEqual([])
    expect(refusals(ingresses, ruled('a.*.com', { path: '/', pathType: 'Prefix', backend }))).toEqual([
      expect.stringMatching(/^spec\.rules\[0\]\.host: Invalid value: "a\.\*\.com": a wildcard DNS-1123 subdomain must/),
    ])
  })
})

describe('IngressClass', () => {
  const classed = (parameters: object) => ({ spec: { controller: 'a.com/b', parameters } })

  it.each([
    { what: 'no controller', given: { spec: {} }, want: 'spec.controller: Required value' },
    {
      what: 'a controller without a domain',
      given: { spec: { controller: '/b' } },
      want: 'spec.controller: Invalid value: "/b": must be a domain-prefixed path (such as "acme.io/foo")',
    },
    {
      what: 'a namespace of what is the whole cluster’s',
      given: classed({ kind: 'A', name: 'a', namespace: 'b' }),
      want: "spec.parameters.namespace: Forbidden: `parameters.scope` is set to 'Cluster'",
    },
    {
      what: 'no namespace of what is in one',
      given: classed({ kind: 'A', name: 'a', scope: 'Namespace' }),
      want: "spec.parameters.namespace: Required value: `parameters.scope` is set to 'Namespace'",
    },
  ])('is refused for $what', ({ given, want }) => expect(refusals(ingressClasses, given)).toEqual([want]))

  it('keeps its controller', () => {
    const [from, to] = [{ spec: { controller: 'a.com/b' } }, { spec: { controller: 'a.com/c' } }]
    expect(updateRefusals(ingressClasses, from, from)).toEqual([])
    expect(updateRefusals(ingressClasses, from, to)).toEqual([
      'spec.controller: Invalid value: "a.com/c": field is immutable',
    ])
  })
})

describe('NetworkPolicy', () => {
  const into = (rule: object) => ({ spec: { podSelector: {}, ingress: [rule] } })

  it.each([
    {
      what: 'a peer that is nobody',
      given: into({ from: [{}] }),
      want: 'spec.ingress[0].from[0]: Required value: must specify a peer',
    },
    {
      what: 'a peer that is two things',
      given: into({ from: [{ ipBlock: { cidr: '10.0.0.0/8' }, podSelector: {} }] }),
      want: 'spec.ingress[0].from[0]: Forbidden: may not specify both ipBlock and another peer',
    },
    {
      what: 'an exception that lies outside',
      given: into({ from: [{ ipBlock: { cidr: '10.0.0.0/8', except: ['11.0.0.0/16'] } }] }),
      want: 'spec.ingress[0].from[0].ipBlock.except[0]: Invalid value: "11.0.0.0/16": must be a strict subset of `cidr`',
    },
    {
      what: 'a range that ends before it begins',
      given: into({ ports: [{ port: 90, endPort: 80 }] }),
      want: 'spec.ingress[0].ports[0].endPort: Invalid value: 90: must be greater than or equal to `port`',
    },
    {
      what: 'a range that begins with a name',
      given: into({ ports: [{ port: 'http', endPort: 80 }] }),
      want: 'spec.ingress[0].ports[0].endPort: Invalid value: 80: may not be specified when `port` is non-numeric',
    },
    {
      what: 'a range that begins nowhere',
      given: into({ ports: [{ endPort: 80 }] }),
      want: 'spec.ingress[0].ports[0].endPort: Invalid value: 80: may not be specified when `port` is not specified',
    },
    {
      what: 'three directions',
      given: { spec: { policyTypes: ['Ingress', 'Egress', 'Egress'] } },
      want: 'spec.policyTypes: Invalid value: []networking.PolicyType{"Ingress", "Egress", "Egress"}: may not specify more than two policyTypes',
    },
  ])('is refused for $what', ({ given, want }) => expect(refusals(networkPolicies, given)).toEqual([want]))

  it.each([
    { spec: { podSelector: {} }, types: ['Ingress'] },
    { spec: { podSelector: {}, egress: [{}] }, types: ['Ingress', 'Egress'] },
    { spec: { podSelector: {}, egress: [{}], policyTypes: ['Egress'] }, types: ['Egress'] },
  ])('restricts $types where $spec says so', ({ spec, types }) => {
    const draft = { apiVersion: '', kind: '', metadata: {} as never, spec: structuredClone(spec) as never }
    networkPolicies.defaults(draft)
    expect((draft.spec as { policyTypes: string[] }).policyTypes).toEqual(types)
  })
})
