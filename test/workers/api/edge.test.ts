/** What stands beside the resources: health, metrics, answers as YAML, watches over WebSockets, hosts of their own. */
import { env, exports } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { fetch as worker } from '../../../src/http/app.ts'
import { eventually } from '../world.ts'
import {
  type Client,
  CONFIG_MAPS,
  configMap,
  DEPLOYMENTS,
  deployment,
  expectRefusal,
  type Json,
  newClient,
  PODS,
  pod,
} from './client.ts'

let client: Client

beforeAll(async () => {
  client = await newClient('edge')
})

describe('health', () => {
  it.each(['healthz', 'livez', 'readyz'])('of %s is ok, check by check', async (endpoint) => {
    expect(await client.ask(`/${endpoint}`)).toMatchObject({ code: 200, text: 'ok' })
    expect(await client.ask(`/${endpoint}/etcd`)).toMatchObject({ code: 200, text: 'ok' })
    const { text } = await client.ask(`/${endpoint}?verbose`)
    expect(text).toMatch(
      new RegExp(`^\\[\\+\\]ping ok\\n\\[\\+\\]log ok\\n\\[\\+\\]etcd ok\\n[^!]*${endpoint} check passed\\n$`),
    )
    expect(text.includes('[+]informer-sync ok')).toBe(endpoint === 'readyz')
  })

  it('leaves out checks that are to be, and says which there are not', async () => {
    const { text } = await client.ask('/livez?verbose=true&exclude=etcd&exclude=none')
    expect(text).toBe(
      '[+]ping ok\n[+]log ok\n[+]etcd excluded: ok\nwarn: some health checks cannot be excluded: no matches for "none"\nlivez check passed\n',
    )
  })

  it.each(['/healthz/none', '/livez/etcd/more', '/healthz/shutdown'])('has no check %s', async (path) => {
    expectRefusal(await client.ask(path), { code: 404, reason: 'NotFound' })
  })
})

describe('metrics', () => {
  const sampleOf = (text: string, start: string): number | undefined => {
    const line = text.split('\n').find((each) => each.startsWith(start))
    return line === undefined ? undefined : Number(line.slice(line.lastIndexOf(' ') + 1))
  }

  it('count requests by what they were and how they ended, objects and watches', async () => {
    await client.post(CONFIG_MAPS, configMap('counted'))
    expectRefusal(await client.ask(`${CONFIG_MAPS}/absent`), { code: 404, reason: 'NotFound' })
    await client.get('/api/v1/configmaps')
    const { text, headers } = await client.ask('/metrics')
    expect(headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/)
    const labels = (verb: string, scope: string) =>
      `component="apiserver",dry_run="",group="",resource="configmaps",scope="${scope}",subresource="",verb="${verb}",version="v1"`
    expect(sampleOf(text, `apiserver_request_total{code="201",${labels('POST', 'resource')}}`)).toBe(1)
    expect(sampleOf(text, `apiserver_request_total{code="404",${labels('GET', 'resource')}}`)).toBe(1)
    expect(sampleOf(text, `apiserver_request_total{code="200",${labels('LIST', 'cluster')}}`)).toBe(1)
    expect(sampleOf(text, `apiserver_request_duration_seconds_count{${labels('POST', 'resource')}}`)).toBe(1)
    expect(sampleOf(text, `apiserver_request_duration_seconds_bucket{${labels('POST', 'resource')},le="+Inf"}`)).toBe(1)
    const { items } = await client.get('/api/v1/configmaps')
    expect(sampleOf(text, 'apiserver_storage_objects{resource="configmaps"}')).toBe(items.length)
    expect(sampleOf(text, 'workqueue_adds_total{name="namespace"}')).toBeGreaterThanOrEqual(0)
    expect(sampleOf(text, 'apiserver_storage_size_bytes')).toBeGreaterThan(0)
  })

  it('are in the form that Prometheus reads, each metric said once', async () => {
    const { text } = await client.ask('/metrics')
    const lines = text.trimEnd().split('\n')
    for (const line of lines)
      expect(line).toMatch(/^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{([a-z_]+="[^"]*",?)+\})? [0-9.e+-]+)$/)
    const types = lines.filter((line) => line.startsWith('# TYPE')).map((line) => line.split(' ')[2])
    expect(new Set(types).size).toBe(types.length)
  })
})

describe('an answer as YAML', () => {
  const ask = (path: string, rest: object = {}) =>
    client.ask(path, { headers: { accept: 'application/yaml' }, ...rest })

  it('says of an object what JSON says, keys in order', async () => {
    const data = { on: 'off', number: '1e3', 'a.b': 'x: y\nz', null: 'null', date: '2026-01-01' }
    await client.post(CONFIG_MAPS, configMap('yaml', { data }))
    const { text, headers, code } = await ask(`${CONFIG_MAPS}/yaml`)
    expect(code).toBe(200)
    expect(headers.get('content-type')).toBe('application/yaml')
    expect(text.startsWith('apiVersion: v1\ndata:\n')).toBe(true)
    for (const version of ['1.1', '1.2'] as const)
      expect(parse(text, { version })).toEqual(await client.get(`${CONFIG_MAPS}/yaml`))
  })

  it('keeps long integers', async () => {
    const body = JSON.stringify(pod('long', { spec: { terminationGracePeriodSeconds: 0 } })).replace(
      '"terminationGracePeriodSeconds":0',
      '"terminationGracePeriodSeconds":9007199254740993',
    )
    await client.ask(PODS, { method: 'POST', body })
    expect((await ask(`${PODS}/long`)).text).toContain('terminationGracePeriodSeconds: 9007199254740993\n')
  })

  it.each([CONFIG_MAPS, '/api', '/apis', '/apis/apps/v1', '/version'])('is there for %s', async (path) => {
    const { text, headers } = await ask(path)
    expect(headers.get('content-type')).toBe('application/yaml')
    const { body } = await client.ask(path)
    expect(parse(text)).toEqual(body)
  })

  it('is there for Tables, errors and what a write answers', async () => {
    const accept = 'application/yaml;as=Table;v=v1;g=meta.k8s.io,application/json'
    expect(parse((await client.ask(CONFIG_MAPS, { headers: { accept } })).text)).toMatchObject({ kind: 'Table' })
    const absent = await ask(`${CONFIG_MAPS}/absent`)
    expect(absent.code).toBe(404)
    expect(parse(absent.text)).toMatchObject({ kind: 'Status', reason: 'NotFound' })
    const made = await ask(CONFIG_MAPS, { method: 'POST', body: configMap('made-as-yaml') })
    expect(parse(made.text)).toMatchObject({ metadata: { name: 'made-as-yaml' } })
    const unknown = await ask('/nothing/at/all')
    expect(parse(unknown.text)).toMatchObject({ kind: 'Status', code: 404 })
  })

  it('and JSON with a line for each value, for who reads it', async () => {
    const headers = { 'user-agent': 'curl/8.5.0' }
    for (const path of [CONFIG_MAPS, '/apis', '/version', '/nothing/at/all', `${CONFIG_MAPS}/absent`]) {
      const { text, body } = await client.ask(path, { headers })
      expect(text.trimEnd()).toBe(JSON.stringify(body, undefined, 2))
      expect((await client.ask(path)).text.trimEnd()).toBe(JSON.stringify(body))
    }
    expect((await client.ask('/version?pretty=true')).text).toMatch(/^\{\n {2}"major"/)
  })

  it('of a list too large to be printed is the JSON, which is YAML too', async () => {
    const data = { text: 'x'.repeat(1_000_000) }
    for (let index = 0; index < 5; index++) await client.post(CONFIG_MAPS, configMap(`big-${index}`, { data }))
    const { text, headers } = await ask(CONFIG_MAPS)
    expect(headers.get('content-type')).toBe('application/yaml')
    expect(JSON.parse(text).items.length).toBeGreaterThanOrEqual(5)
    for (let index = 0; index < 5; index++) await client.delete(`${CONFIG_MAPS}/big-${index}`)
  })

  it('is not there for a watch, which is read line by line', async () => {
    expectRefusal(await ask(`${CONFIG_MAPS}?watch=true`), {
      code: 406,
      reason: 'NotAcceptable',
      message: 'only the following media types are accepted: application/json, application/yaml',
    })
    const streamed = { headers: { accept: 'application/json;stream=watch,application/json' } }
    expect((await client.ask(`${CONFIG_MAPS}?watch=true&timeoutSeconds=1`, streamed)).code).toBe(200)
  })
})

describe('an older path', () => {
  it.each([
    [`/api/v1/watch/namespaces/default/configmaps`, 2],
    ['/api/v1/watch/configmaps', 2],
    ['/api/v1/watch/namespaces/default/configmaps/watched', 1],
    ['/apis/apps/v1/watch/namespaces/default/deployments', 1],
  ])('watches: %s', async (path, least) => {
    await client.ask(CONFIG_MAPS, { method: 'POST', body: configMap('watched') })
    const idle = deployment('watched', { spec: { replicas: 0, paused: true } })
    await client.ask(DEPLOYMENTS, { method: 'POST', body: idle })
    const { text } = await client.ask(`${path}?timeoutSeconds=1`)
    const frames = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Json)
    expect(frames.length).toBeGreaterThanOrEqual(least)
    expect(frames.every(({ type }) => type === 'ADDED' || type === 'MODIFIED')).toBe(true)
    if (least === 1) expect(new Set(frames.map(({ object }) => object.metadata.name))).toEqual(new Set(['watched']))
  })
})

describe('a watch over a WebSocket', () => {
  const open = async (path: string, protocols: string[]) => {
    const { world } = client
    return exports.default.fetch(`https://skycrane.test/clusters/${world.cluster}${path}`, {
      headers: { upgrade: 'websocket', 'sec-websocket-protocol': protocols.join(', ') },
    })
  }
  const token = () => `base64url.bearer.authorization.k8s.io.${btoa(client.world.token).replace(/=+$/, '')}`

  it('gives each event as a text message, to who carries the token as a sub-protocol', async () => {
    const answer = await open(`${CONFIG_MAPS}?watch=true&fieldSelector=metadata.name%3Dsocket`, [
      token(),
      'base64.binary.k8s.io',
    ])
    expect(answer.status).toBe(101)
    expect(answer.headers.get('sec-websocket-protocol')).toBe('base64.binary.k8s.io')
    const socket = answer.webSocket
    const events: Json[] = []
    socket?.addEventListener('message', ({ data }) => events.push(JSON.parse(String(data))))
    socket?.accept()
    const made = await client.post(CONFIG_MAPS, configMap('socket'))
    const changed = await client.patch(`${CONFIG_MAPS}/socket`, { data: { a: '1' } })
    await eventually('two events', async () => events.length >= 2 && events)
    expect(events).toEqual([
      { type: 'ADDED', object: made },
      { type: 'MODIFIED', object: changed },
    ])
    socket?.close()
  })

  it('carries so much, is closed behind a whole event, and goes on from there', async () => {
    const LARGE = 'x'.repeat(1024 * 1024)
    const names = Array.from({ length: 18 }, (_, index) => `much-${index}`)
    const seen: string[] = []
    let version = await client.version()
    const watched = async (isOver: (code: number | undefined) => boolean): Promise<number | undefined> => {
      const { webSocket } = await open(`${CONFIG_MAPS}?watch=true&resourceVersion=${version}`, [token(), 'x'])
      let code: number | undefined
      webSocket?.addEventListener('message', ({ data }) => {
        const { type, object } = JSON.parse(String(data))
        seen.push(`${type} ${object.metadata.name}`)
        version = object.metadata.resourceVersion
      })
      webSocket?.addEventListener('close', (event) => {
        code = event.code
      })
      webSocket?.accept()
      await eventually('the end', async () => isOver(code))
      webSocket?.close()
      return code
    }
    const first = watched((code) => code !== undefined)
    for (const name of names) await client.post(CONFIG_MAPS, configMap(name, { data: { large: LARGE } }))
    expect(await first).toBe(1013)
    expect(seen.length).toBeLessThan(names.length)
    await watched(() => seen.length >= names.length)
    expect(seen).toEqual(names.map((name) => `ADDED ${name}`))
  }, 60_000)

  it('ends in time', async () => {
    const { webSocket } = await open(`${CONFIG_MAPS}?watch=true&timeoutSeconds=1`, [token(), 'x'])
    let isClosed = false
    webSocket?.addEventListener('close', () => {
      isClosed = true
    })
    webSocket?.accept()
    await eventually('the end', async () => isClosed)
  })

  it.each([
    ['without a token', ['x'], 401],
    ['with another', ['base64url.bearer.authorization.k8s.io.eA', 'x'], 401],
  ])('is refused %s', async (_, protocols, code) => {
    const answer = await open(`${CONFIG_MAPS}?watch=true`, protocols)
    expect(answer.status).toBe(code)
    await answer.text()
  })

  it('is refused where it can not be read', async () => {
    const answer = await open(`${CONFIG_MAPS}?watch=true&labelSelector=a%3Db%3Dc`, [token(), 'x'])
    expect(answer.status).toBe(400)
    await answer.text()
  })
})

describe('a host of its own', () => {
  const ask = (host: string, path: string, domain?: string) =>
    worker(
      new Request(`https://${host}${path}`, { headers: { authorization: `Bearer ${client.world.token}` } }),
      { ...env, ...(domain ? { BASE_DOMAIN: domain } : {}) } as never,
      {} as never,
    )

  it('is the cluster, without a path before it', async () => {
    const host = `${client.world.cluster}.clusters.example.com`
    const listed = await ask(host, CONFIG_MAPS, 'clusters.example.com')
    expect((await listed.json()) as Json).toMatchObject({ kind: 'ConfigMapList' })
    const schemas = (await (await ask(host, '/openapi/v3', 'clusters.example.com')).json()) as Json
    expect(schemas.paths['api/v1'].serverRelativeURL).toMatch(/^\/openapi\/v3\/api\/v1\?hash=/)
    expect(await (await ask(host, '/healthz', 'clusters.example.com')).text()).toBe('ok')
  })

  it('is what a kubeconfig names, so that clients which drop a path find it too', async () => {
    const path = `/platform/v1/clusters/${client.world.cluster}`
    const named = async (domain?: string) =>
      parse(await (await ask('skycrane.test:8443', `${path}/kubeconfig`, domain)).text()).clusters[0].cluster.server
    expect(await named('clusters.example.com')).toBe(`https://${client.world.cluster}.clusters.example.com:8443`)
    expect(await named()).toBe(`https://skycrane.test:8443/clusters/${client.world.cluster}`)
    const shown = (await (await ask('skycrane.test', path, 'clusters.example.com')).json()) as Json
    expect(shown.server).toBe(`https://${client.world.cluster}.clusters.example.com`)
  })

  it('is none where the deployment has no domain for it, or the host is another', async () => {
    const host = `${client.world.cluster}.clusters.example.com`
    expect((await ask(host, CONFIG_MAPS)).status).toBe(404)
    expect((await ask('clusters.example.com', CONFIG_MAPS, 'clusters.example.com')).status).toBe(404)
    expect((await ask(`c-other.clusters.example.com`, CONFIG_MAPS, 'clusters.example.com')).status).toBe(404)
  })
})

describe('the id of a request', () => {
  const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
  const paths = [CONFIG_MAPS, `${CONFIG_MAPS}/absent`, '/apis', '/readyz', `${CONFIG_MAPS}?watch=true&timeoutSeconds=1`]

  it.each(paths)('is in what %s answers: its own, or one by chance', async (path) => {
    const idOf = async (headers = {}) => (await client.ask(path, { headers })).headers.get('audit-id')
    expect(await idOf({ 'audit-id': 'of-mine' })).toBe('of-mine')
    const [one, other] = [await idOf(), await idOf({ 'audit-id': 'x'.repeat(65) })]
    for (const id of [one, other]) expect(id).toMatch(UUID)
    expect(one).not.toBe(other)
  })
})
