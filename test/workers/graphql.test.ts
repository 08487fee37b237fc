/** The GraphQL face in workerd: queries along relations, what can be done, changes as they come, and who may see what. */
import { evictDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { createTenancy } from '../../src/tenancy/tenancy.ts'
import { eventually, newWorld, type World } from './world.ts'

interface GraphqlError {
  message: string
  path?: (string | number)[]
  extensions: { code: string; status?: number; causes?: { field?: string }[] }
}
// Tests know the shape of what they asked for.
type Data = Record<string, never>
interface Answer {
  status: number
  headers: Headers
  data: Data | null
  errors: GraphqlError[]
}

let world: World

beforeAll(async () => {
  world = await newWorld('graphql')
})

async function ask(query: string, variables: Record<string, unknown> = {}, token = world.token): Promise<Answer> {
  const response = await world.request('/graphql', {
    method: 'POST',
    token,
    body: { query, variables: { cluster: world.cluster, ...variables } },
  })
  const { data, errors } = (await response.json()) as { data: Data | null; errors?: GraphqlError[] }
  return { status: response.status, headers: response.headers, data, errors: errors ?? [] }
}

/** The answer's data, of a query that must succeed. */
async function read<T>(query: string, variables: Record<string, unknown> = {}): Promise<T> {
  const { data, errors } = await ask(query, variables)
  expect(errors).toEqual([])
  return data as T
}

async function refused(query: string, variables: Record<string, unknown> = {}): Promise<GraphqlError> {
  const { errors } = await ask(query, variables)
  expect(errors).toHaveLength(1)
  const [error] = errors
  if (!error) throw new Error('no error')
  return error
}

const deployment = (name: string, image = 'web:1', replicas = 2) => `
apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
  labels: { app: ${name} }
spec:
  replicas: ${replicas}
  selector: { matchLabels: { app: ${name} } }
  template:
    metadata: { labels: { app: ${name} } }
    spec:
      containers:
        - name: web
          image: ${image}
          resources: { requests: { cpu: 100m } }
`

const APPLY = `mutation Apply($cluster: ID!, $manifest: Manifest!) {
  apply(cluster: $cluster, manifest: $manifest) { operation object { kind metadata { name } } }
}`

type Applied = { apply: { operation: string; object: { kind: string; metadata: { name: string } } }[] }
const apply = async (manifest: unknown) => (await read<Applied>(APPLY, { manifest })).apply

const node = {
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: 'node-1' },
}

async function readyNode(): Promise<void> {
  await world.api('/api/v1/nodes', { method: 'POST', body: node })
  await world.api('/api/v1/nodes/node-1/status', {
    method: 'PATCH',
    type: 'application/merge-patch+json',
    body: {
      status: {
        capacity: { cpu: '8', memory: '16Gi', pods: '110' },
        allocatable: { cpu: '8', memory: '16Gi', pods: '110' },
        conditions: [{ type: 'Ready', status: 'True', reason: 'KubeletReady', message: '' }],
      },
    },
  })
}

describe('queries', () => {
  it('shows the clusters of the organization, and each by its id', async () => {
    const { clusters } = await read<{ clusters: { id: string; name: string; createdAt: string }[] }>(
      '{ clusters { id name createdAt } }',
    )
    expect(clusters).toContainEqual({ id: world.cluster, name: 'graphql', createdAt: expect.stringMatching(/^\d{4}-/) })
    const found = await read('query($cluster: ID!) { cluster(id: $cluster) { name } }')
    expect(found).toEqual({ cluster: { name: 'graphql' } })
  })

  it('follows relations from a Deployment to its Pods, their node, events and owners', async () => {
    await readyNode()
    await apply(deployment('tree'))
    const query = `query($cluster: ID!) { cluster(id: $cluster) { deployment(namespace: "default", name: "tree") {
      spec { replicas template { spec { containers { image resources { requests } } } } }
      metadata { labels generation }
      events { reason }
      replicaSets {
        deployment { metadata { name } }
        owners { __typename kind metadata { name } }
        pods { kind apiVersion events { reason } node { metadata { name } pods { metadata { name } } } }
      }
      pods { metadata { name } }
    } } }`
    type Tree = {
      cluster: {
        deployment: {
          spec: unknown
          metadata: unknown
          events: { reason: string }[]
          pods: unknown[]
          replicaSets: {
            deployment: unknown
            owners: unknown
            pods: { node: { pods: unknown[] } | null; events: unknown[] }[]
          }[]
        }
      }
    }
    const found = await eventually('bound Pods', async () => {
      const { cluster } = await read<Tree>(query)
      const pods = cluster.deployment.replicaSets[0]?.pods ?? []
      return pods.length === 2 && pods.every((pod) => pod.node && pod.events.length > 0)
        ? cluster.deployment
        : undefined
    })
    expect(found.spec).toEqual({
      replicas: 2,
      template: { spec: { containers: [{ image: 'web:1', resources: { requests: { cpu: '100m' } } }] } },
    })
    expect(found.metadata).toEqual({ labels: { app: 'tree' }, generation: 1 })
    expect(found.events).toContainEqual({ reason: 'ScalingReplicaSet' })
    expect(found.replicaSets).toHaveLength(1)
    expect(found.replicaSets[0]).toMatchObject({
      deployment: { metadata: { name: 'tree' } },
      owners: [{ __typename: 'Deployment', kind: 'Deployment', metadata: { name: 'tree' } }],
    })
    const [pod] = found.replicaSets[0]?.pods ?? []
    expect(pod).toMatchObject({ kind: 'Pod', apiVersion: 'v1', node: { metadata: { name: 'node-1' } } })
    expect(pod?.node?.pods).toHaveLength(2)
    expect(found.pods).toHaveLength(2)
  })

  it('follows a Service to its EndpointSlices and Pods', async () => {
    await apply(deployment('routed', 'web:1', 1))
    await apply({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'routed' },
      spec: {
        selector: { app: 'routed' },
        ports: [
          { port: 80, targetPort: 'http' },
          { name: 'x', port: 81, targetPort: 8080 },
        ].slice(1),
      },
    })
    const pods = await eventually('the Pod', async () => {
      const { items } = await world.api<{ items: { metadata: { name: string } }[] }>(
        '/api/v1/namespaces/default/pods?labelSelector=app%3Drouted',
      )
      return items.length === 1 ? items : undefined
    })
    const name = pods[0]?.metadata.name
    await world.api(`/api/v1/namespaces/default/pods/${name}/status`, {
      method: 'PATCH',
      type: 'application/merge-patch+json',
      body: {
        status: {
          phase: 'Running',
          podIP: '10.0.0.7',
          podIPs: [{ ip: '10.0.0.7' }],
          conditions: [{ type: 'Ready', status: 'True' }],
        },
      },
    })
    type Routed = {
      cluster: {
        service: {
          spec: { ports: unknown[] }
          endpointSlices: { service: unknown; pods: unknown[] }[]
          endpoints: { subsets: unknown[] } | null
          pods: unknown[]
        }
      }
    }
    const service = await eventually('its slice', async () => {
      const { cluster } = await read<Routed>(`query($cluster: ID!) { cluster(id: $cluster) {
        service(namespace: "default", name: "routed") {
          spec { ports { port targetPort } }
          endpointSlices { service { metadata { name } } endpoints { addresses } pods { metadata { name } } }
          endpoints { subsets { addresses { ip } } }
          pods { metadata { name } }
        } } }`)
      const { pods, endpoints } = cluster.service
      return pods.length > 0 && (endpoints?.subsets ?? []).length > 0 ? cluster.service : undefined
    })
    expect(service.spec.ports).toEqual([{ port: 81, targetPort: 8080 }])
    expect(service.pods).toEqual([{ metadata: { name } }])
    expect(service.endpoints).toEqual({ subsets: [{ addresses: [{ ip: '10.0.0.7' }] }] })
    expect(service.endpointSlices).toEqual([
      {
        service: { metadata: { name: 'routed' } },
        endpoints: [{ addresses: ['10.0.0.7'] }],
        pods: [{ metadata: { name } }],
      },
    ])
  })

  it('selects and pages, each page of the same snapshot', async () => {
    for (const name of ['page-a', 'page-b', 'page-c'])
      await apply({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name, labels: { paged: 'yes' } },
        data: { k: name },
      })
    const query = `query($cluster: ID!, $next: String) { cluster(id: $cluster) {
      configMaps(namespace: "default", labelSelector: "paged=yes", limit: 2, continue: $next) {
        items { metadata { name } data } resourceVersion continue
      } } }`
    type Page = { cluster: { configMaps: { items: unknown[]; resourceVersion: string; continue: string | null } } }
    const first = (await read<Page>(query)).cluster.configMaps
    await apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'page-d', labels: { paged: 'yes' } } })
    const second = (await read<Page>(query, { next: first.continue })).cluster.configMaps
    expect(first.items).toEqual([
      { metadata: { name: 'page-a' }, data: { k: 'page-a' } },
      { metadata: { name: 'page-b' }, data: { k: 'page-b' } },
    ])
    expect(second).toEqual({
      items: [{ metadata: { name: 'page-c' }, data: { k: 'page-c' } }],
      resourceVersion: first.resourceVersion,
      continue: null,
    })
  })
})

describe('mutations', () => {
  const images = async (name: string): Promise<string[]> => {
    const { spec } = await world.api<{ spec: { template: { spec: { containers: { image: string }[] } } } }>(
      `/apis/apps/v1/namespaces/default/deployments/${name}`,
    )
    return spec.template.spec.containers.map(({ image }) => image)
  }

  it('applies documents in order: creates, changes, and leaves alone', async () => {
    const documents = `${deployment('applied')}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: { name: applied }\ndata: { a: "1", b: "2" }\n`
    const done = (operation: string, kind: string) => ({ operation, object: { kind, metadata: { name: 'applied' } } })
    expect(await apply(documents)).toEqual([done('CREATED', 'Deployment'), done('CREATED', 'ConfigMap')])
    expect(await apply(documents)).toEqual([done('UNCHANGED', 'Deployment'), done('UNCHANGED', 'ConfigMap')])
    expect(await apply(documents.replace('web:1', 'web:2').replace('a: "1", ', ''))).toEqual([
      done('CONFIGURED', 'Deployment'),
      done('CONFIGURED', 'ConfigMap'),
    ])
    expect(await images('applied')).toEqual(['web:2'])
    const { data } = await world.api<{ data: unknown }>('/api/v1/namespaces/default/configmaps/applied')
    expect(data).toEqual({ b: '2' })
  })

  it('applies what it can of several documents, and says what it could not', async () => {
    const configMap = (name: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } })
    const manifest = ['partly-1', 'Not_A_Name', 'partly-2'].map(configMap)
    const { data, errors } = await ask(APPLY, { manifest })
    expect(errors).toMatchObject([{ path: ['apply', 1], extensions: { code: 'Invalid' } }])
    const created = (name: string) => ({ operation: 'CREATED', object: { kind: 'ConfigMap', metadata: { name } } })
    expect(data).toEqual({ apply: [created('partly-1'), null, created('partly-2')] })
  })

  it('scales', async () => {
    await apply(deployment('scaled', 'web:1', 1))
    const scaled = await read(
      `mutation($cluster: ID!) { scale(cluster: $cluster, kind: "deploy", name: "scaled", replicas: 3) {
        ... on Deployment { spec { replicas } } } }`,
    )
    expect(scaled).toEqual({ scale: { spec: { replicas: 3 } } })
  })

  it('rolls back to the revision before, or to one that is named', async () => {
    const revisions = (count: number) =>
      eventually('the revisions', async () => {
        const { cluster } = await read<{ cluster: { deployment: { replicaSets: unknown[] } } }>(
          `query($cluster: ID!) { cluster(id: $cluster) { deployment(namespace: "default", name: "rolled") {
            replicaSets { metadata { name annotations } } } } }`,
        )
        return cluster.deployment.replicaSets.length === count
      })
    const ROLLBACK = `mutation($cluster: ID!, $revision: Int) {
      rollback(cluster: $cluster, namespace: "default", name: "rolled", toRevision: $revision) { metadata { name } } }`
    for (const [index, image] of ['web:1', 'web:2', 'web:3'].entries()) {
      await apply(deployment('rolled', image, 0))
      await revisions(index + 1)
    }
    await read(ROLLBACK)
    expect(await images('rolled')).toEqual(['web:2'])
    await read(ROLLBACK, { revision: 1 })
    expect(await images('rolled')).toEqual(['web:1'])
    expect(await refused(ROLLBACK, { revision: 77 })).toMatchObject({ extensions: { code: 'NotFound', status: 404 } })
  })

  it('pauses, resumes and restarts', async () => {
    await apply(deployment('steered', 'web:1', 0))
    const run = (field: string, selection: string) =>
      `mutation($cluster: ID!) { ${field}(cluster: $cluster, namespace: "default", name: "steered") { ${selection} } }`
    expect(await read(run('pause', 'spec { paused }'))).toEqual({ pause: { spec: { paused: true } } })
    const RESTART = run('restart', '... on Deployment { spec { template { metadata { annotations } } } }')
    expect(await refused(RESTART)).toMatchObject({ extensions: { code: 'BadRequest' } })
    expect(await read(run('resume', 'spec { paused }'))).toEqual({ resume: { spec: { paused: null } } })
    expect(await read(RESTART)).toEqual({
      restart: {
        spec: {
          template: {
            metadata: { annotations: { 'kubectl.kubernetes.io/restartedAt': expect.stringMatching(/^\d{4}-.*\dZ$/) } },
          },
        },
      },
    })
  })

  it('deletes, and says whether it is gone', async () => {
    await apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'gone' } })
    await apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'held', finalizers: ['example.com/hold'] } })
    const DELETE = `mutation($cluster: ID!, $name: String!) {
      delete(cluster: $cluster, kind: "cm", name: $name, propagationPolicy: Background) { kind namespace name isGone } }`
    const gone = { kind: 'ConfigMap', namespace: 'default', name: 'gone', isGone: true }
    expect(await read(DELETE, { name: 'gone' })).toEqual({ delete: gone })
    expect(await read(DELETE, { name: 'held' })).toEqual({ delete: { ...gone, name: 'held', isGone: false } })
    expect(await refused(DELETE, { name: 'gone' })).toMatchObject({
      path: ['delete'],
      extensions: { code: 'NotFound' },
    })
  })
})

describe('errors', () => {
  it('are the reasons, codes and causes of Kubernetes', async () => {
    const missing = await refused(
      'query($cluster: ID!) { cluster(id: $cluster) { pod(namespace: "default", name: "none") { kind } } }',
    )
    expect(missing).toMatchObject({
      message: 'pods "none" not found',
      path: ['cluster', 'pod'],
      extensions: { code: 'NotFound', status: 404 },
    })
    const invalid = await refused(APPLY, { manifest: deployment('Not_A_Name') })
    expect(invalid.path).toEqual(['apply', 0])
    expect(invalid).toMatchObject({ extensions: { code: 'Invalid', status: 422 } })
    expect(invalid.extensions.causes?.map(({ field }) => field)).toContain('metadata.name')
    const selector = await refused(
      'query($cluster: ID!) { cluster(id: $cluster) { pods(labelSelector: "a=(") { resourceVersion } } }',
    )
    expect(selector.extensions).toMatchObject({ code: 'BadRequest', status: 400 })
    expect((await refused(APPLY, { manifest: 'kind: Unheard\napiVersion: v9' })).extensions.code).toBe('BadRequest')
  })

  it('refuse what is too deep or too much', async () => {
    const deep = `${'node { pods { '.repeat(8)}metadata { name }${' } }'.repeat(8)}`
    const { data, errors } = await ask(`query($cluster: ID!) { cluster(id: $cluster) { pods { items { ${deep} } } } }`)
    expect(data).toBeUndefined()
    expect(errors[0]?.message).toContain('levels deep')
    const limit = await refused(
      'query($cluster: ID!) { cluster(id: $cluster) { pods(limit: 100000) { resourceVersion } } }',
    )
    expect(limit.extensions.code).toBe('BadRequest')
  })
})

describe('who asks', () => {
  const NAME = 'query($cluster: ID!) { cluster(id: $cluster) { name } }'

  it('is refused without a good token, whatever is asked', async () => {
    for (const query of [NAME, '{ __schema { types { name } } }', '{ nonsense']) {
      const { status, headers, data, errors } = await ask(query, {}, 'skc_wrong')
      expect(status).toBe(401)
      expect(headers.get('www-authenticate')).toContain('Bearer')
      expect(data).toBeUndefined()
      expect(errors).toEqual([{ message: 'Unauthorized', extensions: { code: 'Unauthorized', status: 401 } }])
    }
    expect((await ask(NAME, {}, 'a.b.c')).status).toBe(401)
  })

  it("finds nothing of another organization's", async () => {
    await env.DB.prepare("INSERT INTO organizations (id, name, created_at) VALUES ('o-other', 'other', 0)").run()
    const tenancy = createTenancy(env.DB, () => Date.now())
    const { token } = await tenancy.createToken({ organizationId: 'o-other', kind: 'organization', description: '' })
    expect((await ask('{ clusters { id } }', {}, token)).data).toEqual({ clusters: [] })
    const SUBSCRIBE = 'subscription($cluster: ID!) { changes(cluster: $cluster, kind: "pods") { type } }'
    const DELETE = 'mutation($cluster: ID!) { delete(cluster: $cluster, kind: "ns", name: "default") { isGone } }'
    for (const query of [NAME, DELETE, SUBSCRIBE]) {
      const { data, errors } = await ask(query, {}, token)
      expect(Object.values(data ?? {})).not.toContainEqual(expect.anything())
      expect(errors).toMatchObject([
        { message: `clusters "${world.cluster}" not found`, extensions: { code: 'NotFound' } },
      ])
      const unknown = await ask(query, { cluster: 'c-none' }, token)
      expect(unknown.errors[0]?.extensions).toEqual(errors[0]?.extensions)
    }
  })

  it("of a cluster's token sees that cluster alone", async () => {
    const other = await newWorld('graphql-other')
    const made = await world.request('/platform/v1/tokens', {
      method: 'POST',
      body: { kind: 'cluster', cluster: other.cluster },
    })
    const { token } = (await made.json()) as { token: string }
    expect((await ask('{ clusters { name } }', {}, token)).data).toEqual({ clusters: [{ name: 'graphql-other' }] })
    expect((await ask(NAME, {}, token)).errors[0]?.extensions.code).toBe('NotFound')
  })

  it('of a Pod may read what its ServiceAccount may, and no more', async () => {
    await eventually('the ServiceAccount', async () => {
      const { kind } = await world.api('/api/v1/namespaces/default/serviceaccounts/default')
      return kind === 'ServiceAccount'
    })
    const made = await world.api<{ status: { token: string } }>(
      '/api/v1/namespaces/default/serviceaccounts/default/token',
      {
        method: 'POST',
        body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} },
      },
    )
    const { token } = made.status
    await world.api('/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings', {
      method: 'POST',
      body: {
        metadata: { name: 'accounts-view' },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' },
        subjects: [{ kind: 'Group', name: 'system:serviceaccounts:default' }],
      },
    })
    const LISTS = `query($cluster: ID!) { cluster(id: $cluster) {
      services(namespace: "default") { __typename } secrets(namespace: "default") { __typename } } }`
    const { errors } = await ask(LISTS, {}, token)
    expect(errors).toMatchObject([{ path: ['cluster', 'secrets'], extensions: { code: 'Forbidden', status: 403 } }])
    expect((await ask(LISTS, { cluster: 'c-none' }, token)).status).toBe(401)
    expect((await ask('{ clusters { id } }', {}, token)).errors[0]?.extensions.code).toBe('Forbidden')
  })

  it('gets the GraphiQL page in a browser without a token', async () => {
    const response = await world.request('/graphql', { token: '', headers: { accept: 'text/html,*/*' } })
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toContain('text/html')
    expect(await response.text()).toContain('GraphiQL')
  })
})

describe('changes', () => {
  interface Change {
    type: string
    resourceVersion: string
    object: { metadata: { name: string } } | null
  }

  async function subscribe(query: string, variables: Record<string, unknown>) {
    const response = await world.request('/graphql', {
      method: 'POST',
      headers: { accept: 'text/event-stream', 'accept-encoding': 'gzip' },
      body: { query, variables: { cluster: world.cluster, ...variables } },
    })
    expect(response.headers.get('content-type')).toContain('text/event-stream')
    expect(response.headers.get('content-encoding')).toBe('identity')
    const changes: Change[] = []
    const errors: GraphqlError[] = []
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
    let rest = ''
    let isOver = false
    const pump = async () => {
      for (;;) {
        const { done, value } = (await reader?.read()) ?? { done: true, value: undefined }
        if (done) break
        rest += value
        const lines = rest.split('\n')
        rest = lines.pop() ?? ''
        for (const line of lines.filter((text) => text.startsWith('data: {'))) {
          const result = JSON.parse(line.slice(6)) as { data?: { changes: Change }; errors?: GraphqlError[] }
          if (result.data?.changes) changes.push(result.data.changes)
          errors.push(...(result.errors ?? []))
        }
      }
      isOver = true
    }
    void pump()
    return { changes, errors, isOver: () => isOver, stop: async () => reader?.cancel() }
  }

  const CHANGES = `subscription($cluster: ID!, $version: String) {
    changes(cluster: $cluster, kind: "ConfigMap", namespace: "default", labelSelector: "watched", resourceVersion: $version) {
      type resourceVersion object } }`
  const watched = (name: string, data = '1') => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, labels: { watched: '' } },
    data: { value: data },
  })

  it('come as they happen, over evictions, and go on from a version', async () => {
    await apply(watched('first'))
    const { changes, stop } = await subscribe(CHANGES, {})
    await eventually('what is there', async () => changes.length === 1)
    await apply(watched('second'))
    await apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'unwatched' } })
    await eventually('the second', async () => changes.length === 2)
    await evictDurableObject(world.stub)
    await apply(watched('second', '2'))
    await read('mutation($cluster: ID!) { delete(cluster: $cluster, kind: "cm", name: "second") { isGone } }')
    await eventually('all', async () => changes.length === 4)
    const brief = ({ type, object }: Change) => `${type} ${object?.metadata.name}`
    expect(changes.map(brief)).toEqual(['ADDED first', 'ADDED second', 'MODIFIED second', 'DELETED second'])
    await stop()

    const later = await subscribe(CHANGES, { version: changes[1]?.resourceVersion })
    await eventually('the rest', async () => later.changes.length === 2)
    expect(later.changes).toEqual(changes.slice(2))
    await later.stop()
  })

  it('let go of the watch when the client goes', async () => {
    const watches = async () => (await world.stub.figures()).watches
    const before = await eventually('earlier watches ended', async () => ((await watches()) === 0 ? 'none' : undefined))
    expect(before).toBe('none')
    const { stop } = await subscribe(CHANGES, {})
    await eventually('the watch', async () => (await watches()) === 1)
    await stop()
    await eventually('its end', async () => (await watches()) === 0)
  })

  it('say why they can not begin', async () => {
    const { errors, isOver } = await subscribe(CHANGES, { version: 'what' })
    await eventually('the end', async () => isOver())
    expect(errors).toMatchObject([{ extensions: { code: 'BadRequest' } }])
  })
})
