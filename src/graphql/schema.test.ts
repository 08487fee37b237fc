import { GraphQLObjectType, parse, validate, validateSchema } from 'graphql'
import { describe, expect, it } from 'vitest'
import { resources } from '../kube/registry.ts'
import { limitsRule, MAX_ALIASES, MAX_DEPTH, MAX_FIELDS } from './limits.ts'
import { fieldNames } from './names.ts'
import { createSchema } from './schema.ts'

const schema = createSchema(() => new ReadableStream<Uint8Array>())

describe('the schema', () => {
  it('is valid GraphQL', () => expect(validateSchema(schema)).toEqual([]))

  it.each(resources.map((resource) => ({ kind: resource.kind, resource })))('lists and gets $kind', ({ resource }) => {
    const cluster = schema.getType('Cluster')
    if (!(cluster instanceof GraphQLObjectType)) throw new Error('no Cluster')
    const { many, one } = fieldNames(resource)
    const fields = cluster.getFields()
    expect(Object.keys(fields)).toEqual(expect.arrayContaining([many, one]))
    const names = (field: string) => fields[field]?.args.map(({ name }) => name)
    expect(names(one)).toEqual(resource.scope === 'namespaced' ? ['namespace', 'name'] : ['name'])
    expect(names(many)?.includes('namespace')).toBe(resource.scope === 'namespaced')
  })
})

describe('the limits of a query', () => {
  const refusals = (text: string) => validate(schema, parse(text), [limitsRule]).map(({ message }) => message)

  it('lets a Pod be read to its deepest field', () =>
    expect(
      refusals(`{ cluster(id: "a") { deployments { items { replicaSets { pods { node { metadata { name } }
        spec { containers { env { valueFrom { secretKeyRef { name } } } } } } } } } } }`),
    ).toEqual([]))

  const nested = (levels: number) => `${'node { pods { '.repeat(levels)}metadata { name }${' } }'.repeat(levels)}`

  it('refuses what is too deep', () => {
    const [message] = refusals(`{ cluster(id: "a") { pods { items { ${nested(10)} } } } }`)
    expect(message).toContain(`at most ${MAX_DEPTH}`)
  })

  it('counts through fragments, each as often as it is spread', () => {
    const fragments = Array.from(
      { length: 12 },
      (_, level) => `fragment F${level} on Cluster { ...F${level + 1} ...F${level + 1} }`,
    )
    const [message] = refusals(
      `{ cluster(id: "a") { ...F0 } } ${fragments.join('\n')} fragment F12 on Cluster { name }`,
    )
    expect(message).toContain(`at most ${MAX_FIELDS}`)
  })

  it('ends at fragments that spread themselves', () =>
    expect(refusals('{ cluster(id: "a") { ...F } } fragment F on Cluster { name ...F }')).toEqual([]))

  it('refuses many aliases', () => {
    const aliases = Array.from({ length: MAX_ALIASES + 1 }, (_, index) => `a${index}: name`).join(' ')
    const [message] = refusals(`{ cluster(id: "a") { ${aliases} } }`)
    expect(message).toContain(`at most ${MAX_ALIASES}`)
  })
})
