/** What every kind can do, by a table with one valid object of each: made, read in each form, tried, refused, deleted. */
import { beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../world.ts'
import { type Client, newClient, settled } from './client.ts'
import { KINDS } from './kinds.ts'

let client: Client

beforeAll(async () => {
  client = await newClient('kinds')
})

const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io'
const METADATA = 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io'

describe.each(KINDS)(
  '$kind of $apiVersion',
  ({ kind, apiVersion, plural, namespaced, object, columns, cells, wrong, isControlled }) => {
    const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`
    const collection = namespaced ? `${root}/namespaces/default/${plural}` : `${root}/${plural}`
    const draft = (name: string, rest: object = object) => ({ apiVersion, kind, metadata: { name }, ...rest })
    const hasStatus = wrong.status !== undefined

    it('stands in discovery, with its status', async () => {
      const { resources } = await client.get(root)
      const names = resources
        .filter((each: { kind: string }) => each.kind === kind)
        .map(({ name }: { name: string }) => name)
      expect(names).toEqual(expect.arrayContaining(hasStatus ? [plural, `${plural}/status`] : [plural]))
      expect(names.includes(`${plural}/status`)).toBe(hasStatus)
    })

    it('leaves nothing behind when it is tried', async () => {
      const tried = await client.ask(`${collection}?dryRun=All`, { method: 'POST', body: draft('tried') })
      expect(tried.code, tried.text).toBe(201)
      expect((await client.ask(`${collection}/tried`)).code).toBe(404)
    })

    it('is made, and read as JSON, as a Table and as metadata', async () => {
      const posted = await client.post(collection, draft('made'))
      if (isControlled) await settled(client)
      const made = isControlled ? await client.get(`${collection}/made`) : posted
      expect(made).toMatchObject({ apiVersion, kind, metadata: { name: 'made', uid: expect.any(String) } })
      expect(await client.get(`${collection}/made`)).toEqual(made)
      const table = (await client.ask(`${collection}/made`, { headers: { accept: TABLE } })).body
      const titles = table.columnDefinitions.map(({ name, priority }: { name: string; priority: number }) =>
        priority === 0 ? name : `${name}*`,
      )
      expect(titles).toEqual(columns)
      expect(table.rows[0].cells).toEqual(cells)
      const partial = (await client.ask(`${collection}/made`, { headers: { accept: METADATA } })).body
      expect(partial).toEqual({ kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: made.metadata })
    })

    it('is not written by an update that changes nothing', async () => {
      const before = await client.get(`${collection}/made`)
      expect(await client.put(`${collection}/made`, before)).toEqual(before)
    })

    it.runIf(hasStatus)(
      'has a status apart: what is wrong there is refused, and the rest of the object stays',
      async () => {
        const before = await client.get(`${collection}/made`)
        const updated = await client.put(`${collection}/made/status`, {
          ...before,
          ...object,
          metadata: before.metadata,
        })
        expect(updated.spec).toEqual(before.spec)
        const patched = await client.ask(`${collection}/made/status`, {
          method: 'PATCH',
          type: 'application/merge-patch+json',
          body: { status: wrong.status },
        })
        expect([
          patched.code,
          ...(patched.body.details?.causes ?? []).map(({ field }: { field: string }) => field),
        ]).toEqual(wrong.statusField === undefined ? [200] : [422, wrong.statusField])
      },
    )

    it('is refused with the path of the wrong field', async () => {
      const refused = await client.ask(collection, { method: 'POST', body: draft('wrong', wrong.object) })
      expect(refused.code, refused.text).toBe(422)
      const fields = refused.body.details.causes.map(({ field }: { field: string }) => field)
      expect(fields).toContain(wrong.field)
    })

    it('is deleted', async () => {
      await client.delete(`${collection}/made?propagationPolicy=Background`)
      // Claims and volumes are let go by a controller.
      await eventually('it is gone', async () => (await client.ask(`${collection}/made`)).code === 404)
    })
  },
)
