/** APIServices: what a cluster serves itself is listed as local, what others would serve says that it is not called. */
import { beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../world.ts'
import { type Client, type Json, newClient } from './client.ts'

const SERVICES = '/apis/apiregistration.k8s.io/v1/apiservices'
const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'

let client: Client

beforeAll(async () => {
  client = await newClient('api-services')
})

const conditionOf = ({ status }: Json): Json => status.conditions.find(({ type }: Json) => type === 'Available')

describe('a local APIService', () => {
  it('is there for each version that is served, and comes again when it was deleted', async () => {
    const names = async (): Promise<string[]> =>
      (await client.get(SERVICES)).items.map(({ metadata }: Json) => metadata.name)
    const groups: Json[] = (await client.get('/apis')).groups
    const versions = groups.flatMap(({ name, versions: all }) => all.map(({ version }: Json) => `${version}.${name}`))
    expect((await names()).sort()).toEqual(['v1.', ...versions].sort())
    const before = await client.get(`${SERVICES}/v1.apps`)
    expect(conditionOf(before)).toMatchObject({ status: 'True', reason: 'Local' })
    await client.delete(`${SERVICES}/v1.apps`)
    await eventually('the APIService', async () => {
      const { code, body } = await client.ask(`${SERVICES}/v1.apps`)
      return code === 200 && body.metadata.uid !== before.metadata.uid
    })
  })

  it('comes and goes with a definition', async () => {
    const name = 'widgets.local.example.com'
    await client.post(DEFINITIONS, {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name },
      spec: {
        group: 'local.example.com',
        scope: 'Namespaced',
        names: { plural: 'widgets', kind: 'Widget' },
        versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
      },
    })
    const made = await eventually('the APIService', async () => {
      const { code, body } = await client.ask(`${SERVICES}/v1.local.example.com`)
      return code === 200 && body
    })
    expect(made.metadata.labels).toEqual({ 'kube-aggregator.kubernetes.io/automanaged': 'true' })
    await client.delete(`${DEFINITIONS}/${name}`)
    await eventually('no APIService', async () => (await client.ask(`${SERVICES}/v1.local.example.com`)).code === 404)
  })
})

describe("another server's", () => {
  it('is kept, and says that it is not available', async () => {
    const made = await client.post(SERVICES, {
      apiVersion: 'apiregistration.k8s.io/v1',
      kind: 'APIService',
      metadata: { name: 'v1beta1.metrics.k8s.io' },
      spec: {
        group: 'metrics.k8s.io',
        version: 'v1beta1',
        groupPriorityMinimum: 100,
        versionPriority: 100,
        insecureSkipTLSVerify: true,
        service: { namespace: 'kube-system', name: 'metrics-server' },
      },
    })
    expect(made.spec.service.port).toBe(443)
    expect(conditionOf(made)).toMatchObject({ status: 'False', reason: 'FailedDiscoveryCheck' })
    const groups: Json[] = (await client.get('/apis')).groups
    expect(groups.map(({ name }) => name)).not.toContain('metrics.k8s.io')
  })
})
