/** Builders: Services and EndpointSlices with only what a case is about spelt out. */
import type { EndpointSlice, Service } from '../../../../src/kube/types.ts'
import type { RuleInput } from '../rules.ts'

export const NODE = 'here'
export const NODE_IP = '198.51.100.10'
export const GATEWAY_IP = '10.244.1.1'
export const CLUSTER_IP = '10.96.0.10'
export const POD_CIDR = '10.244.0.0/16'
export const SERVICE_CIDR = '10.96.0.0/12'

type Spec = Service['spec']

export function service(spec: Partial<Spec> = {}, more: { name?: string; ingress?: object[]; labels?: object } = {}) {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { namespace: 'ns', name: more.name ?? 'web', labels: more.labels, uid: 'u', creationTimestamp: '' },
    spec: { clusterIP: CLUSTER_IP, ports: [{ port: 80, protocol: 'TCP' }], ...spec },
    status: { loadBalancer: { ingress: more.ingress ?? [] } },
  } as unknown as Service
}

export interface End {
  readonly ip: string
  readonly node?: string
  readonly conditions?: { ready?: boolean; serving?: boolean; terminating?: boolean }
}

export const here = (ip: string, conditions: End['conditions'] = {}): End => ({ ip, node: NODE, conditions })
export const there = (ip: string, conditions: End['conditions'] = {}): End => ({ ip, node: 'there', conditions })
export const ending = { ready: false, serving: true, terminating: true }
export const gone = { ready: false, serving: false, terminating: true }

export function slice(ends: readonly End[], more: { name?: string; protocol?: string; port?: number } = {}) {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { namespace: 'ns', name: 's', labels: { 'kubernetes.io/service-name': more.name ?? 'web' } },
    addressType: 'IPv4',
    ports: [{ port: more.port ?? 8080, protocol: more.protocol ?? 'TCP' }],
    endpoints: ends.map(({ ip, node, conditions }) => ({ addresses: [ip], nodeName: node, conditions })),
  } as unknown as EndpointSlice
}

export const input = (services: readonly Service[], slices: readonly EndpointSlice[]) =>
  ({
    services,
    slices,
    nodeName: NODE,
    nodeIp: NODE_IP,
    gateway: undefined,
    serviceCidr: SERVICE_CIDR,
    podCidr: POD_CIDR,
  }) satisfies RuleInput & { serviceCidr: string; podCidr: string }
