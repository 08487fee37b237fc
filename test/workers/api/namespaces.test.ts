/** Namespaces: furnished when they are made, emptied before they go, and the cluster's own ones stay. */
import { beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../world.ts'
import { type Client, configMap, expectRefusal, type Json, newClient, pod } from './client.ts'

const NAMESPACES = '/api/v1/namespaces'

let client: Client

beforeAll(async () => {
  client = await newClient('namespaces')
})

const namespace = (name: string, rest: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name },
  ...rest,
})
const create = (name: string): Promise<Json> => client.post(NAMESPACES, namespace(name))
const isGone = async (name: string): Promise<boolean> => (await client.ask(`${NAMESPACES}/${name}`)).code === 404

/** On its way out, and held there by what is in it. */
async function terminating(name: string): Promise<void> {
  await create(name)
  await client.post(
    `${NAMESPACES}/${name}/configmaps`,
    configMap('held', { metadata: { name: 'held', finalizers: ['example.com/hold'] } }),
  )
  await client.delete(`${NAMESPACES}/${name}`)
}

describe('a new namespace', () => {
  it('is active, named by a label, and held by its finalizer', async () => {
    expect(await create('fresh')).toMatchObject({
      metadata: { labels: { 'kubernetes.io/metadata.name': 'fresh' } },
      spec: { finalizers: ['kubernetes'] },
      status: { phase: 'Active' },
    })
  })

  it('has its ServiceAccount and the CA with the very next versions', async () => {
    const { metadata } = await create('furnished')
    const made = Number(metadata.resourceVersion)
    const account = await client.get(`${NAMESPACES}/furnished/serviceaccounts/default`)
    const ca = await client.get(`${NAMESPACES}/furnished/configmaps/kube-root-ca.crt`)
    expect([account, ca].map((object) => Number(object.metadata.resourceVersion))).toEqual([made + 1, made + 2])
    expect(ca.data['ca.crt']).toMatch(/^-----BEGIN CERTIFICATE-----/)
  })

  it('takes a Pod at once, many times over', async () => {
    await Promise.all(
      Array.from({ length: 10 }, async (_, index) => {
        await create(`at-once-${index}`)
        const made = await client.post(`${NAMESPACES}/at-once-${index}/pods`, pod('first'))
        expect(made.spec.serviceAccountName).toBe('default')
      }),
    )
  })

  it('keeps its label, whatever a client does to it', async () => {
    await create('labelled')
    await client.patch(`${NAMESPACES}/labelled`, {
      metadata: { labels: { 'kubernetes.io/metadata.name': 'other', a: '1' } },
    })
    const { metadata } = await client.patch(`${NAMESPACES}/labelled`, { metadata: { labels: { b: '2' } } })
    expect(metadata.labels).toEqual({ 'kubernetes.io/metadata.name': 'labelled', a: '1', b: '2' })
  })

  it('is refused by a name that is no label, and leaves nothing behind', async () => {
    const before = await client.version()
    const refused = await client.ask(NAMESPACES, { method: 'POST', body: namespace('not.a-label') })
    expectRefusal(refused, { code: 422, reason: 'Invalid', message: /metadata.name/ })
    const tried = await client.ask(`${NAMESPACES}?dryRun=All`, { method: 'POST', body: namespace('tried') })
    expect(tried.code).toBe(201)
    expect(await isGone('tried')).toBe(true)
    expect(await client.version()).toBe(before)
  })
})

describe('a deleted namespace', () => {
  it('goes with all that is in it', async () => {
    await create('leaving')
    await client.post(`${NAMESPACES}/leaving/configmaps`, configMap('inside'))
    await client.post(`${NAMESPACES}/leaving/pods`, pod('inside'))
    const deleted = await client.delete(`${NAMESPACES}/leaving`)
    expect([deleted.kind, deleted.status.phase]).toEqual(['Namespace', 'Terminating'])
    expect(deleted.metadata.deletionTimestamp).toMatch(/Z$/)
    await eventually('its end', () => isGone('leaving'))
    expect((await client.get(`${NAMESPACES}/leaving/configmaps`)).items).toEqual([])
    // The same name may come again, and is another namespace.
    expect((await create('leaving')).metadata.uid).not.toBe(deleted.metadata.uid)
  })

  it('takes nothing new while it is on its way', async () => {
    await terminating('closing')
    const path = `${NAMESPACES}/closing/configmaps`
    expectRefusal(await client.ask(path, { method: 'POST', body: configMap('late') }), {
      code: 403,
      reason: 'Forbidden',
      message:
        'configmaps "late" is forbidden: unable to create new content in namespace closing because it is being terminated',
      causes: [
        {
          reason: 'NamespaceTerminating',
          message: 'namespace closing is being terminated',
          field: 'metadata.namespace',
        },
      ],
    })
    await client.patch(`${path}/held`, { data: { may: 'change' } })
    await client.patch(`${path}/held`, { metadata: { finalizers: null } })
    await eventually('its end', () => isGone('closing'))
  })

  it('is freed by /finalize, the remedy for stuck ones', async () => {
    await terminating('stuck')
    const stuck = await eventually('its conditions', async () => {
      const found = await client.get(`${NAMESPACES}/stuck`)
      return found.status.conditions && found
    })
    expect(stuck.status.conditions).toContainEqual(
      expect.objectContaining({ type: 'NamespaceFinalizersRemaining', status: 'True' }),
    )
    expect(stuck.status.conditions).toContainEqual(
      expect.objectContaining({
        type: 'NamespaceObjectsRemaining',
        status: 'True',
        message: expect.stringMatching(
          /^Some objects are remaining: configmaps\/held since \d{4}-\d\d-\d\dT[\d:]{8}Z \(finalizers \S+\)/,
        ),
      }),
    )
    await client.put(`${NAMESPACES}/stuck/finalize`, { ...stuck, spec: { finalizers: [] } })
    expect(await isGone('stuck')).toBe(true)
  })

  it('is not finalized by an update of the object itself', async () => {
    await create('kept')
    const put = await client.patch(`${NAMESPACES}/kept`, { spec: { finalizers: [] } })
    expect(put.spec.finalizers).toEqual(['kubernetes'])
    const finalized = await client.put(
      `${NAMESPACES}/kept/finalize`,
      namespace('kept', { spec: { finalizers: ['example.com/a'] } }),
    )
    expect(finalized.spec.finalizers).toEqual(['example.com/a'])
    expect(finalized.status.phase).toBe('Active')
  })
})

describe("the cluster's own namespaces", () => {
  it.each(['default', 'kube-system', 'kube-public', 'kube-node-lease'])('can not be deleted: %s', async (name) => {
    const refused = await client.ask(`${NAMESPACES}/${name}`, { method: 'DELETE' })
    expectRefusal(refused, {
      code: 403,
      reason: 'Forbidden',
      message: `namespaces "${name}" is forbidden: this namespace may not be deleted`,
    })
    expect((await client.get(`${NAMESPACES}/${name}`)).metadata.deletionTimestamp).toBeUndefined()
  })

  it('have the account and the CA from the start', async () => {
    for (const name of ['default', 'kube-system', 'kube-public', 'kube-node-lease']) {
      await client.get(`${NAMESPACES}/${name}/serviceaccounts/default`)
      await client.get(`${NAMESPACES}/${name}/configmaps/kube-root-ca.crt`)
    }
  })

  it('get both back who lose them', async () => {
    await client.delete(`${NAMESPACES}/default/serviceaccounts/default`)
    await client.delete(`${NAMESPACES}/default/configmaps/kube-root-ca.crt`)
    await eventually('both', async () => {
      const found = await Promise.all(
        ['serviceaccounts/default', 'configmaps/kube-root-ca.crt'].map((path) =>
          client.ask(`${NAMESPACES}/default/${path}`),
        ),
      )
      return found.every(({ code }) => code === 200)
    })
  })
})
