/** Small builders: objects as the API server would store them, with only what a case is about spelt out. */
import { randomUUID } from 'node:crypto'
import type { IContainer, IPodSpec } from 'kubernetes-models/v1'
import { IMAGE } from './host.ts'

export const NAMESPACE = 'default'

const meta = (name: string, more: object = {}) => ({
  name,
  namespace: NAMESPACE,
  uid: randomUUID(),
  resourceVersion: '1',
  creationTimestamp: new Date().toISOString(),
  ...more,
})

/** Serves its files over HTTP, and dies of SIGTERM. */
export const SERVE = ['/bin/httpd', '-f', '-p', '8080', '-h', '/']

export function container(name: string, more: Partial<IContainer> = {}): IContainer {
  return { name, image: IMAGE, imagePullPolicy: 'IfNotPresent', command: SERVE, ...more }
}

/** A shell script that obeys SIGTERM: as process 1 a shell would ignore it. */
export const script = (text: string): string[] => ['/bin/sh', '-c', `trap 'exit 0' TERM\n${text}`]

export const FOREVER = 'while true; do sleep 0.1; done'

export function pod(name: string, spec: Partial<IPodSpec> & { containers: IContainer[] }, metadata: object = {}) {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: meta(name, { labels: { app: name }, ...metadata }),
    spec: {
      nodeName: 'node-a',
      restartPolicy: 'Always',
      serviceAccountName: 'default',
      terminationGracePeriodSeconds: 5,
      enableServiceLinks: true,
      ...spec,
    },
    status: { phase: 'Pending', qosClass: 'BestEffort' },
  }
}

export const configMap = (name: string, data: Record<string, string>) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: meta(name),
  data,
})

export const secret = (name: string, data: Record<string, string>) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: meta(name),
  data: Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')])),
})

export function service(
  name: string,
  { clusterIP, nodePort, spec = {} }: { clusterIP: string; nodePort?: number; spec?: object },
) {
  const port = { name: 'http', port: 80, targetPort: 8080, protocol: 'TCP', ...(nodePort ? { nodePort } : {}) }
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: meta(name),
    spec: { type: nodePort ? 'NodePort' : 'ClusterIP', clusterIP, clusterIPs: [clusterIP], ports: [port], ...spec },
    status: { loadBalancer: {} },
  }
}

export const endpointSlice = (
  serviceName: string,
  addresses: readonly string[],
  { nodeName = 'node-a', port = 8080, protocol = 'TCP' } = {},
) => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: meta(`${serviceName}-1`, { labels: { 'kubernetes.io/service-name': serviceName } }),
  addressType: 'IPv4',
  endpoints: addresses.map((address) => ({ addresses: [address], conditions: { ready: true }, nodeName })),
  ports: [{ name: 'http', port, protocol }],
})

export const kubernetesService = () => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: meta('kubernetes'),
  spec: {
    type: 'ClusterIP',
    clusterIP: '10.96.0.1',
    clusterIPs: ['10.96.0.1'],
    ports: [{ name: 'https', port: 443, targetPort: 443, protocol: 'TCP' }],
  },
  status: { loadBalancer: {} },
})
