/**
 * What functions and operators take and come to. Functions are those that the library of `expression.ts` has, so that one
 * that is added there is known here.
 */
import { AUTHORIZER, RESOURCE_CHECK } from './authorizer.ts'
import { library } from './expression.ts'
import { MATCHES } from './text.ts'
import {
  type Bindings,
  type CelType,
  DURATION,
  DYN,
  isAssignable,
  joined,
  objectOf,
  parseType,
  scalar,
  substituted,
  TIMESTAMP,
  typeText,
} from './types.ts'

interface Signature {
  readonly params: readonly CelType[]
  readonly result: CelType
}

const signature = (result: string, ...params: string[]): Signature => ({
  params: params.map(parseType),
  result: parseType(result),
})

const NUMBERS = ['int', 'uint', 'double']
const ORDERED = ['bool', 'string', 'bytes', TIMESTAMP, DURATION]

const ordering: readonly Signature[] = [
  ...ORDERED.map((type) => signature('bool', type, type)),
  ...NUMBERS.flatMap((a) => NUMBERS.map((b) => signature('bool', a, b))),
]
const arithmetic = (types: readonly string[]): Signature[] => types.map((type) => signature(type, type, type))
const equality = [signature('bool', 'A', 'A')]
const logic = [signature('bool', 'bool', 'bool')]

/** By the names that cel-go gives them. */
export const OPERATORS: Readonly<Record<string, readonly Signature[]>> = {
  '_==_': equality,
  '_!=_': equality,
  '_<_': ordering,
  '_<=_': ordering,
  '_>_': ordering,
  '_>=_': ordering,
  '_&&_': logic,
  '_||_': logic,
  '!_': [signature('bool', 'bool')],
  '-_': [signature('int', 'int'), signature('double', 'double'), signature(DURATION, DURATION)],
  '@in': [signature('bool', 'A', 'list<A>'), signature('bool', 'A', 'map<A, B>')],
  '_+_': [
    ...arithmetic([...NUMBERS, 'string', 'bytes', 'list<A>', DURATION]),
    signature(TIMESTAMP, TIMESTAMP, DURATION),
    signature(TIMESTAMP, DURATION, TIMESTAMP),
  ],
  '_-_': [
    ...arithmetic([...NUMBERS, DURATION]),
    signature(DURATION, TIMESTAMP, TIMESTAMP),
    signature(TIMESTAMP, TIMESTAMP, DURATION),
  ],
  '_*_': arithmetic(NUMBERS),
  '_/_': arithmetic(NUMBERS),
  '_%_': arithmetic(['int', 'uint']),
  '_?_:_': [signature('A', 'bool', 'A', 'A')],
  '_[_]': [
    // A number that is whole is an index, whatever its type.
    ...NUMBERS.map((type) => signature('A', 'list<A>', type)),
    signature('B', 'map<A, B>', 'A'),
  ],
}

/** What the library's own declarations leave open, and what cel-go has beside. */
const MORE = [
  ...['int', 'uint', 'double', DURATION].map((type) => `list<${type}>.sum(): ${type}`),
  'list<A>.min(): A',
  'list<A>.max(): A',
  'optional<A>.or(optional<A>): optional<A>',
  'optional<A>.orValue(A): A',
  'OptionalNamespace.ofNonZeroValue(A): optional<A>',
  'type(dyn): type',
  'string(kubernetes.URL): string',
  'string(kubernetes.Quantity): string',
  `int(${DURATION}): int`,
  `duration(int): ${DURATION}`,
  'matches(string, string): bool',
  'string.matches(string): bool',
  'string.join(string): string',
]
const REPLACED = new Set(['sum', 'min', 'max', 'or', 'orValue', 'ofNonZeroValue', MATCHES])

interface Known {
  /** Those of a receiver have it as their first parameter. */
  readonly functions: ReadonlyMap<string, readonly Signature[]>
  readonly variables: ReadonlyMap<string, CelType>
}

let known: Known | undefined

export function definitions(): Known {
  known ??= read()
  return known
}

export const keyOf = (name: string, isMember: boolean): string => `${isMember ? '.' : ''}${name}`

function read(): Known {
  const functions = new Map<string, Signature[]>()
  const add = (key: string, one: Signature) => functions.set(key, [...(functions.get(key) ?? []), one])
  const { functions: declared, variables } = library().getDefinitions()
  for (const { name, receiverType, returnType, params } of declared) {
    const types = params.map(({ type }) => type)
    if (REPLACED.has(name) || types.includes('ast')) continue
    add(keyOf(name, receiverType !== null), signature(returnType, ...(receiverType ? [receiverType] : []), ...types))
  }
  for (const text of MORE) {
    const [, receiver, name = '', params = '', result = ''] = /^(?:(.*)\.)?(\w+)\((.*)\): (.*)$/.exec(text) ?? []
    const types = params === '' ? [] : params.split(', ')
    add(keyOf(name, receiver !== undefined), signature(result, ...(receiver ? [receiver] : []), ...types))
  }
  return { functions, variables: new Map(variables.map(({ name, type }) => [name, parseType(type)])) }
}

/** What it has a field of. */
export const AUTHORIZER_TYPE: CelType = objectOf(AUTHORIZER, { requestResource: scalar(RESOURCE_CHECK) })

/** What a call comes to; undefined where no signature takes what is given. */
export function resultOf(signatures: readonly Signature[], given: readonly CelType[]): CelType | undefined {
  const results = signatures.flatMap(({ params, result }) => {
    const bindings: Bindings = new Map()
    const fits =
      params.length === given.length && params.every((param, at) => isAssignable(param, given[at] ?? DYN, bindings))
    return fits ? [substituted(result, bindings)] : []
  })
  const [first, ...others] = results
  // Where what is given is not known, several may be meant.
  return first && others.every((other) => typeText(other) === typeText(first))
    ? others.reduce(joined, first)
    : first && DYN
}
