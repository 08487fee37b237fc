/**
 * Webhooks with private CAs, by URL through the embedded server's relay and as Services through a real agent's node, with
 * its Service proxy in between: real TLS all the way.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ControlPlane, eventually, startControlPlane } from './control-plane.ts'
import { createLab, type Lab, type LabNode } from './lab.ts'
import { type Review, startWebhook, strangersBundle, type WebhookServer } from './webhook-server.ts'

const SERVICE = 'judge.hooks.svc'

let lab: Lab
let plane: ControlPlane
let node: LabNode
let webhook: WebhookServer

/** Refuses what is labelled so, and labels all else. */
function judge({ kind, request }: Review): object {
  if (kind === 'ConversionReview') return converted(request)
  if (request.object?.metadata.labels?.refuse) return { allowed: false, status: { message: 'it asked for it' } }
  const labels = { ...request.object?.metadata.labels, judged: 'yes' }
  const patch = [{ op: 'add', path: '/metadata/labels', value: labels }]
  return { allowed: true, patchType: 'JSONPatch', patch: Buffer.from(JSON.stringify(patch)).toString('base64') }
}

/** `spec.hue` of v2 is `spec.color` of v1. */
function converted({ desiredAPIVersion, objects }: Review['request']): object {
  const convertedObjects = objects.map((object: { spec: { hue?: string; color?: string } }) => ({
    ...object,
    apiVersion: desiredAPIVersion,
    spec: desiredAPIVersion.endsWith('/v2') ? { hue: object.spec.color } : { color: object.spec.hue },
  }))
  return { result: { status: 'Success' }, convertedObjects }
}

beforeAll(async () => {
  lab = createLab()
  plane = await startControlPlane({ host: lab.host })
  webhook = await startWebhook({ host: lab.host, names: [lab.host, SERVICE] }, judge)
  await plane.kubectl('create', 'namespace', 'hooks')
}, 60_000)

afterAll(async () => {
  await webhook?.stop()
  await plane?.stop()
  await lab?.stop()
}, 60_000)

const configuration = (clientConfig: object, rest: object = {}) => ({
  apiVersion: 'admissionregistration.k8s.io/v1',
  kind: 'MutatingWebhookConfiguration',
  metadata: { name: 'judge' },
  webhooks: [
    {
      name: 'judge.example.com',
      clientConfig,
      rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'] }],
      sideEffects: 'None',
      admissionReviewVersions: ['v1'],
      ...rest,
    },
  ],
})

const configMap = (name: string, labels: object = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, labels },
})

const labelsOf = (name: string) => plane.kubectl('get', 'configmap', name, '-o', 'jsonpath={.metadata.labels.judged}')

describe('a webhook with a CA of its own', () => {
  const url = () => `https://${lab.host}:${webhook.port}/`

  it('is called by its URL', async () => {
    await plane.apply(configuration({ url: url(), caBundle: webhook.caBundle }))
    await plane.apply(configMap('by-url'))
    expect(await labelsOf('by-url')).toBe('yes')
    await expect(plane.apply(configMap('refused', { refuse: 'please' }))).rejects.toThrow(
      'admission webhook "judge.example.com" denied the request: it asked for it',
    )
  })

  it('is not trusted with the CA of somebody else, nor without one', async () => {
    await plane.apply(configuration({ url: url(), caBundle: await strangersBundle() }))
    await expect(plane.apply(configMap('untrusted'))).rejects.toThrow(
      /failed calling webhook "judge.example.com": failed to call webhook: Post "https:.*": .*certificate/,
    )
    await plane.apply(configuration({ url: url(), caBundle: null }))
    await expect(plane.apply(configMap('untrusted'))).rejects.toThrow(
      /failed calling webhook "judge.example.com": .*: tls: failed to verify certificate: x509: certificate signed by unknown authority/,
    )
    await plane.kubectl('delete', 'mutatingwebhookconfiguration', 'judge')
  })

  it('converts custom resources', async () => {
    const version = (name: string, field: string, storage: boolean) => ({
      name,
      served: true,
      storage,
      schema: {
        openAPIV3Schema: {
          type: 'object',
          properties: { spec: { type: 'object', properties: { [field]: { type: 'string' } } } },
        },
      },
    })
    await plane.apply({
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'lamps.example.com' },
      spec: {
        group: 'example.com',
        scope: 'Namespaced',
        names: { plural: 'lamps', kind: 'Lamp' },
        versions: [version('v1', 'color', true), version('v2', 'hue', false)],
        conversion: {
          strategy: 'Webhook',
          webhook: { clientConfig: { url: url(), caBundle: webhook.caBundle }, conversionReviewVersions: ['v1'] },
        },
      },
    })
    await plane.kubectl('wait', '--for=condition=Established', 'crd/lamps.example.com')
    const lamp = { apiVersion: 'example.com/v1', kind: 'Lamp', metadata: { name: 'lamp' }, spec: { color: 'red' } }
    await plane.apply(lamp)
    expect(await plane.kubectl('get', 'lamps.v2.example.com', 'lamp', '-o', 'jsonpath={.spec}')).toBe('{"hue":"red"}')
  })
})

describe('a webhook that is a Service', () => {
  const service = { name: 'judge', namespace: 'hooks', port: 8443, path: '/judge' }
  const byService = () => configuration({ service, caBundle: webhook.caBundle })

  beforeAll(async () => {
    // Without a selector: its endpoint is outside of the cluster, as an administrator may have it.
    await plane.apply({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'judge', namespace: 'hooks' },
      spec: { ports: [{ name: 'https', port: 8443 }] },
    })
    await plane.apply({
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name: 'judge', namespace: 'hooks', labels: { 'kubernetes.io/service-name': 'judge' } },
      addressType: 'IPv4',
      ports: [{ name: 'https', port: webhook.port }],
      endpoints: [{ addresses: [lab.host], conditions: { ready: true } }],
    })
  })

  it('can not be called before there is a node to call it from: its failure policy decides', async () => {
    await plane.apply(byService())
    await expect(plane.apply(configMap('early'))).rejects.toThrow(
      'no node of the cluster can be reached to make the call from',
    )
    await plane.apply(configuration({ service, caBundle: webhook.caBundle }, { failurePolicy: 'Ignore' }))
    await plane.apply(configMap('ignored'))
    expect(await labelsOf('ignored')).toBe('')
  })

  it('is called from a node, by the name of the Service', async () => {
    node = await lab.addNode(plane, 'one')
    await node.startAgent()
    await eventually('the node', async () => / Ready /.test(await plane.kubectl('get', 'nodes')))
    await plane.apply(byService())
    await eventually('the call goes through', () => plane.apply(configMap('by-service')), 15_000)
    expect(await labelsOf('by-service')).toBe('yes')
  }, 120_000)

  it('judges what controllers make', async () => {
    await plane.apply({
      ...configuration({ service, caBundle: webhook.caBundle }),
      webhooks: configuration({ service, caBundle: webhook.caBundle }).webhooks.map((one) => ({
        ...one,
        rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }],
      })),
    })
    await plane.kubectl('create', 'deployment', 'judged', '--image=none:1', '--replicas=3')
    await eventually('three labelled Pods', async () => {
      const names = await plane.kubectl('get', 'pods', '-l', 'app=judged,judged=yes', '-o', 'name')
      return names.trim().split('\n').length === 3
    })
  })

  it('fails by its policy when the node is gone', async () => {
    await node.killAgent()
    await plane.apply(byService())
    await eventually('the node is given up', async () => {
      const refusal = await plane.apply(configMap('orphan')).then(
        () => '',
        (error: Error) => error.message,
      )
      return /no node of the cluster can be reached|the node is gone|context deadline exceeded/.test(refusal)
    })
  }, 60_000)
})
