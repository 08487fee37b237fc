/** A cluster that is made for clients of Kubernetes v1.20: the older versions, token Secrets; and one that is not. */

import { evictDurableObject } from 'cloudflare:test'
import { exports } from 'cloudflare:workers'
import { BinaryWriter } from '@bufbuild/protobuf/wire'
import { beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../world.ts'
import { APPLY, type Client, type Json, MERGE, newClient, settled } from './client.ts'
import { AGE } from './kind.ts'
import { watch } from './watching.ts'

let client: Client
let today: Client

beforeAll(async () => {
  client = await newClient('compat', { compat: '1.20' })
  today = await newClient('today')
})

const pod = { spec: { restartPolicy: 'Never', containers: [{ name: 'a', image: 'a' }] } }
const cpu = { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 60 } } }
const HOST = 'kubernetes.io/hostname'

interface Older {
  readonly kind: string
  readonly plural: string
  readonly older: string
  readonly newer: string
  readonly since: string
  /** As the older version has it, and what the newer one shows of that. */
  readonly given: object
  readonly shown: object
  readonly cells: readonly unknown[]
  readonly change: object
}

const OLDER: readonly Older[] = [
  {
    kind: 'CronJob',
    plural: 'cronjobs',
    older: 'batch/v1beta1',
    newer: 'batch/v1',
    since: 'deprecated in v1.21+, unavailable in v1.25+',
    given: { spec: { schedule: '@daily', jobTemplate: { spec: { template: pod } } } },
    shown: { spec: { schedule: '@daily', concurrencyPolicy: 'Allow' } },
    cells: ['made', '@daily', '<none>', 'False', 0, '<none>', AGE, 'a', 'a', '<none>'],
    change: { spec: { suspend: true } },
  },
  {
    kind: 'PodDisruptionBudget',
    plural: 'poddisruptionbudgets',
    older: 'policy/v1beta1',
    newer: 'policy/v1',
    since: 'deprecated in v1.21+, unavailable in v1.25+',
    given: { spec: { minAvailable: 1, selector: {} } },
    shown: {
      spec: {
        minAvailable: 1,
        selector: {
          matchExpressions: [{ key: 'pdb.kubernetes.io/deprecated-v1beta1-empty-selector-match', operator: 'Exists' }],
        },
      },
    },
    cells: ['made', '1', 'N/A', 0, AGE],
    change: { spec: { minAvailable: 2 } },
  },
  {
    kind: 'EndpointSlice',
    plural: 'endpointslices',
    older: 'discovery.k8s.io/v1beta1',
    newer: 'discovery.k8s.io/v1',
    since: 'deprecated in v1.21+, unavailable in v1.25+',
    given: {
      addressType: 'IPv4',
      endpoints: [
        { addresses: ['10.1.0.1'], topology: { [HOST]: 'n', 'topology.kubernetes.io/zone': 'z', rack: '1' } },
      ],
      ports: [{ port: 80 }],
    },
    shown: {
      endpoints: [{ addresses: ['10.1.0.1'], nodeName: 'n', zone: 'z', deprecatedTopology: { rack: '1' } }],
    },
    cells: ['made', 'IPv4', '80', '10.1.0.1', AGE],
    change: { metadata: { labels: { a: 'b' } } },
  },
  {
    kind: 'HorizontalPodAutoscaler',
    plural: 'horizontalpodautoscalers',
    older: 'autoscaling/v2beta2',
    newer: 'autoscaling/v2',
    since: 'deprecated in v1.23+, unavailable in v1.26+',
    given: {
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
        maxReplicas: 5,
        metrics: [cpu],
      },
    },
    shown: { spec: { maxReplicas: 5, minReplicas: 1, metrics: [cpu] } },
    cells: ['made', 'Deployment/web', 'cpu: <unknown>/60%', '1', 5, 0, AGE],
    change: { spec: { maxReplicas: 6 } },
  },
]

describe.each(OLDER)('$kind in $older', ({ kind, plural, older, newer, since, given, shown, cells, change }) => {
  const at = (version: string) => `/apis/${version}/namespaces/default/${plural}`
  const draft = (name: string) => ({ apiVersion: older, kind, metadata: { name }, ...given })

  it('is in discovery, and is not where the option is off', async () => {
    const { resources } = await client.get(`/apis/${older}`)
    expect(resources.map(({ name }: Json) => name)).toContain(plural)
    expect((await today.ask(`/apis/${older}`)).code).toBe(404)
    expect((await today.ask(at(older))).code).toBe(404)
  })

  it('is made there, and is the same object in today’s version', async () => {
    const made = await client.ask(at(older), { method: 'POST', body: draft('made') })
    expect(made.code, made.text).toBe(201)
    expect(made.body).toMatchObject({ apiVersion: older, kind, ...given })
    const { uid } = made.body.metadata
    expect(await client.get(`${at(newer)}/made`)).toMatchObject({ apiVersion: newer, metadata: { uid }, ...shown })
    await settled(client)
    const stands = await client.get(`${at(older)}/made`)
    expect(stands).toMatchObject({ apiVersion: older, kind, ...given, metadata: { uid } })
    expect(await client.put(`${at(older)}/made`, stands), 'nothing has changed').toEqual(stands)
    const { resourceVersion } = stands.metadata
    const again = { ...draft('made'), metadata: { name: 'made', resourceVersion } }
    expect(await client.put(`${at(older)}/made`, again), 'as it was sent').toEqual(stands)
  })

  it('says that it is deprecated, with every answer and every watch', async () => {
    const warning = `299 - "${older} ${kind} is ${since}; use ${newer} ${kind}"`
    expect((await client.ask(`${at(older)}/made`)).headers.get('warning')).toBe(warning)
    expect((await client.ask(at(newer))).headers.get('warning')).toBeNull()
    const path = `/clusters/${client.world.cluster}${at(older)}?watch=true&timeoutSeconds=1`
    const watched = await client.world.request(path)
    expect(watched.headers.get('warning')).toBe(warning)
    await watched.body?.cancel()
  })

  it('is shown as a Table, and watched', async () => {
    const headers = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' }
    expect((await client.ask(`${at(older)}/made`, { headers })).body.rows[0].cells).toEqual(cells)
    const watching = await watch(client, at(older), `resourceVersion=${await client.version()}`)
    await client.patch(`${at(newer)}/made`, change, MERGE)
    expect((await watching.until(1))[0]).toMatchObject({ type: 'MODIFIED', object: { apiVersion: older, ...change } })
    await watching.stop()
  })

  it('belongs to who wrote it there, and is applied there', async () => {
    const { metadata } = await client.get(`${at(newer)}/made`)
    const authored = metadata.managedFields.filter(({ subresource }: Json) => subresource === undefined)
    expect(authored.map(({ apiVersion }: Json) => apiVersion).sort()).toEqual([newer, older])
    const applied = await client.ask(`${at(older)}/applied?fieldManager=one`, {
      method: 'PATCH',
      type: APPLY,
      body: JSON.stringify(draft('applied')),
    })
    expect([applied.code, applied.body.apiVersion], applied.text).toEqual([201, older])
  })

  it('has its schemas', async () => {
    const { paths } = await client.get('/openapi/v3')
    expect(paths).toHaveProperty([`apis/${older}`])
    const document = await client.get(`/openapi/v3/apis/${older}`)
    expect(document.paths).toHaveProperty([`/apis/${older}/namespaces/{namespace}/${plural}/{name}`])
    const whole = await client.get('/openapi/v2')
    expect(whole.paths).toHaveProperty([`/apis/${older}/namespaces/{namespace}/${plural}/{name}`])
    const kinds = (all: Json) =>
      Object.values<Json>(all).flatMap((schema) => schema['x-kubernetes-group-version-kind'] ?? [])
    const [group, version] = older.split('/')
    expect(kinds(document.components.schemas)).toContainEqual({ group, version, kind })
    expect(kinds(whole.definitions)).toContainEqual({ group, version, kind })
    expect((await today.get('/openapi/v3')).paths).not.toHaveProperty([`apis/${older}`])
    expect(kinds((await today.get('/openapi/v2')).definitions)).not.toContainEqual({ group, version, kind })
  })
})

describe('a protobuf body', () => {
  /** runtime.Unknown of an object with a name, `{group version, kind}` before it. */
  function envelope(apiVersion: string, kind: string, fields: (object: BinaryWriter) => void): Uint8Array {
    const metadata = new BinaryWriter().tag(1, 2).string('sent').finish()
    const object = new BinaryWriter().tag(1, 2).bytes(metadata)
    fields(object)
    const type = new BinaryWriter().tag(1, 2).string(apiVersion).tag(2, 2).string(kind).finish()
    const unknown = new BinaryWriter().tag(1, 2).bytes(type).tag(2, 2).bytes(object.finish()).finish()
    return new Uint8Array([0x6b, 0x38, 0x73, 0x00, ...unknown])
  }

  it('of an older version is read', async () => {
    const reference = new BinaryWriter().tag(1, 2).string('Deployment').tag(2, 2).string('web').finish()
    const spec = new BinaryWriter().tag(1, 2).bytes(reference).tag(3, 0).int32(7).finish()
    const body = envelope('autoscaling/v2beta2', 'HorizontalPodAutoscaler', (object) => object.tag(2, 2).bytes(spec))
    const { world } = client
    const path = `/clusters/${world.cluster}/apis/autoscaling/v2beta2/namespaces/default/horizontalpodautoscalers`
    const made = await exports.default.fetch(`https://skycrane.test${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${world.token}`, 'content-type': 'application/vnd.kubernetes.protobuf' },
      body,
    })
    expect([made.status, await made.json()]).toEqual([
      201,
      expect.objectContaining({
        apiVersion: 'autoscaling/v2beta2',
        spec: expect.objectContaining({ scaleTargetRef: { kind: 'Deployment', name: 'web' }, maxReplicas: 7 }),
      }),
    ])
  })
})

describe('an EndpointSlice', () => {
  it('loses what only the older version can say when today’s rewrites its endpoints', async () => {
    const at = (version: string) => `/apis/discovery.k8s.io/${version}/namespaces/default/endpointslices`
    const endpoint = { addresses: ['10.1.0.1'], topology: { rack: '1' } }
    await client.post(at('v1beta1'), {
      metadata: { name: 'racked' },
      addressType: 'IPv4',
      endpoints: [endpoint],
    })
    const kept = await client.patch(`${at('v1')}/racked`, { ports: [{ port: 80 }] }, MERGE)
    expect(kept.endpoints[0].deprecatedTopology).toEqual({ rack: '1' })
    const changed = [{ ...kept.endpoints[0], hostname: 'a' }]
    const rewritten = await client.patch(`${at('v1')}/racked`, { endpoints: changed }, MERGE)
    expect(rewritten.endpoints).toEqual([{ addresses: ['10.1.0.1'], hostname: 'a' }])
  })
})

describe('a cluster with compat 1.20', () => {
  it('prefers today’s versions', async () => {
    const { groups } = await client.get('/apis')
    const preferred = Object.fromEntries(
      groups.map(({ name, preferredVersion }: Json) => [name, preferredVersion.version]),
    )
    expect(preferred).toMatchObject({ autoscaling: 'v2', batch: 'v1', 'discovery.k8s.io': 'v1', policy: 'v1' })
  })

  it('lists them among its APIServices, where they come back', async () => {
    const SERVICE = '/apis/apiregistration.k8s.io/v1/apiservices/v1beta1.batch'
    await client.delete(SERVICE)
    await eventually('it is there again', async () => (await client.ask(SERVICE)).code === 200)
    expect((await today.ask(SERVICE)).code).toBe(404)
  })

  it('knows after a sleep what it was made for', async () => {
    await evictDurableObject(client.world.stub)
    expect((await client.ask('/apis/batch/v1beta1/namespaces/default/cronjobs')).code).toBe(200)
  })

  it('gives every ServiceAccount a Secret with a token, anew when it was deleted', async () => {
    const SECRETS = '/api/v1/namespaces/default/secrets'
    const listed = () =>
      eventually('the account lists a Secret', async () => {
        const { secrets = [] } = await client.get('/api/v1/namespaces/default/serviceaccounts/default')
        return secrets.length > 0 && (secrets[0].name as string)
      })
    const name = await listed()
    expect(name).toMatch(/^default-token-[a-z0-9]{5}$/)
    const secret = await client.get(`${SECRETS}/${name}`)
    expect(secret).toMatchObject({
      type: 'kubernetes.io/service-account-token',
      data: { 'ca.crt': expect.any(String), namespace: btoa('default'), token: expect.any(String) },
    })
    const token = atob(secret.data.token)
    const who = { method: 'POST', body: {}, token }
    const review = await client.ask('/apis/authentication.k8s.io/v1/selfsubjectreviews', who)
    expect(review.body.status.userInfo.username).toBe('system:serviceaccount:default:default')
    await client.delete(`${SECRETS}/${name}`)
    const another = await eventually('another Secret', async () => {
      const now = await listed()
      return now !== name && now
    })
    expect((await client.ask(`${SECRETS}/${another}`)).code).toBe(200)
    await client.post('/api/v1/namespaces', { metadata: { name: 'later' } })
    await eventually('a new namespace’s account has one', async () => {
      const { secrets = [] } = await client.get('/api/v1/namespaces/later/serviceaccounts/default')
      return secrets.length > 0
    })
    const { items } = await today.get(SECRETS)
    expect(items).toEqual([])
  })
})

describe('the option', () => {
  const create = (body: object) => client.world.request('/platform/v1/clusters', { method: 'POST', body })

  it('is shown with the cluster', async () => {
    const shown = async ({ world }: Client): Promise<Json> =>
      (await world.request(`/platform/v1/clusters/${world.cluster}`)).json()
    expect((await shown(client)).compat).toBe('1.20')
    expect(await shown(today)).not.toHaveProperty('compat')
  })

  it.each(['1.19', '', 'v1.20', '1.2'])('is refused as %j', async (compat) => {
    const refused = await create({ name: 'refused', compat })
    expect(refused.status).toBe(400)
    expect(((await refused.json()) as Json).message).toBe(
      `compat: Unsupported value: ${JSON.stringify(compat)}: supported values: "1.20"`,
    )
  })
})
