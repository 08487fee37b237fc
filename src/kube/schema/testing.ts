/** For tests of every kind: objects made from the schema, and the places in one where the schema asks for something. */
import fc from 'fast-check'
import { definitions } from '../generated/schema.ts'
import { clone } from '../json.ts'
import type { FieldType } from './definition.ts'

const SCALARS: Readonly<Record<string, unknown>> = {
  string: 'a',
  bool: true,
  int32: 1,
  int64: 1,
  double: 1,
  quantity: '1',
  intstr: 1,
  byte: 'YQ==',
  time: '2026-01-01T00:00:00Z',
  microtime: '2026-01-01T00:00:00.000000Z',
}

/** An object of a definition with something in every field, though not what its rules would have; no definition holds itself. */
export const fullObject = (definition: string): Record<string, unknown> => ({
  ...(sampleOf(`#${definition}`, []) as Record<string, unknown>),
  metadata: { name: 'a', namespace: 'n', uid: 'u', labels: { a: 'a' } },
})

function sampleOf(type: FieldType, within: readonly string[]): unknown {
  const inner = type.startsWith('[]') || type.startsWith('{}') ? sampleOf(type.slice(2), within) : undefined
  if (type.startsWith('[]')) return inner === undefined ? undefined : [inner]
  if (type.startsWith('{}')) return inner === undefined ? undefined : { a: inner }
  if (!type.startsWith('#')) return SCALARS[type]
  const name = type.slice(1)
  const definition = definitions[name]
  if (definition === undefined || within.includes(name)) return undefined
  const fields = Object.entries(definition.fields)
    .filter(([field]) => field !== 'metadata')
    .map(([field, of]) => {
      const [first] = definition.enums?.[field] ?? []
      const value = first === undefined ? sampleOf(of, [...within, name]) : of.startsWith('[]') ? [first] : first
      return [field, value] as const
    })
  return Object.fromEntries(fields.filter(([, value]) => value !== undefined))
}

export interface Break {
  /** `spec.containers[0].name: absent`. */
  readonly what: string
  /** The object with this one thing wrong. */
  readonly object: Record<string, unknown>
}

type Step = string | number

/** An object of the definition once for each field that is required or of an enumeration, with that field broken. */
export function* breaks(definition: string, object: Record<string, unknown>): Iterable<Break> {
  for (const { path, value, how } of spots(definition, object, [])) {
    const broken = clone(object)
    const place = path.slice(0, -1).reduce<unknown>((at, step) => (at as Record<Step, unknown>)[step], broken)
    const last = path.at(-1) ?? ''
    if (value === undefined) delete (place as Record<Step, unknown>)[last]
    else (place as Record<Step, unknown>)[last] = value
    yield { what: `${textOf(path)}: ${how}`, object: broken }
  }
}

interface Spot {
  readonly path: readonly Step[]
  readonly value: unknown
  readonly how: 'absent' | 'empty' | 'unknown'
}

function* spots(name: string, object: Record<string, unknown>, path: readonly Step[]): Iterable<Spot> {
  const { fields = {}, required = [], enums = {} } = definitions[name] ?? {}
  for (const [field, type] of Object.entries(fields)) {
    if (field === 'metadata' || (path.length === 0 && field === 'status')) continue
    const at = [...path, field]
    const isList = type.startsWith('[]')
    if (Object.hasOwn(enums, field)) yield { path: at, value: isList ? ['Wrong'] : 'Wrong', how: 'unknown' }
    if (required.includes(field)) yield { path: at, value: undefined, how: 'absent' }
    if (required.includes(field) && (isList || type === 'string'))
      yield { path: at, value: isList ? [] : '', how: 'empty' }
    if (object[field] !== undefined) yield* within(type, object[field], at)
  }
}

function* within(type: FieldType, value: unknown, path: readonly Step[]): Iterable<Spot> {
  if (type.startsWith('#')) yield* spots(type.slice(1), value as Record<string, unknown>, path)
  if (type.startsWith('[]'))
    for (const [index, each] of (value as unknown[]).entries()) yield* within(type.slice(2), each, [...path, index])
  if (type.startsWith('{}'))
    for (const [key, each] of Object.entries(value as object)) yield* within(type.slice(2), each, [...path, key])
}

const textOf = (path: readonly Step[]): string =>
  path.map((step, index) => (typeof step === 'number' ? `[${step}]` : index === 0 ? step : `.${step}`)).join('')

/** What stands where something else should: nothing, too little, too much, and what is something in another place. */
const ODD = fc.oneof(
  fc.constant(undefined),
  fc.constantFrom<unknown>(
    '',
    'a',
    '-',
    '/',
    'A_b',
    '..',
    '/a/../b',
    '0',
    '10.0.0.1',
    '::1',
    '10.0.0.0/8',
    'x'.repeat(300),
  ),
  fc.constantFrom<unknown>(
    'None',
    'Always',
    'Never',
    'Local',
    'Exists',
    'In',
    '1Gi',
    '-1',
    '1e400',
    '500m',
    '25%',
    'ü',
  ),
  fc.constantFrom<unknown>(0, -1, 1, 65_536, 2 ** 31 - 1, true, false, [], {}, [''], [{}], { a: '' }, { '': '' }),
)

/** The object with a few of its parts made odd, or there twice; most are still of the definition's shape. */
export const mutations = (object: Record<string, unknown>): fc.Arbitrary<Record<string, unknown>> =>
  fc
    .array(fc.tuple(fc.array(fc.nat(), { minLength: 1, maxLength: 12 }), ODD, fc.boolean()), {
      minLength: 1,
      maxLength: 4,
    })
    .map((changes) => {
      const draft = clone(object)
      for (const [way, odd, isTwice] of changes) mutate(draft, way, odd, isTwice)
      return draft
    })

/** Goes down by the numbers, as far as there is something below. */
function mutate(draft: object, way: readonly number[], odd: unknown, isTwice: boolean): void {
  const [first = 0, ...further] = way
  const keys = Object.keys(draft).filter((key) => key !== 'apiVersion' && key !== 'kind')
  const key = keys[first % Math.max(keys.length, 1)]
  if (key === undefined) return
  const place = draft as Record<string, unknown>
  const below = place[key]
  if (further.length > 0 && typeof below === 'object' && below !== null && Object.keys(below).length > 0)
    mutate(below, further, odd, isTwice)
  else if (isTwice && Array.isArray(draft)) draft.push(clone(below))
  else if (odd === undefined && !Array.isArray(draft)) delete place[key]
  else place[key] = clone(odd)
}
