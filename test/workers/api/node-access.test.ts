/** What a node's credential may do in the Kubernetes API: what is its own, and of its Pods only what they mention. */
import { beforeAll, describe, expect, it } from 'vitest'
import {
  type Answer,
  type Asked,
  type Client,
  CONFIG_MAPS,
  configMap,
  expectRefusal,
  LEASES,
  lease,
  newClient,
  PODS,
  pod,
} from './client.ts'

const SECRETS = '/api/v1/namespaces/default/secrets'
const NODES = '/api/v1/nodes'
const NODE_LEASES = LEASES.replace('default', 'kube-node-lease')
const ACCOUNTS = '/api/v1/namespaces/default/serviceaccounts'

let client: Client
let token: string

const asNode = (path: string, asked: Asked = {}): Promise<Answer> => client.ask(path, { ...asked, token })
const codeOf = async (path: string, asked: Asked = {}): Promise<number> => (await asNode(path, asked)).code
const post = (body: object): Asked => ({ method: 'POST', body })

async function join(name: string): Promise<string> {
  const { request, cluster } = client.world
  const made = await request(`/platform/v1/clusters/${cluster}/join-tokens`, { method: 'POST', body: {} })
  const { token: joining } = (await made.json()) as { token: string }
  const joined = await request('/agent/v1/join', { method: 'POST', token: joining, body: { nodeName: name } })
  return ((await joined.json()) as { credential: string }).credential
}

async function boundPod(name: string, node: string, spec: object = {}): Promise<void> {
  await client.post(PODS, pod(name, { spec }))
  const binding = { apiVersion: 'v1', kind: 'Binding', metadata: { name }, target: { kind: 'Node', name: node } }
  await client.post(`${PODS}/${name}/binding`, binding)
}

const mounting = (name: string) => ({
  volumes: [
    { name: 's', secret: { secretName: name } },
    { name: 'c', configMap: { name } },
  ],
})

beforeAll(async () => {
  client = await newClient('node-access')
  token = await join('one')
  for (const name of ['one', 'two']) await client.post(NODES, { apiVersion: 'v1', kind: 'Node', metadata: { name } })
  for (const name of ['ours', 'theirs']) {
    await client.post(SECRETS, { apiVersion: 'v1', kind: 'Secret', metadata: { name } })
    await client.post(CONFIG_MAPS, configMap(name))
  }
  await boundPod('mine', 'one', mounting('ours'))
  await boundPod('other', 'two', mounting('theirs'))
})

describe('a node reads', () => {
  it('the Secrets and ConfigMaps that its Pods mention, while they do', async () => {
    expect([await codeOf(`${SECRETS}/ours`), await codeOf(`${CONFIG_MAPS}/ours`)]).toEqual([200, 200])
    expectRefusal(await asNode(`${SECRETS}/theirs`), {
      code: 403,
      reason: 'Forbidden',
      message:
        'secrets "theirs" is forbidden: User "system:node:one" cannot get resource "secrets" in API group "" in the namespace "default": no relationship found between node \'one\' and this object',
    })
    expect(await codeOf(`${CONFIG_MAPS}/theirs`)).toBe(403)
    expect([
      await codeOf(SECRETS),
      await codeOf('/api/v1/secrets'),
      await codeOf('/api/v1/namespaces/kube-system/secrets/ours'),
    ]).toEqual([403, 403, 403])
    expect(await codeOf(`${SECRETS}?fieldSelector=metadata.name%3Dours&watch=true&timeoutSeconds=1`)).toBe(200)
    expect(await codeOf(`${SECRETS}/ours`, { method: 'DELETE' })).toBe(403)
    await boundPod('short', 'one', mounting('theirs'))
    expect(await codeOf(`${SECRETS}/theirs`)).toBe(200)
    await client.delete(`${PODS}/short`, { gracePeriodSeconds: 0 })
    expect(await codeOf(`${SECRETS}/theirs`)).toBe(403)
  })

  it('its own Pods and Node, and what all nodes need', async () => {
    expect([await codeOf(`${PODS}/mine`), await codeOf(`${PODS}/other`), await codeOf('/api/v1/pods')]).toEqual([
      200, 403, 403,
    ])
    expect(await codeOf('/api/v1/pods?fieldSelector=spec.nodeName%3Done')).toBe(200)
    expect(await codeOf('/api/v1/pods?fieldSelector=spec.nodeName%3Dtwo')).toBe(403)
    expect([await codeOf(`${NODES}/one`), await codeOf(`${NODES}/two`), await codeOf(NODES)]).toEqual([200, 403, 403])
    expect(await codeOf('/api/v1/services')).toBe(200)
    expect(await codeOf('/apis/apps/v1/deployments')).toBe(403)
  })
})

describe('a node writes', () => {
  const forbidden = (message: RegExp) => ({ code: 403, reason: 'Forbidden', message })
  const patch = (body: object): Asked => ({ method: 'PATCH', body, type: 'application/merge-patch+json' })

  it('its own Node, without taints and the labels that Pods are placed by', async () => {
    expect(await codeOf(`${NODES}/one/status`, patch({ status: { capacity: { cpu: '1' } } }))).toBe(200)
    expect(await codeOf(`${NODES}/one`, patch({ metadata: { labels: { 'kubernetes.io/os': 'linux' } } }))).toBe(200)
    expectRefusal(
      await asNode(`${NODES}/two/status`, patch({})),
      forbidden(/node "one" is not allowed to modify node "two"/),
    )
    expectRefusal(
      await asNode(`${NODES}/one`, patch({ metadata: { labels: { 'node-restriction.kubernetes.io/a': 'b' } } })),
      forbidden(/is not allowed to modify labels: node-restriction\.kubernetes\.io\/a/),
    )
    const taints = [{ key: 'a', effect: 'NoSchedule' }]
    expectRefusal(
      await asNode(`${NODES}/one`, patch({ spec: { taints } })),
      forbidden(/is not allowed to modify taints/),
    )
    expectRefusal(
      await asNode(NODES, post({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'three' } })),
      forbidden(/is not allowed to modify node "three"/),
    )
    expect(await codeOf(`${NODES}/one`, { method: 'DELETE' })).toBe(403)
  })

  it('the status of its own Pods, and ends them', async () => {
    const status = patch({ status: { message: 'seen' } })
    expect(await codeOf(`${PODS}/mine/status`, status)).toBe(200)
    expectRefusal(
      await asNode(`${PODS}/other/status`, status),
      forbidden(/can only update pod status for pods with spec\.nodeName set to itself/),
    )
    expectRefusal(
      await asNode(`${PODS}/other`, { method: 'DELETE' }),
      forbidden(/can only delete pods with spec\.nodeName set to itself/),
    )
    expect(await codeOf(`${PODS}/other/eviction`, post({ apiVersion: 'policy/v1', kind: 'Eviction' }))).toBe(403)
    expectRefusal(await asNode(PODS, post(pod('made'))), forbidden(/can only create mirror pods/))
    expect(await codeOf(`${PODS}/mine`, patch({ metadata: { labels: { a: 'b' } } }))).toBe(403)
  })

  it('its own Lease', async () => {
    expect(await codeOf(NODE_LEASES, post(lease('one')))).toBe(201)
    expect(await codeOf(`${NODE_LEASES}/one`)).toBe(200)
    expectRefusal(
      await asNode(NODE_LEASES, post(lease('two'))),
      forbidden(/can only access lease with the same name as the requesting node/),
    )
    expect(await codeOf(`${NODE_LEASES}/two`)).toBe(403)
    expect(await codeOf(LEASES, post(lease('one')))).toBe(403)
  })

  it('tokens for its own Pods', async () => {
    const request = (name: string) => {
      const boundObjectRef = { apiVersion: 'v1', kind: 'Pod', name }
      return post({
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenRequest',
        spec: name ? { boundObjectRef } : {},
      })
    }
    expect(await codeOf(`${ACCOUNTS}/default/token`, request('mine'))).toBe(201)
    expectRefusal(
      await asNode(`${ACCOUNTS}/default/token`, request('')),
      forbidden(/node requested token not bound to a pod/),
    )
    expectRefusal(
      await asNode(`${ACCOUNTS}/default/token`, request('other')),
      forbidden(/node requested token bound to a pod scheduled on a different node/),
    )
    await client.post(ACCOUNTS, { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'elsewhere' } })
    expect(await codeOf(`${ACCOUNTS}/elsewhere/token`, request('mine'))).toBe(403)
  })
})
