/** What Kubernetes' conformance suite asks of built-in kinds, where no other test shows it; each by its name there. */
import { beforeAll, describe, expect, it } from 'vitest'
import {
  type Client,
  CONFIG_MAPS,
  configMap,
  expectRefusal,
  type Json,
  MERGE,
  newClient,
  PODS,
  pod,
  STRATEGIC,
} from '../api/client.ts'
import { shown, watch } from '../api/watching.ts'
import { eventually } from '../world.ts'

const NAMESPACES = '/api/v1/namespaces'
const SECRETS = `${NAMESPACES}/default/secrets`
const ACCOUNTS = `${NAMESPACES}/default/serviceaccounts`

let client: Client

beforeAll(async () => {
  client = await newClient('conformance-objects')
})

const codeOf = async (path: string): Promise<number> => (await client.ask(path)).code
const namesOf = async (path: string): Promise<string[]> =>
  (await client.get(path)).items.map(({ metadata }: Json) => metadata.name)
describe('Discovery', () => {
  it('should validate PreferredVersion for each APIGroup', async () => {
    const { groups } = await client.get('/apis')
    expect(groups.length).toBeGreaterThan(15)
    for (const group of groups) {
      expect(group.versions).toContainEqual(group.preferredVersion)
      const alone = await client.get(`/apis/${group.name}`)
      expect(alone).toEqual({ kind: 'APIGroup', apiVersion: 'v1', ...group })
    }
  })
})

describe('Servers with support for Table transformation', () => {
  it('should return a 406 for a backend which does not implement metadata', async () => {
    const answer = await client.ask('/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', {
      method: 'POST',
      body: { spec: { resourceAttributes: { verb: 'get', resource: 'pods' } } },
      headers: { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' },
    })
    expectRefusal(answer, { code: 406, reason: 'NotAcceptable' })
  })
})

describe.each([
  {
    of: 'Events',
    path: `${NAMESPACES}/default/events`,
    all: '/api/v1/events',
    draft: {
      involvedObject: { kind: 'Pod', name: 'a', namespace: 'default' },
      message: 'as made',
      reason: 'Test',
      type: 'Normal',
      source: { component: 'tests' },
    },
    told: 'message',
  },
  {
    of: 'Events API',
    path: '/apis/events.k8s.io/v1/namespaces/default/events',
    all: '/apis/events.k8s.io/v1/events',
    draft: {
      regarding: { kind: 'Pod', name: 'a', namespace: 'default' },
      note: 'as made',
      reason: 'Test',
      type: 'Normal',
      action: 'Testing',
      eventTime: '2026-01-02T03:04:05.000006Z',
      reportingController: 'example.com/tests',
      reportingInstance: 'one',
    },
    told: 'note',
  },
])('$of', ({ of, path, all, draft, told }) => {
  const id = of === 'Events' ? 'core' : 'new'
  const make = (name: string, labels: object = {}) => client.post(path, { metadata: { name, labels }, ...draft })

  it('should ensure that an event can be fetched, patched, deleted, and listed', async () => {
    const name = `event-${id}`
    const made = await make(name, { testevent: id })
    expect(await namesOf(`${all}?labelSelector=testevent%3D${id}`)).toEqual([name])
    expect(await client.get(`${path}/${name}`)).toEqual(made)
    // Of the newer kind nothing changes but its series.
    const series =
      id === 'core'
        ? { [told]: 'as changed' }
        : { series: { count: 2, lastObservedTime: '2026-01-02T03:04:06.000000Z' } }
    const patched = await client.patch(`${path}/${name}`, series, STRATEGIC)
    expect(patched).toMatchObject(series)
    const updated = await client.put(`${path}/${name}`, {
      ...patched,
      ...(id === 'core' ? { count: 3 } : { series: { count: 3, lastObservedTime: '2026-01-02T03:04:07.000000Z' } }),
    })
    expect(updated.metadata.uid).toBe(made.metadata.uid)
    expect(Number(updated.metadata.resourceVersion)).toBeGreaterThan(Number(patched.metadata.resourceVersion))
    await client.delete(`${path}/${name}`)
    expect(await namesOf(`${all}?labelSelector=testevent%3D${id}`)).toEqual([])
  })

  it('should delete a collection of events', async () => {
    for (const number of [1, 2, 3]) await make(`event-${id}-${number}`, { collected: id })
    await make(`event-${id}-kept`)
    await client.delete(`${path}?labelSelector=collected%3D${id}`)
    expect(await namesOf(`${path}?labelSelector=collected%3D${id}`)).toEqual([])
    expect(await codeOf(`${path}/event-${id}-kept`)).toBe(200)
  })
})

describe('Secrets', () => {
  it('should fail to create secret due to empty secret key', async () => {
    const answer = await client.ask(SECRETS, {
      method: 'POST',
      body: { metadata: { name: 'keyless' }, data: { '': 'YQ==' } },
    })
    expectRefusal(answer, { code: 422, reason: 'Invalid' })
    expect(answer.body.details.causes[0].field).toBe('data[]')
  })

  it('should patch a secret', async () => {
    const labels = { testsecret: 'yes' }
    await client.post(SECRETS, { metadata: { name: 'patched', labels }, data: { key: 'dmFsdWU=' } })
    expect(await namesOf('/api/v1/secrets?labelSelector=testsecret%3Dyes')).toEqual(['patched'])
    const change = { metadata: { labels: { patched: 'yes' } }, data: { key: 'dmFsdWUx' } }
    const patched = await client.patch(`${SECRETS}/patched`, change, STRATEGIC)
    expect(patched).toMatchObject({ metadata: { labels: { ...labels, patched: 'yes' } }, data: { key: 'dmFsdWUx' } })
    await client.delete(`${SECRETS}?labelSelector=testsecret%3Dyes`)
    expect(await namesOf('/api/v1/secrets?labelSelector=testsecret%3Dyes')).toEqual([])
  })
})

describe('Watchers', () => {
  it('should receive events on concurrent watches in same order', async () => {
    const { metadata } = await client.get(CONFIG_MAPS)
    const first = await watch(client, CONFIG_MAPS, `resourceVersion=${metadata.resourceVersion}`)
    const busy = Promise.all(
      [1, 2, 3].map(async (writer) => {
        for (let round = 0; round < 6; round++) {
          const name = `busy-${writer}-${round}`
          await client.post(CONFIG_MAPS, configMap(name))
          await client.patch(`${CONFIG_MAPS}/${name}`, { data: { a: '1' } }, MERGE)
          if (round % 2 === 0) await client.delete(`${CONFIG_MAPS}/${name}`)
        }
      }),
    )
    // Each begins where the first one has come to, while the others write.
    const others: { from: number; watching: Awaited<ReturnType<typeof watch>> }[] = []
    for (let count = 0; count < 8; count++) {
      const [last] = (await first.until(count * 4 + 1)).slice(-1)
      const from = Number(last?.object.metadata.resourceVersion)
      others.push({ from, watching: await watch(client, CONFIG_MAPS, `resourceVersion=${from}`) })
    }
    await busy
    const all = await first.until(3 * (6 + 6 + 3))
    const said = (frames: readonly { type: string; object: Json }[]) =>
      frames.map((frame) => `${shown(frame as never)} ${frame.object.metadata.resourceVersion}`)
    for (const { from, watching } of others) {
      const after = all.filter(({ object }) => Number(object.metadata.resourceVersion) > from)
      await watching.until(after.length)
      expect(said(watching.frames)).toEqual(said(after))
      await watching.stop()
    }
    await first.stop()
  })
})

describe('ServiceAccounts', () => {
  it('should run through the lifecycle of a ServiceAccount', async () => {
    const watching = await watch(
      client,
      ACCOUNTS,
      `labelSelector=tested%3Dyes&resourceVersion=${await client.version()}`,
    )
    await client.post(ACCOUNTS, { metadata: { name: 'lived', labels: { tested: 'yes' } } })
    const patched = await client.patch(`${ACCOUNTS}/lived`, { automountServiceAccountToken: false }, STRATEGIC)
    expect(patched.automountServiceAccountToken).toBe(false)
    expect(await namesOf('/api/v1/serviceaccounts?labelSelector=tested%3Dyes')).toEqual(['lived'])
    await client.delete(`${ACCOUNTS}?labelSelector=tested%3Dyes`)
    expect((await watching.until(3)).map(shown)).toEqual(['ADDED lived', 'MODIFIED lived', 'DELETED lived'])
    await watching.stop()
  })

  it('should allow opting out of API token automount', async () => {
    const accounts = { defaulting: undefined, mounting: true, optedout: false }
    for (const [name, automountServiceAccountToken] of Object.entries(accounts))
      await client.post(ACCOUNTS, { metadata: { name }, automountServiceAccountToken })
    for (const [account, automounts] of Object.entries(accounts))
      for (const wanted of [undefined, true, false]) {
        const name = `${account}-${wanted}`
        const spec = { serviceAccountName: account, automountServiceAccountToken: wanted }
        const made = await client.post(PODS, pod(name, { spec }))
        const isMounted = JSON.stringify(made.spec.containers[0]).includes(
          '/var/run/secrets/kubernetes.io/serviceaccount',
        )
        // What the Pod says goes before what its account says; where neither says, it is mounted.
        expect({ name, isMounted }).toEqual({ name, isMounted: wanted ?? automounts ?? true })
      }
  })
})

describe('Certificates API', () => {
  it('should support CSR API operations', async () => {
    const path = '/apis/certificates.k8s.io/v1/certificatesigningrequests'
    const { groups } = await client.get('/apis')
    expect(groups.map(({ name }: Json) => name)).toContain('certificates.k8s.io')
    const { resources } = await client.get('/apis/certificates.k8s.io/v1')
    expect(resources.map(({ name }: Json) => name).sort()).toEqual(
      ['', '/approval', '/status'].map((rest) => `certificatesigningrequests${rest}`),
    )
    const { KINDS } = await import('../api/kinds.ts')
    const { object } = KINDS.find(({ kind }) => kind === 'CertificateSigningRequest') ?? { object: {} }
    const draft = (name: string) => ({ metadata: { name, labels: { tested: 'yes' } }, ...object })
    const watching = await watch(client, path, `resourceVersion=${await client.version()}`)
    const made = await client.post(path, draft('tested'))
    expect(await client.get(`${path}/tested`)).toEqual(made)
    expect(await namesOf(`${path}?labelSelector=tested%3Dyes`)).toEqual(['tested'])
    const patched = await client.patch(`${path}/tested`, { metadata: { annotations: { patched: 'true' } } })
    const updated = await client.put(`${path}/tested`, {
      ...patched,
      metadata: { ...patched.metadata, annotations: { ...patched.metadata.annotations, updated: 'true' } },
    })
    expect(updated.metadata.annotations).toEqual({ patched: 'true', updated: 'true' })
    const condition = { type: 'Approved', status: 'True', reason: 'Tested', message: 'by hand' }
    const approved = await client.put(`${path}/tested/approval`, {
      ...(await client.get(`${path}/tested/approval`)),
      status: { conditions: [condition] },
    })
    expect(approved.status.conditions).toMatchObject([condition])
    const annotated = { metadata: { annotations: { patchedapproval: 'true' } } }
    expect((await client.patch(`${path}/tested/approval`, annotated)).status.conditions).toHaveLength(1)
    const failed = { type: 'Failed', status: 'True', reason: 'Tested', message: 'nobody signs this' }
    const stated = await client.put(`${path}/tested/status`, {
      ...(await client.get(`${path}/tested/status`)),
      status: { conditions: [...approved.status.conditions, failed] },
    })
    expect(stated.status.conditions.map(({ type }: Json) => type)).toEqual(['Approved', 'Failed'])
    await client.patch(`${path}/tested/status`, { metadata: { annotations: { patchedstatus: 'true' } } })
    await client.delete(`${path}/tested`)
    expect(await codeOf(`${path}/tested`)).toBe(404)
    await client.post(path, draft('collected'))
    await client.delete(`${path}?labelSelector=tested%3Dyes`)
    expect(await namesOf(`${path}?labelSelector=tested%3Dyes`)).toEqual([])
    const told = (await watching.until(3)).map(shown)
    expect(told.slice(0, 3)).toEqual(['ADDED tested', 'MODIFIED tested', 'MODIFIED tested'])
    await eventually('its end', async () => watching.frames.map(shown).includes('DELETED tested'))
    await watching.stop()
  })
})
