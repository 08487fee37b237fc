/** Values as Go clients write and read them: nulls, integers, quantities, keys, sizes. */
import { describe, expect, it } from 'vitest'
import { at, CONFIG_MAPS, configMap, DEPLOYMENTS, deployment, facts, PODS, pod } from './facts.ts'

const { get, post, put, patch, remove, version } = facts()

describe('null', () => {
  it('is the same as absent, on create', async () => {
    const { status, text } = await post(
      DEPLOYMENTS,
      `{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"nulls","creationTimestamp":null},"status":{},
        "spec":{"replicas":null,"strategy":{},"selector":{"matchLabels":{"app":"n"}},"template":{"metadata":
        {"labels":{"app":"n"},"creationTimestamp":null},"spec":{"containers":[{"name":"c","image":"i","resources":{},
        "env":null}]}}}}`,
    )
    expect(status).toBe(201)
    expect(text).not.toContain(':null')
    expect(JSON.parse(text).spec).toMatchObject({ replicas: 1, strategy: { type: 'RollingUpdate' } })
  })

  it('is absent before an update is compared, which then writes nothing', async () => {
    await post(CONFIG_MAPS, configMap('null-update', { a: '1' }))
    const { body } = await get(`${CONFIG_MAPS}/null-update`)
    const before = await version()
    const sent = JSON.stringify(body).replace(/"creationTimestamp":"[^"]+"/, '"creationTimestamp":null')
    expect(sent).toContain('null')
    const answer = await put(`${CONFIG_MAPS}/null-update`, sent)
    expect(answer.status).toBe(200)
    expect(answer.body).toEqual(body)
    expect(await version()).toBe(before)
  })

  it('deletes in a merge patch', async () => {
    await post(CONFIG_MAPS, configMap('null-merge', { a: '1', b: '2' }))
    const { body } = await patch(`${CONFIG_MAPS}/null-merge`, 'merge', { data: { a: null } })
    expect(body['data']).toEqual({ b: '2' })
  })
})

describe('a write that changes nothing', () => {
  it.each([
    ['merge', { data: { a: '1' } }],
    ['strategic-merge', { data: { a: '1' } }],
    ['json', [{ op: 'replace', path: '/data/a', value: '1' }]],
  ] as const)('keeps the resource version: a %s patch', async (type, body) => {
    const path = `${CONFIG_MAPS}/same-${type}`
    await post(CONFIG_MAPS, configMap(`same-${type}`, { a: '1' }))
    const before = await version()
    expect((await patch(path, type, body)).status).toBe(200)
    expect(await version()).toBe(before)
  })
})

describe('integers up to 2^63-1', () => {
  const LARGE = '9223372036854775807'
  const path = `${PODS}/large`
  const withGrace = (name: string, grace: string) =>
    JSON.stringify(pod(name)).replace('"schedulerName"', `"terminationGracePeriodSeconds":${grace},"schedulerName"`)

  it('survive create, each kind of patch, update, get, list and watch', async () => {
    expect((await post(PODS, withGrace('large', LARGE))).text).toContain(`"terminationGracePeriodSeconds":${LARGE}`)
    expect((await get(path)).text).toContain(LARGE)
    expect((await get(PODS)).text).toContain(LARGE)
    expect((await patch(path, 'merge', '{"metadata":{"labels":{"a":"b"}}}')).text).toContain(LARGE)
    expect((await patch(path, 'strategic-merge', '{"metadata":{"labels":{"a":"c"}}}')).text).toContain(LARGE)
    const json = [{ op: 'test', path: '/metadata/labels/a', value: 'c' }]
    expect((await patch(path, 'json', json)).text).toContain(LARGE)
    const { text: read } = await get(path)
    expect((await put(path, read.replace('"a":"c"', '"a":"d"'))).text).toContain(LARGE)
    expect((await get(`${PODS}?watch=true&resourceVersion=1&timeoutSeconds=1`)).text).toContain(LARGE)
    await remove(`${path}?gracePeriodSeconds=0`)
  })

  it('are refused above', async () => {
    const { status, body } = await post(PODS, withGrace('larger', '9223372036854775808'))
    expect({ status, reason: body['reason'] }).toEqual({ status: 400, reason: 'BadRequest' })
  })

  it.each(['runAsUser', 'runAsGroup'])('are no user or group ids: %s', async (field) => {
    const { status, body } = await post(PODS, pod('ids', { securityContext: { [field]: 2147483648 } }))
    expect(status).toBe(422)
    expect(body['message']).toContain(`spec.containers[0].securityContext.${field}: Invalid value: 2147483648`)
    expect(body['message']).toContain('must be between 0 and 2147483647, inclusive')
  })
})

describe('canonical forms', () => {
  it.each([
    ['1000m', '1'],
    ['0.5', '500m'],
    [1, '1'],
    ['0.1', '100m'],
    ['1e3', '1e3'],
  ])('cpu %s is stored as %s', async (given, want) => {
    const { body } = await post(`${PODS}?dryRun=All`, pod('q', { resources: { requests: { cpu: given } } }))
    expect(at(body, 'spec', 'containers', 0, 'resources', 'requests', 'cpu')).toBe(want)
  })

  it.each([
    ['1024Mi', '1Gi'],
    ['1073741824', '1073741824'],
    ['1500M', '1500M'],
    ['1.5Gi', '1536Mi'],
    ['1000Ki', '1000Ki'],
  ])('memory %s is stored as %s', async (given, want) => {
    const { body } = await post(`${PODS}?dryRun=All`, pod('q', { resources: { requests: { memory: given } } }))
    expect(at(body, 'spec', 'containers', 0, 'resources', 'requests', 'memory')).toBe(want)
  })

  it('stringData becomes base64 data and is not shown', async () => {
    const secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 's' },
      stringData: { k: 'wörd' },
      data: { k: 'b2xk' },
    }
    const { body } = await post('/api/v1/namespaces/default/secrets', secret)
    expect(body['data']).toEqual({ k: Buffer.from('wörd').toString('base64') })
    expect(body).not.toHaveProperty('stringData')
    expect(body['type']).toBe('Opaque')
  })

  it('equal templates in another spelling roll nothing out', async () => {
    const requests = (cpu: unknown, memory: unknown) => ({ resources: { requests: { cpu, memory } } })
    await post(DEPLOYMENTS, deployment('spelled', requests('1', '1Gi'), { replicas: 0 }))
    const { text } = await get(`${DEPLOYMENTS}/spelled`)
    const respelled = text.replace('"cpu":"1"', '"cpu":"1000m"').replace('"memory":"1Gi"', '"memory":"1024Mi"')
    expect(respelled).not.toBe(text)
    const { body } = await put(`${DEPLOYMENTS}/spelled`, respelled.replace(/"resourceVersion":"\d+",/, ''))
    expect(at(body, 'metadata', 'generation')).toBe(1)
    const patched = await patch(`${DEPLOYMENTS}/spelled`, 'merge', {
      spec: { template: { spec: { containers: [{ name: 'c', image: 'i', ...requests(1, '1024Mi') }] } } },
    })
    expect(at(patched.body, 'metadata', 'generation')).toBe(1)
  })
})

describe('keys', () => {
  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])('%s is an ordinary key', async (key) => {
    const name = `key-${key.toLowerCase().replaceAll('_', '')}`
    const sent = `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"${name}"},"data":{"${key}":"1"}}`
    expect((await post(CONFIG_MAPS, sent)).text).toContain(`"data":{"${key}":"1"}`)
    expect((await get(`${CONFIG_MAPS}/${name}`)).text).toContain(`"data":{"${key}":"1"}`)
    const patched = await patch(`${CONFIG_MAPS}/${name}`, 'merge', `{"data":{"${key}":"2","other":"x"}}`)
    expect(patched.text).toContain(`"${key}":"2"`)
    const strategic = await patch(`${CONFIG_MAPS}/${name}`, 'strategic-merge', `{"data":{"${key}":"3"}}`)
    expect(strategic.text).toContain(`"${key}":"3"`)
    const json = await patch(`${CONFIG_MAPS}/${name}`, 'json', `[{"op":"replace","path":"/data/${key}","value":"4"}]`)
    expect(json.text).toContain(`"${key}":"4"`)
    expect((await get(CONFIG_MAPS)).text).toContain(`"${key}":"4"`)
  })

  it('that stand twice are named: refused by Strict, warned of by Warn, silent with Ignore', async () => {
    const sent = '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"twice"},"data":{"a":"1","a":"2"},"more":1}'
    const strict = await post(`${CONFIG_MAPS}?fieldValidation=Strict`, sent)
    expect(strict.status).toBe(400)
    expect(strict.body['message']).toContain('duplicate field "data.a"')
    expect(strict.body['message']).toContain('unknown field "more"')
    const warned = await post(`${CONFIG_MAPS}?fieldValidation=Warn&dryRun=All`, sent)
    expect(warned.headers.get('warning')).toContain('duplicate field')
    expect(warned.headers.get('warning')).toContain('unknown field')
    const ignored = await post(`${CONFIG_MAPS}?fieldValidation=Ignore&dryRun=All`, sent)
    expect(ignored.headers.get('warning')).toBeNull()
    expect(ignored.status).toBe(201)
  })
})

describe('objects of 1.5 MiB', () => {
  // A ConfigMap's own limit is 1 MiB of data; labels and annotations have theirs. A Pod's environment has none.
  const large = (bytes: number) => pod('huge', { env: [{ name: 'A', value: 'x'.repeat(bytes) }] })

  it('work in every path', async () => {
    const text = 'x'.repeat(1.4 * 1024 * 1024)
    expect((await post(PODS, large(text.length))).status).toBe(201)
    expect((await get(`${PODS}/huge`)).text).toContain(text)
    expect((await get(PODS)).text).toContain(text)
    for (const type of ['merge', 'strategic-merge'] as const)
      expect((await patch(`${PODS}/huge`, type, { metadata: { labels: { by: type } } })).status).toBe(200)
    const { text: watched } = await get(`${PODS}?watch=true&resourceVersion=1&timeoutSeconds=2`)
    expect(watched.split('\n').filter((line) => line.includes('"name":"huge"'))).toHaveLength(3)
    expect((await remove(`${PODS}/huge?gracePeriodSeconds=0`)).status).toBe(200)
    expect((await get(`${PODS}/huge`)).status).toBe(404)
  })

  it('are the most: above it is 413', async () => {
    const before = await version()
    const { status, body } = await post(PODS, large(1.6 * 1024 * 1024))
    expect({ status, reason: body['reason'] }).toEqual({ status: 413, reason: 'RequestEntityTooLarge' })
    expect(await version()).toBe(before)
  })

  it('a ConfigMap holds 1 MiB and annotations 256 KiB', async () => {
    const over = await post(CONFIG_MAPS, configMap('over', { a: 'x'.repeat(1024 * 1024 + 1) }))
    expect(over.status).toBe(422)
    expect(over.body['message']).toContain('Too long: may not be more than 1048576 bytes')
    const noted = await post(CONFIG_MAPS, configMap('noted', {}, { annotations: { a: 'x'.repeat(256 * 1024) } }))
    expect(noted.status).toBe(422)
    expect(noted.body['message']).toContain('metadata.annotations: Too long: may not be more than 262144 bytes')
  })
})

describe('a large list', () => {
  it('is one consistent state in every form, though objects are written while it streams', async () => {
    const names = Array.from({ length: 60 }, (_, index) => `streamed-${String(index).padStart(2, '0')}`)
    for (const name of names) await post(CONFIG_MAPS, configMap(name, { text: 'x'.repeat(200_000), version: 'old' }))
    const forms = [
      'application/json',
      'application/json;as=Table;v=v1;g=meta.k8s.io',
      'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io',
    ]
    const lists = forms.map((accept) => get(`${CONFIG_MAPS}?includeObject=Object`, { accept }))
    for (const name of names.slice(0, 10)) await patch(`${CONFIG_MAPS}/${name}`, 'merge', { data: { version: 'new' } })
    await remove(`${CONFIG_MAPS}/streamed-59`)
    for (const [index, list] of (await Promise.all(lists)).entries()) {
      const { body } = list
      const at = Number((body['metadata'] as { resourceVersion: string }).resourceVersion)
      const items = (body['items'] ?? (body['rows'] as { object: unknown }[]).map(({ object }) => object)) as {
        metadata: { name: string; resourceVersion: string }
      }[]
      const shown = items.filter(({ metadata }) => metadata.name.startsWith('streamed-'))
      expect({ index, newer: shown.filter(({ metadata }) => Number(metadata.resourceVersion) > at) }).toEqual({
        index,
        newer: [],
      })
      expect(shown.slice(0, 59).map(({ metadata }) => metadata.name)).toEqual(names.slice(0, 59))
    }
  })
})
