/** Namespaces: furnished when they are made, emptied before they go, and the cluster's own ones stay. */
import { beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../world.ts'
import { type Client, configMap, expectRefusal, type Json, newClient, pod } from './client.ts'
import { newWebhook } from './webhook.ts'

const NAMESPACES = '/api/v1/namespaces'
const ADMISSION = '/apis/admissionregistration.k8s.io/v1'
const VALIDATING = `${ADMISSION}/validatingwebhookconfigurations`

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

  it('keeps finalizers that it was made with, beside its own', async () => {
    const spec = { finalizers: ['example.com/hold'] }
    const made = await client.post('/api/v1/namespaces', { metadata: { name: 'held-from-the-start' }, spec })
    expect(made.spec.finalizers).toEqual(['example.com/hold', 'kubernetes'])
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

  it('goes on with what may be deleted, tells what may not, and goes when it may', async () => {
    await create('refused')
    const inside = `${NAMESPACES}/refused`
    // More than are deleted in one turn, and before all others.
    await Promise.all(
      Array.from({ length: 60 }, (_, at) => client.post(`${inside}/configmaps`, configMap(`kept-${at}`))),
    )
    await client.post(`${inside}/secrets`, { metadata: { name: 'let-go' } })
    const { url } = await newWebhook('keeps-config-maps', { allowed: false, status: { message: 'it is kept' } })
    const name = 'keep.example.com'
    await client.post(VALIDATING, {
      metadata: { name },
      webhooks: [
        {
          name,
          clientConfig: { url },
          rules: [{ apiGroups: [''], apiVersions: ['*'], resources: ['configmaps'], operations: ['DELETE'] }],
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'refused' } },
          sideEffects: 'None',
          admissionReviewVersions: ['v1'],
        },
      ],
    })
    await client.delete(inside)
    const failure = await eventually('the refusal', async () =>
      (await client.get(inside)).status.conditions?.find(
        ({ type, status }: Json) => type === 'NamespaceDeletionContentFailure' && status === 'True',
      ),
    )
    expect(failure).toMatchObject({
      reason: 'ContentDeletionFailed',
      message:
        'Failed to delete all resource types, 1 remaining: admission webhook "keep.example.com" denied the request: it is kept',
    })
    expect((await client.get(`${inside}/secrets`)).items).toEqual([])
    expect((await client.get(`${inside}/serviceaccounts`)).items).toEqual([])
    expect((await client.get(`${inside}/configmaps`)).items).toHaveLength(61)
    await client.delete(`${VALIDATING}/${name}`)
    await eventually('its end', () => isGone('refused'))
  })

  it('keeps to a policy what it may delete', async () => {
    await create('governed')
    const inside = `${NAMESPACES}/governed`
    for (const name of ['kept', 'let-go']) await client.post(`${inside}/configmaps`, configMap(name))
    const name = 'keep'
    await client.post(`${ADMISSION}/validatingadmissionpolicies`, {
      metadata: { name },
      spec: {
        matchConstraints: {
          resourceRules: [{ apiGroups: [''], apiVersions: ['*'], resources: ['configmaps'], operations: ['DELETE'] }],
        },
        validations: [{ expression: "oldObject.metadata.name != 'kept'", message: 'it is kept' }],
      },
    })
    await client.post(`${ADMISSION}/validatingadmissionpolicybindings`, {
      metadata: { name },
      spec: { policyName: name, validationActions: ['Deny'] },
    })
    await client.delete(inside)
    const failure = await eventually('the refusal', async () =>
      (await client.get(inside)).status.conditions?.find(({ reason }: Json) => reason === 'ContentDeletionFailed'),
    )
    expect(failure.message).toMatch(
      /^Failed to delete all resource types, 1 remaining: configmaps "kept" is forbidden: ValidatingAdmissionPolicy 'keep' with binding 'keep' denied request: it is kept$/,
    )
    const left = (await client.get(`${inside}/configmaps`)).items
    expect(left.map(({ metadata }: Json) => metadata.name)).toEqual(['kept'])
    await client.delete(`${ADMISSION}/validatingadmissionpolicybindings/${name}`)
    await eventually('its end', () => isGone('governed'))
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
