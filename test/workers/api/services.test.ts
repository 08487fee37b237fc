/** Services: addresses and ports are given once, kept by who leaves them out, and never given twice. */
import { evictDurableObject } from 'cloudflare:test'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Answer, type Client, expectRefusal, type Json, newClient, SERVICES, service } from './client.ts'

let client: Client

beforeAll(async () => {
  client = await newClient('services')
})

const create = (name: string, spec: object = {}, query = '') =>
  client.ask(`${SERVICES}${query}`, { method: 'POST', body: service(name, spec) })

const codesOf = (answers: readonly Answer[]): number[] => answers.map(({ code }) => code).sort()

describe('what was allocated', () => {
  it('stays where a PUT leaves it out (kubectl replace)', async () => {
    const made = await client.post(SERVICES, service('kept', { type: 'NodePort' }))
    const ports = made.spec.ports[0]
    expect(made.spec.clusterIP).toMatch(/^10\.(9[6-9]|10\d|11[01])\./)
    expect(ports.nodePort).toBeGreaterThanOrEqual(30_000)
    const replaced = await client.put(
      `${SERVICES}/kept`,
      service('kept', { type: 'NodePort', sessionAffinity: 'ClientIP' }),
    )
    expect(replaced.spec).toMatchObject({
      clusterIP: made.spec.clusterIP,
      clusterIPs: made.spec.clusterIPs,
      ports: [ports],
    })
  })

  it('is given up with the type that had it, and with the Service', async () => {
    const { spec } = await client.post(SERVICES, service('former', { type: 'NodePort' }))
    const { nodePort } = spec.ports[0]
    const changed = await client.patch(`${SERVICES}/former`, { spec: { type: 'ClusterIP' } })
    expect(changed.spec.ports[0].nodePort).toBeUndefined()
    const next = { type: 'NodePort', ports: [{ port: 80, nodePort }] }
    expect((await create('later', next)).code).toBe(201)
    await client.delete(`${SERVICES}/former`)
    expect((await create('heir', { clusterIP: spec.clusterIP })).body.spec.clusterIP).toBe(spec.clusterIP)
  })

  it('is a health port too, where a balancer asks the nodes', async () => {
    const local = { type: 'LoadBalancer', externalTrafficPolicy: 'Local' }
    const made = await client.post(SERVICES, service('healthy', local))
    const port = made.spec.healthCheckNodePort
    expect(port).toBeGreaterThanOrEqual(30_000)
    expect(made.spec.ports[0].nodePort).not.toBe(port)
    const replaced = await client.put(`${SERVICES}/healthy`, service('healthy', local))
    expect(replaced.spec.healthCheckNodePort).toBe(port)
    expectRefusal(await create('ill', { ...local, healthCheckNodePort: port }), {
      code: 422,
      reason: 'Invalid',
      message: /spec.healthCheckNodePort.*already allocated/,
    })
    const changed = await client.patch(`${SERVICES}/healthy`, { spec: { externalTrafficPolicy: 'Cluster' } })
    expect(changed.spec).not.toHaveProperty('healthCheckNodePort')
  })

  it('is not taken by who only tried', async () => {
    const wish = { type: 'NodePort', clusterIP: '10.96.0.50', ports: [{ port: 80, nodePort: 30_050 }] }
    const tried = await create('tried', wish, '?dryRun=All')
    expect([tried.code, tried.body.spec.clusterIP]).toEqual([201, '10.96.0.50'])
    expect((await client.ask(`${SERVICES}/tried`)).code).toBe(404)
    expect((await create('serious', wish)).code).toBe(201)
  })
})

describe('a wish', () => {
  const refused = async (name: string, spec: object, message: RegExp) =>
    expectRefusal(await create(name, spec), { code: 422, reason: 'Invalid', message })

  it('that is taken, or out of range, is refused', async () => {
    await client.post(
      SERVICES,
      service('first', { type: 'NodePort', clusterIP: '10.96.0.60', ports: [{ port: 80, nodePort: 30_060 }] }),
    )
    await refused('second', { clusterIP: '10.96.0.60' }, /spec.clusterIPs.*provided IP is already allocated/)
    await refused('second', { clusterIP: '10.0.0.1' }, /spec.clusterIPs.*not in the valid range/)
    await refused(
      'second',
      { type: 'NodePort', ports: [{ port: 80, nodePort: 30_060 }] },
      /spec.ports\[0\].nodePort.*already allocated/,
    )
    await refused(
      'second',
      { type: 'NodePort', ports: [{ port: 80, nodePort: 80 }] },
      /spec.ports\[0\].nodePort.*not in the valid range/,
    )
    await client.post(
      SERVICES,
      service('second', { type: 'NodePort', ports: [{ port: 80, nodePort: 30_060, protocol: 'UDP' }] }),
    )
  })

  it('of two who come at once is met for one', async () => {
    const ask = (name: string) => create(name, { clusterIP: '10.96.0.70' })
    expect(codesOf(await Promise.all(['a', 'b', 'c', 'd'].map((name) => ask(`at-once-${name}`))))).toEqual([
      201, 422, 422, 422,
    ])
    const port = (name: string) => create(name, { type: 'NodePort', ports: [{ port: 80, nodePort: 30_070 }] })
    expect(codesOf(await Promise.all(['a', 'b', 'c', 'd'].map((name) => port(`port-${name}`))))).toEqual([
      201, 422, 422, 422,
    ])
  })

  it('is refused after the object was evicted too', async () => {
    await client.post(SERVICES, service('before', { clusterIP: '10.96.0.80' }))
    await evictDurableObject(client.world.stub)
    await refused('after', { clusterIP: '10.96.0.80' }, /already allocated/)
  })
})

describe('addresses', () => {
  it('are distinct, though many come at once', async () => {
    const made = await Promise.all(
      Array.from({ length: 40 }, (_, index) => create(`many-${index}`, { type: 'NodePort' })),
    )
    const specs: Json[] = made.map(({ body }) => body.spec)
    expect(new Set(specs.map(({ clusterIP }) => clusterIP)).size).toBe(40)
    expect(new Set(specs.map(({ ports }) => ports[0].nodePort)).size).toBe(40)
  })

  it('have no headless Service, and no name', async () => {
    expect((await create('headless', { clusterIP: 'None' })).body.spec).toMatchObject({
      clusterIP: 'None',
      clusterIPs: ['None'],
    })
    const named = await create('named', {
      type: 'ExternalName',
      externalName: 'example.com',
      selector: undefined,
      ports: undefined,
    })
    expect(named.body.spec).toEqual({ type: 'ExternalName', externalName: 'example.com', sessionAffinity: 'None' })
  })
})
