/** Patches of any shape: each is done or refused with a Status, none is a fault of ours, and a refused one changes nothing. */
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  APPLY,
  type Client,
  DEPLOYMENTS,
  deployment,
  JSON_PATCH,
  type Json,
  MERGE,
  newClient,
  STRATEGIC,
} from './client.ts'

const PATH = `${DEPLOYMENTS}/fuzzed`
/** The more requests one test makes, the slower the harness becomes with each. */
const RUNS = 30

let client: Client

beforeAll(async () => {
  client = await newClient('patch-fuzz')
})

/** Names that mean something somewhere in a Deployment, so that patches reach below the first field. */
const name = fc.constantFrom(
  ...['metadata', 'labels', 'annotations', 'name', 'namespace', 'managedFields', 'finalizers', 'ownerReferences'],
  ...['spec', 'replicas', 'selector', 'matchLabels', 'template', 'containers', 'env', 'ports', 'volumes', 'strategy'],
  ...[
    'status',
    'conditions',
    'apiVersion',
    'kind',
    'x',
    '__proto__',
    '$patch',
    '$retainKeys',
    'resourceVersion',
    'uid',
  ],
  ...['$setElementOrder/containers', '$deleteFromPrimitiveList/finalizers', 'image', 'containerPort', 'fieldsV1'],
)
const scalar = fc.oneof(
  fc.constantFrom('web', 'a', '', 'replace', 'delete', 'merge', 'apps/v1', 'Deployment', 'Update', 'FieldsV1', 'f:x'),
  fc.constantFrom(0, 1, -1, 1.5, 2 ** 40),
  fc.boolean(),
  fc.constant(null),
)
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5, depthSize: 'medium' },
    scalar,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(name, tie('value'), { maxKeys: 4, noNullPrototype: true }),
  ),
}))

/** A Deployment with something in it replaced. */
const mutated = fc
  .array(fc.tuple(fc.array(name, { minLength: 1, maxLength: 5 }), value), { maxLength: 3 })
  .map((changes) => {
    const draft = deployment('fuzzed', { spec: { replicas: 0, paused: true } }) as Record<string, unknown>
    for (const [path, replacement] of changes) {
      let at = draft
      for (const step of path.slice(0, -1)) {
        const next = Object.hasOwn(at, step) ? at[step] : undefined
        if (typeof next !== 'object' || next === null || Array.isArray(next)) break
        at = next as Record<string, unknown>
      }
      Object.defineProperty(at, path.at(-1) ?? '', {
        value: replacement,
        enumerable: true,
        configurable: true,
        writable: true,
      })
    }
    return draft
  })

const pointer = fc
  .array(fc.oneof(name, fc.constantFrom('0', '-', '-1', '99', '~2', 'a~1b')), { maxLength: 5 })
  .map((parts) => parts.map((part) => `/${part}`).join(''))
const operations = fc.array(
  fc.record(
    {
      op: fc.constantFrom('add', 'remove', 'replace', 'move', 'copy', 'test', 'none'),
      path: pointer,
      from: pointer,
      value,
    },
    { requiredKeys: ['op'] },
  ),
  { maxLength: 4 },
)

const patches: readonly [string, fc.Arbitrary<unknown>][] = [
  [MERGE, fc.oneof(mutated, value)],
  [STRATEGIC, fc.oneof(mutated, value)],
  [JSON_PATCH, fc.oneof(operations, value)],
  [APPLY, fc.oneof(mutated, value, fc.string())],
]

const clients = (entries: Json[] = []) => entries.filter(({ manager }) => manager !== 'kube-controller-manager')

describe('a patch of any shape', () => {
  it.each(patches)('is done or refused, never a fault (%s)', async (type, arbitrary) => {
    await client.ask(DEPLOYMENTS, {
      method: 'POST',
      body: deployment('fuzzed', { spec: { replicas: 0, paused: true } }),
    })
    let { managedFields } = (await client.get(PATH)).metadata
    await fc.assert(
      fc.asyncProperty(
        arbitrary,
        fc.constantFrom('', '/status', '/scale'),
        fc.constantFrom('', '&force=true'),
        async (body, subresource, force) => {
          const query = type === APPLY ? `?fieldManager=fuzz${force}` : ''
          const asked = { method: 'PATCH', body: typeof body === 'string' ? body : JSON.stringify(body), type }
          const { code, text, body: answer } = await client.ask(`${PATH}${subresource}${query}`, asked)
          expect(code, text).toBeLessThan(500)
          const { metadata } = await client.get(PATH)
          const former = managedFields
          managedFields = metadata.managedFields
          if (code < 300) return
          expect(answer).toMatchObject({ kind: 'Status', status: 'Failure', code })
          // The controllers' own entries are for the status.
          expect(clients(managedFields)).toEqual(clients(former))
        },
      ),
      { numRuns: RUNS },
    )
  })
})
