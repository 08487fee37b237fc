/** Lists: one state at one version, in pages too; and what they may be asked. */
import { evictDurableObject, runInDurableObject } from 'cloudflare:test'
import { beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../world.ts'
import {
  type Client,
  CONFIG_MAPS,
  configMap,
  DEPLOYMENTS,
  expectRefusal,
  type Json,
  LEASES,
  newClient,
  PODS,
  pod,
  type Refusal,
  SERVICES,
  settled,
} from './client.ts'

let client: Client
/** Ten ConfigMaps and kube-root-ca.crt, and the version at which there are no others. */
let full: string

const name = (index: number) => `page-${index}`
const labels = { paged: 'yes' }
const PAGED = `${CONFIG_MAPS}?labelSelector=paged%3Dyes`

beforeAll(async () => {
  client = await newClient('lists')
  for (let index = 0; index < 10; index++)
    await client.post(
      CONFIG_MAPS,
      configMap(name(index), { metadata: { name: name(index), labels }, data: { v: '1' } }),
    )
  full = await settled(client)
})

const namesOf = ({ items }: Json): string[] => items.map(({ metadata }: Json) => metadata.name)
const all = Array.from({ length: 10 }, (_, index) => name(index))

/** Makes the log forget what has been, as an hour would. */
async function forgetThePast(): Promise<void> {
  await runInDurableObject(client.world.stub, (_, { storage }) => {
    storage.sql.exec('UPDATE changes SET at = 0')
    storage.sql.exec("UPDATE timers SET at = 0 WHERE owner = 'retention'")
  })
  // What memory held of it is gone; the next write is the first of its turn to look.
  await evictDurableObject(client.world.stub)
  await client.post(CONFIG_MAPS, configMap('after-an-hour'))
  await eventually('a horizon', async () => {
    const { code } = await client.ask(`${CONFIG_MAPS}?resourceVersion=2&resourceVersionMatch=Exact`)
    return code === 410
  })
}

describe('a list', () => {
  it.each([PODS, DEPLOYMENTS, SERVICES, LEASES])('of an empty cluster has a version above 0: %s', async (path) => {
    const { metadata, items } = await client.get(path.replace('/default/', '/kube-public/'))
    expect(Number(metadata.resourceVersion)).toBeGreaterThan(0)
    expect(items).toEqual([])
  })

  it('is ordered by namespace and name, over all namespaces', async () => {
    const { items } = await client.get('/api/v1/configmaps')
    const keys = items.map(({ metadata }: Json) => `${metadata.namespace}/${metadata.name}`)
    expect(keys).toEqual([...keys].sort())
    expect(keys).toContain('kube-system/kube-root-ca.crt')
  })

  it('has items without kind and version of their own only in their list', async () => {
    const list = await client.get(PAGED)
    expect([list.kind, list.apiVersion, list.metadata]).toEqual(['ConfigMapList', 'v1', { resourceVersion: full }])
  })

  it('of a namespace that is not there is empty', async () => {
    expect((await client.get('/api/v1/namespaces/absent/pods')).items).toEqual([])
  })

  it.each([
    { query: 'resourceVersion=0' },
    { query: 'resourceVersion=1' },
    { query: 'resourceVersion=1&resourceVersionMatch=NotOlderThan' },
    { query: 'resourceVersion=0&resourceVersionMatch=NotOlderThan' },
    { query: 'resourceVersion=' },
    { query: 'resourceVersionMatch=&continue=&limit=' },
    { query: 'limit=-1' },
  ])('is of now where it may be: $query', async ({ query }) => {
    const list = await client.get(`${PAGED}&${query}`)
    expect(namesOf(list)).toEqual(all)
    expect(list.metadata).toEqual({ resourceVersion: full })
  })

  it('at an exact version shows what was then', async () => {
    const { metadata } = await client.post(PODS, pod('then', { spec: { schedulerName: 'mine' } }))
    await client.patch(`${PODS}/then`, { metadata: { labels: { later: 'yes' } } })
    await client.delete(`${PODS}/then`)
    const at = (version: string | number) => client.get(`${PODS}?resourceVersionMatch=Exact&resourceVersion=${version}`)
    const then = await at(metadata.resourceVersion)
    expect(then.metadata.resourceVersion).toBe(metadata.resourceVersion)
    expect(then.items.map(({ metadata: of }: Json) => [of.name, of.resourceVersion, of.labels])).toEqual([
      ['then', metadata.resourceVersion, undefined],
    ])
    expect(namesOf(await at(Number(metadata.resourceVersion) - 1))).toEqual([])
    full = await settled(client)
  })
})

describe('pages', () => {
  it('together are the state at the first, whatever is written meanwhile', async () => {
    const first = await client.get(`${PAGED}&limit=4`)
    await client.delete(`${CONFIG_MAPS}/${name(5)}`)
    await client.patch(`${CONFIG_MAPS}/${name(6)}`, { data: { v: '2' } })
    await client.post(CONFIG_MAPS, configMap('page-55', { metadata: { name: 'page-55', labels } }))
    const second = await client.get(`${PAGED}&limit=4&continue=${first.metadata.continue}`)
    await client.patch(`${CONFIG_MAPS}/${name(9)}`, { metadata: { labels: null } })
    const third = await client.get(`${PAGED}&limit=4&continue=${second.metadata.continue}`)
    const pages = [first, second, third]
    expect(pages.flatMap(namesOf)).toEqual(all)
    expect(pages.map(({ metadata }) => metadata.resourceVersion)).toEqual([full, full, full])
    expect(pages.flatMap(({ items }) => items.map(({ data }: Json) => data.v))).toEqual(Array(10).fill('1'))
    expect(third.metadata).toEqual({ resourceVersion: full })
  })

  it('say how many items remain, where no selector narrows the list', async () => {
    const { items } = await client.get(CONFIG_MAPS)
    const first = await client.get(`${CONFIG_MAPS}?limit=3`)
    expect(first.metadata.remainingItemCount).toBe(items.length - 3)
    const last = await client.get(`${CONFIG_MAPS}?limit=${items.length}&continue=${first.metadata.continue}`)
    expect(last.metadata.remainingItemCount).toBeUndefined()
    expect((await client.get(`${PAGED}&limit=3`)).metadata.remainingItemCount).toBeUndefined()
  })

  it('that are large are as long as those that are small', async () => {
    await client.post('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'large' } })
    const path = '/api/v1/namespaces/large/configmaps'
    const large = Array.from({ length: 30 }, (_, index) => `large-${10 + index}`)
    for (const of of large)
      await client.post(path, configMap(of, { metadata: { name: of }, data: { v: 'x'.repeat(200_000) } }))
    const first = await client.get(`${path}?limit=25`)
    // kube-root-ca.crt stands before them.
    expect(namesOf(first).slice(1)).toEqual(large.slice(0, 24))
    expect(first.metadata.remainingItemCount).toBe(6)
    await client.delete(`${path}/large-35`)
    const second = await client.get(`${path}?limit=25&continue=${first.metadata.continue}`)
    expect(namesOf(second)).toEqual(large.slice(24))
    expect(second.metadata).toEqual({ resourceVersion: first.metadata.resourceVersion })
  })

  it('from a version on begin at just that version, as they have since before there was a match', async () => {
    const { metadata } = await client.post(CONFIG_MAPS, configMap('page-00', { metadata: { name: 'page-00', labels } }))
    await client.delete(`${CONFIG_MAPS}/page-00`)
    const page = await client.get(`${PAGED}&limit=2&resourceVersion=${metadata.resourceVersion}`)
    expect([page.metadata.resourceVersion, namesOf(page)]).toEqual([metadata.resourceVersion, ['page-0', 'page-00']])
  })

  it('are not cut where any version will do, as from kube-apiserver’s cache', async () => {
    const whole = await client.get(PAGED)
    for (const more of ['', '&resourceVersionMatch=NotOlderThan']) {
      const listed = await client.get(`${PAGED}&limit=2&resourceVersion=0${more}`)
      expect([namesOf(listed), listed.metadata.continue]).toEqual([namesOf(whole), undefined])
    }
  })

  it('that waited too long are 410, with a token that goes on from the state of now', async () => {
    const first = await client.get(`${PAGED}&limit=2`)
    await client.post(CONFIG_MAPS, configMap('page-7777', { metadata: { name: 'page-7777', labels } }))
    await forgetThePast()
    const late = await client.ask(`${PAGED}&limit=2&continue=${first.metadata.continue}`)
    expect(late.body).toMatchObject({
      kind: 'Status',
      code: 410,
      reason: 'Expired',
      metadata: { continue: expect.any(String) },
    })
    expect(late.body.message).toMatch(/use the continue token in this response/)
    const rest = await client.get(`${PAGED}&continue=${late.body.metadata.continue}`)
    const { items } = await client.get(PAGED)
    expect(namesOf(rest)).toEqual(namesOf({ items: items.slice(2) }))
    expect(namesOf(rest)).toContain('page-7777')
    const exact = await client.ask(`${PAGED}&resourceVersionMatch=Exact&resourceVersion=2`)
    expectRefusal(exact, {
      code: 410,
      reason: 'Expired',
      message: /The resourceVersion for the provided list is too old/,
    })
  })
})

describe('what can not be asked of a list', () => {
  const forbidden = (message: RegExp): Refusal => ({ code: 422, reason: 'Invalid', message })
  it.each<{ query: string; want: Refusal }>([
    { query: 'resourceVersionMatch=Exact', want: forbidden(/forbidden unless resourceVersion is provided/) },
    { query: 'resourceVersionMatch=NotOlderThan', want: forbidden(/forbidden unless resourceVersion is provided/) },
    { query: 'resourceVersionMatch=Newest&resourceVersion=1', want: forbidden(/Unsupported value: "Newest"/) },
    { query: 'resourceVersionMatch=Exact&resourceVersion=0', want: forbidden(/forbidden for resourceVersion "0"/) },
    {
      query: 'resourceVersionMatch=Exact&resourceVersion=1&continue=a',
      want: forbidden(/forbidden when continue is provided/),
    },
    { query: 'sendInitialEvents=true', want: forbidden(/sendInitialEvents is forbidden for list/) },
    { query: 'continue=a', want: { code: 400, reason: 'BadRequest', message: /continue key is not valid/ } },
    { query: 'continue=eyJ9', want: { code: 400, reason: 'BadRequest', message: /continue key is not valid/ } },
    { query: 'resourceVersion=-1', want: { code: 400, reason: 'BadRequest' } },
    { query: 'resourceVersion=1.5', want: { code: 400, reason: 'BadRequest' } },
    { query: 'resourceVersion=99999999999999999999', want: { code: 400, reason: 'BadRequest' } },
    {
      query: 'limit=2.5',
      want: { code: 400, reason: 'BadRequest', message: 'strconv.ParseInt: parsing "2.5": invalid syntax' },
    },
    { query: 'timeoutSeconds=abc', want: { code: 400, reason: 'BadRequest' } },
    { query: 'watch=true&timeoutSeconds=abc', want: { code: 400, reason: 'BadRequest' } },
  ])('$query', async ({ query, want }) => {
    expectRefusal(await client.ask(`${CONFIG_MAPS}?${query}`), want)
  })

  it('what a row of a Table can not include', async () => {
    const headers = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' }
    expectRefusal(await client.ask(`${CONFIG_MAPS}?includeObject=Foo`, { headers }), {
      code: 400,
      reason: 'BadRequest',
      message:
        "Unable to convert to Table as requested: includeObject: Invalid value: \"Foo\": must be 'Metadata', 'Object', 'None', or empty",
    })
  })

  it('another version than the one its token names', async () => {
    const { metadata } = await client.get(`${CONFIG_MAPS}?limit=1`)
    expectRefusal(await client.ask(`${CONFIG_MAPS}?limit=1&continue=${metadata.continue}&resourceVersion=5`), {
      code: 400,
      reason: 'BadRequest',
      message: /specifying resource version is not allowed when using continue/,
    })
  })

  it('a version that is yet to come: clients wait a second, and ask again', async () => {
    for (const path of [`${CONFIG_MAPS}?`, `${CONFIG_MAPS}?resourceVersionMatch=Exact&`, `${CONFIG_MAPS}/page-0?`]) {
      const answer = await client.ask(`${path}resourceVersion=99999999`)
      expectRefusal(answer, {
        code: 504,
        reason: 'Timeout',
        message: /^Too large resource version: 99999999, current: \d+$/,
        causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
      })
      expect(answer.headers.get('retry-after')).toBe('1')
    }
  })
})
