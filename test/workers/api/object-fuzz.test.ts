/**
 * Objects of every kind with something in them that is odd: each is taken or refused, none is a fault of ours, and
 * whatever changed is in the log.
 */
import fc from 'fast-check'
import { beforeAll, describe, it } from 'vitest'
import { everyVersion } from '../../../src/kube/registry.ts'
import { fullObject, mutations } from '../../../src/kube/schema/testing.ts'
import { APPLY, type Client, MERGE, newClient } from './client.ts'
import { KINDS } from './kinds.ts'
import { everything, expectLogged, expectSound } from './soundness.ts'

/** The more requests one test makes, the slower the harness becomes with each. */
const RUNS = 20

let client: Client

beforeAll(async () => {
  client = await newClient('object-fuzz')
})

/** Every kind there is a valid object of, and where its objects are. */
const kinds = KINDS.map(({ apiVersion, kind, plural, namespaced, object }) => {
  const base = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`
  return {
    path: `${base}${namespaced ? '/namespaces/default' : ''}/${plural}`,
    valid: { apiVersion, kind, metadata: { name: 'mutated' }, ...object },
    full: { apiVersion, kind, ...fullObject(everyVersion.byKind(apiVersion, kind)?.schema ?? '') },
  }
})
const of = (what: string) =>
  fc.constantFrom(...kinds).chain(({ path, valid, full }) =>
    fc.record({
      path: fc.constant(path),
      valid: fc.constant(valid),
      body: mutations(what === 'nearly right' ? valid : full),
    }),
  )
const way = fc.constantFrom('POST', 'PUT', 'MERGE', 'APPLY', 'STATUS')

describe('an object of a kind, with something in it that is odd', () => {
  it.each(['nearly right', 'with everything in it'])(
    'is taken or refused, never a fault: %s',
    async (what) => {
      const before = await everything(client)
      const since = await client.version()
      await fc.assert(
        fc.asyncProperty(of(what), way, async ({ path, valid, body }, how) => {
          const at = `${path}/mutated`
          const type = how === 'APPLY' ? APPLY : how === 'POST' || how === 'PUT' ? 'application/json' : MERGE
          await client.ask(path, { method: 'POST', body: valid })
          const asked =
            how === 'POST'
              ? { path, method: 'POST', body: { ...body, metadata: { name: 'other' } } }
              : { path: how === 'STATUS' ? `${at}/status` : at, method: how === 'PUT' ? 'PUT' : 'PATCH', body }
          // A webhook or a policy that is meant for everything would refuse all that comes after it.
          const trial = path.startsWith('/apis/admissionregistration') ? 'dryRun=All' : ''
          const query = `?${how === 'APPLY' ? 'fieldManager=fuzz&force=true&' : ''}${trial}`
          const answer = await client.ask(`${asked.path}${query}`, { method: asked.method, body: asked.body, type })
          expectSound(answer, `${how} ${asked.path} ${JSON.stringify(body)}`)
          for (const name of ['mutated', 'other']) await client.ask(`${path}/${name}`, { method: 'DELETE' })
        }),
        { numRuns: RUNS },
      )
      await expectLogged(client, before, since)
    },
    180_000,
  )
})
