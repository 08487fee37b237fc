/** Laws of managed fields, on histories of writes by a few managers. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { StatusError } from '../errors.ts'
import { deepEqual, type JsonText } from '../json.ts'
import type { KubeObject } from '../object.ts'
import { applied } from './apply.ts'
import { authored, ignoring } from './authored.ts'
import { difference, hasPath, pathsOf, setOfPath, unionOf } from './field-set.ts'
import { membersOf } from './members.ts'
import { by, deployment, deploymentShape, read, template } from './testing.ts'
import { tracked, trackedNew } from './track.ts'

const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined })
const container = (name: string) =>
  fc.record({
    name: fc.constant(name),
    image: fc.constantFrom('a', 'b'),
    // Empty lists are absent ones in a kind's own shape.
    env: fc.subarray(
      [
        { name: 'X', value: '1' },
        { name: 'Y', value: '2' },
      ],
      { minLength: 1 },
    ),
  })
const draft = fc
  .record({
    labels: fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.constantFrom('1', '2'), { noNullPrototype: true }),
    replicas: optional(fc.integer({ min: 0, max: 2 })),
    paused: optional(fc.boolean()),
    containers: fc
      .subarray(['x', 'y', 'z'], { minLength: 1 })
      .chain((names) => fc.tuple(...names.map((name) => container(name)))),
  })
  .map(({ labels, replicas, paused, containers }) =>
    deployment(
      {
        ...(replicas === undefined ? {} : { replicas }),
        ...(paused === undefined ? {} : { paused }),
        ...template(...containers),
      },
      Object.keys(labels).length > 0 ? { labels } : {},
    ),
  )

const manager = fc.constantFrom('ann', 'bob', 'cy')
const write = fc.record({ manager, draft, how: fc.constantFrom('update', 'apply', 'force') })
type Write = typeof write extends fc.Arbitrary<infer T> ? T : never

const IGNORED = ignoring(['status'])

function applyTo(live: KubeObject | undefined, { manager: name, draft: config, how }: Write): KubeObject {
  const { part, managedFields } = applied({
    ...by(name, { operation: 'Apply' }),
    live,
    config,
    force: how === 'force',
  })
  const { spec = {}, metadata = {} } = part as { spec?: object; metadata?: object }
  return withFields(deployment(spec, metadata), managedFields)
}

const withFields = (object: KubeObject, managedFields: JsonText | undefined): KubeObject =>
  deployment((object as unknown as { spec: object }).spec, object.metadata, managedFields)

/** The state after a write; a refused one changes nothing. */
function after(live: KubeObject | undefined, { manager: name, draft: next, how }: Write): KubeObject | undefined {
  if (how === 'update')
    return withFields(
      next,
      live ? tracked({ next, former: live, sent: undefined }, by(name)) : trackedNew(next, by(name)),
    )
  try {
    return applyTo(live, { manager: name, draft: next, how })
  } catch (error) {
    if (error instanceof StatusError) return live
    throw error
  }
}

const history = (writes: readonly Write[]): KubeObject | undefined =>
  writes.reduce<KubeObject | undefined>((live, step) => after(live, step), undefined)

const leaves = (object: KubeObject) =>
  difference(membersOf(deploymentShape, authored(object, IGNORED), 'applied'), setOfPath(['f:metadata']))
const entriesOf = (object: KubeObject) => read(object.metadata.managedFields as JsonText | undefined)
const writes = fc.array(write, { minLength: 1, maxLength: 8 })

describe('managed fields', () => {
  it('own every field that a write has set, and none that is not there', () =>
    fc.assert(
      fc.property(writes, (steps) => {
        const object = history(steps)
        if (!object) return
        const owned = unionOf(entriesOf(object).map(({ fieldsV1 }) => fieldsV1))
        expect([...pathsOf(difference(leaves(object), owned))]).toEqual([])
        const there = membersOf(deploymentShape, authored(object, IGNORED), 'everything')
        expect([...pathsOf(difference(owned, there))]).toEqual([])
      }),
    ))

  it('lose no owner whose fields a write leaves alone', () =>
    fc.assert(
      fc.property(writes, write, (steps, step) => {
        const before = history(steps)
        const next = after(before, step)
        if (!before || !next) return
        const left = membersOf(deploymentShape, authored(next, IGNORED), 'everything')
        for (const { fieldsV1, ...entry } of entriesOf(before)) {
          const same = entriesOf(next).find(
            (other) => other.manager === entry.manager && other.operation === entry.operation,
          )
          const isWriter = entry.manager === step.manager
          for (const path of pathsOf(difference(fieldsV1, same?.fieldsV1)))
            expect(isWriter || !hasPath(left, path) || !isSameAt(before, next, path)).toBe(true)
        }
      }),
    ))

  it('of an apply that is repeated stay, and so does the object', () =>
    fc.assert(
      fc.property(writes, write, (steps, step) => {
        const forced = { ...step, how: 'force' as const }
        const once = applyTo(history(steps), forced)
        const twice = applyTo(once, { ...step, how: 'apply' })
        expect(deepEqual(once, twice)).toBe(true)
      }),
    ))

  it('make an apply do what its configuration says, whatever was there', () =>
    fc.assert(
      fc.property(writes, write, (steps, step) => {
        const object = applyTo(history(steps), { ...step, how: 'force' })
        const missing = difference(leaves(step.draft), leaves(object))
        expect([...pathsOf(missing)]).toEqual([])
        for (const path of pathsOf(leaves(step.draft))) expect(isSameAt(step.draft, object, path)).toBe(true)
      }),
    ))

  it('let appliers of different fields go in either order', () =>
    fc.assert(
      fc.property(draft, (config) => {
        const { labels, ...metadata } = config.metadata
        const spec = (config as unknown as { spec: object }).spec
        const left: Write = { manager: 'ann', draft: deployment({}, { ...metadata, labels }), how: 'apply' }
        const right: Write = { manager: 'bob', draft: deployment(spec, {}), how: 'apply' }
        const one = applyTo(applyTo(undefined, left), right)
        const other = applyTo(applyTo(undefined, right), left)
        expect(deepEqual(one, other)).toBe(true)
      }),
    ))
})

/** Whether what is at a path, as far as it is a leaf, is the same in both. */
function isSameAt(a: KubeObject, b: KubeObject, path: readonly string[]): boolean {
  const at = (object: KubeObject): unknown =>
    path.reduce<unknown>((value, element) => {
      if (Array.isArray(value))
        return value.find((item) => element.startsWith('k:') && item.name === JSON.parse(element.slice(2)).name)
      return (value as Record<string, unknown> | undefined)?.[element.slice(2)]
    }, object)
  const [left, right] = [at(a), at(b)]
  return typeof left === 'object' || typeof right === 'object' || left === right
}
