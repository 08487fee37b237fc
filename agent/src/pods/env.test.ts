import { describe, expect, it } from 'vitest'
import type { ConfigMap, Secret, Service } from '../../../src/kube/types.ts'
import { commandOf, environmentOf } from './env.ts'
import { container, podOf } from './testing.ts'

const meta = (name: string, namespace = 'ns') => ({
  name,
  namespace,
  uid: name,
  resourceVersion: '1',
  creationTimestamp: '2026-01-01T00:00:00Z',
})
const configMap: ConfigMap = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: meta('cm'),
  data: { a: '1' },
}
const secret: Secret = { apiVersion: 'v1', kind: 'Secret', metadata: meta('sec'), data: { p: btoa('word') } }
const service = (name: string, namespace: string, clusterIP: string): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: meta(name, namespace),
  spec: { clusterIP, ports: [{ name: 'http', port: 80, protocol: 'TCP' }] },
  status: {},
})

const sources = {
  configMap: (_: string, name: string) => (name === 'cm' ? configMap : undefined),
  secret: (_: string, name: string) => (name === 'sec' ? secret : undefined),
  services: () => [
    service('kubernetes', 'default', '10.0.0.1'),
    service('my-db', 'ns', '10.0.0.2'),
    service('far', 'other', '10.0.0.3'),
    service('none', 'ns', 'None'),
  ],
}
const place = { podIp: '10.1.0.5', hostIp: '10.9.0.1', cpuMillis: 4000, memoryBytes: 1 << 30, storageBytes: 1 << 30 }

const envOf = (more: Parameters<typeof container>[1], spec = {}) => {
  const main = container('main', more)
  const pod = podOf({ containers: [main], ...spec }, { metadata: { labels: { 'app.io/x': 'y' } } })
  return environmentOf(pod, main, { sources, place })
}

describe('the environment', () => {
  it('expands references to what stands before, and to Services', () => {
    const env = envOf({
      env: [
        { name: 'A', value: '1' },
        { name: 'B', value: '$(A)-$(C)-$(MY_DB_SERVICE_HOST)' },
        { name: 'C', value: '3' },
      ],
    })
    expect(env.get('B')).toBe('1-$(C)-10.0.0.2')
  })

  it('speaks of the Services of its namespace and of kubernetes, unless it wants no links', () => {
    const env = envOf({})
    expect(Object.fromEntries(env)).toMatchObject({
      KUBERNETES_SERVICE_HOST: '10.0.0.1',
      KUBERNETES_SERVICE_PORT: '80',
      MY_DB_SERVICE_PORT_HTTP: '80',
      MY_DB_PORT: 'tcp://10.0.0.2:80',
      MY_DB_PORT_80_TCP_ADDR: '10.0.0.2',
      MY_DB_PORT_80_TCP_PROTO: 'tcp',
    })
    expect([...env.keys()].some((name) => name.startsWith('FAR') || name.startsWith('NONE'))).toBe(false)
    const bare = envOf({}, { enableServiceLinks: false })
    expect(bare.has('MY_DB_PORT')).toBe(false)
    expect(bare.get('KUBERNETES_SERVICE_HOST')).toBe('10.0.0.1')
  })

  it('takes whole ConfigMaps and Secrets', () => {
    const env = envOf({ envFrom: [{ prefix: 'X_', configMapRef: { name: 'cm' } }, { secretRef: { name: 'sec' } }] })
    expect(env.get('X_a')).toBe('1')
    expect(env.get('p')).toBe('word')
  })

  it('reads fields and resources; a limit that is not set is the node’s', () => {
    const field = (fieldPath: string) => ({ valueFrom: { fieldRef: { fieldPath } } })
    const env = envOf({
      env: [
        { name: 'LABEL', ...field("metadata.labels['app.io/x']") },
        { name: 'IP', ...field('status.podIP') },
        { name: 'HOST', ...field('status.hostIP') },
        { name: 'CPU', valueFrom: { resourceFieldRef: { resource: 'limits.cpu' } } },
        { name: 'MEM', valueFrom: { resourceFieldRef: { resource: 'requests.memory', divisor: '1Mi' } } },
      ],
      resources: { requests: { memory: '3Mi' } },
    })
    expect(Object.fromEntries(env)).toMatchObject({ LABEL: 'y', IP: '10.1.0.5', HOST: '10.9.0.1', CPU: '4', MEM: '3' })
  })

  it.each([
    [{ configMapKeyRef: { name: 'no', key: 'a' } }, 'configmap "no" not found'],
    [{ configMapKeyRef: { name: 'cm', key: 'no' } }, "couldn't find key no in ConfigMap ns/cm"],
    [{ secretKeyRef: { name: 'no', key: 'a' } }, 'secret "no" not found'],
    [{ secretKeyRef: { name: 'sec', key: 'no' } }, "couldn't find key no in Secret ns/sec"],
  ])('refuses %j with the words of the kubelet', (valueFrom, message) =>
    expect(() => envOf({ env: [{ name: 'A', valueFrom }] })).toThrow(message),
  )

  it('leaves out what is optional and not there', () => {
    const env = envOf({
      env: [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'no', key: 'a', optional: true } } }],
    })
    expect(env.has('A')).toBe(false)
  })

  it('expands command and arguments', () => {
    const main = container('main', { command: ['$(A)'], args: ['$$(A)', '$(NO)'] })
    expect(commandOf(main, new Map([['A', 'x']]))).toEqual({ entrypoint: ['x'], args: ['$(A)', '$(NO)'] })
  })
})
