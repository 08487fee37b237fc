import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { root } from './field.ts'
import { definitions } from './generated/schema.ts'
import { clone, deepEqual, parseJson, stringify } from './json.ts'
import type { KubeObject } from './object.ts'
import { builtIn, everyVersion, resources } from './registry.ts'
import { apiVersionOf, type Resource, resourceName } from './resource.ts'
import { decode } from './schema/decode.ts'
import type { FieldType } from './schema/definition.ts'
import { requiredErrors } from './schema/required.ts'

const JSON_SCHEMA = '#io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps'

/** Any value a field of that type may hold, three definitions deep. */
function arbitraryOf(type: FieldType, depth: number): fc.Arbitrary<unknown> {
  if (type.startsWith('[]')) return fc.array(arbitraryOf(type.slice(2), depth), { maxLength: 2 })
  if (type.startsWith('{}'))
    return fc.dictionary(fc.constantFrom('a', 'b/c', '__proto__'), arbitraryOf(type.slice(2), depth), { maxKeys: 2 })
  if (type.startsWith('#')) return depth === 0 ? fc.constant({}) : objectOf(type.slice(1), depth - 1)
  switch (type) {
    case 'bool':
      return fc.boolean()
    case 'int32':
      return fc.integer({ min: -1, max: 70_000 })
    case 'int64':
      return fc.maxSafeInteger()
    case 'double':
      return fc.double({ noNaN: true, noDefaultInfinity: true })
    case 'quantity':
      return fc.constantFrom('1', '1000m', 0.5, '1024Mi', '1e3', '0')
    case 'time':
      return fc.constantFrom('2026-01-01T00:00:00Z', '2026-01-01T01:00:00.5+01:00')
    case 'microtime':
      return fc.constantFrom('2026-01-01T00:00:00.000001Z', '2026-01-01T00:00:00Z')
    case 'intstr':
      return fc.constantFrom(1, '25%', 'http')
    case 'byte':
      return fc.constantFrom('', 'YQ==')
    case 'any':
      return fc.constant({})
    case 'json':
      return fc.constantFrom(1, 'a', true, { a: [1] }, ['b'])
    case 'schemaOrBool':
      return fc.oneof(fc.boolean(), arbitraryOf(JSON_SCHEMA, depth))
    case 'schemaOrArray':
      return fc.oneof(arbitraryOf(JSON_SCHEMA, depth), fc.array(arbitraryOf(JSON_SCHEMA, depth), { maxLength: 2 }))
    case 'schemaOrStrings':
      return fc.oneof(arbitraryOf(JSON_SCHEMA, depth), fc.array(fc.string(), { maxLength: 2 }))
    default:
      return fc.constantFrom('', 'a', 'Always', 'ClusterIP', 'NodePort', 'x'.repeat(300))
  }
}

function objectOf(name: string, depth: number): fc.Arbitrary<Record<string, unknown>> {
  const fields = Object.entries(definitions[name]?.fields ?? {})
  const values = Object.fromEntries(fields.map(([field, type]) => [field, arbitraryOf(type, depth)]))
  return fc.record(values, { requiredKeys: [] }).map((value) => parseJson(stringify(value)) as Record<string, unknown>)
}

const draftOf = (resource: Resource) =>
  objectOf(resource.schema, 4).map((fields) => ({
    ...fields,
    apiVersion: apiVersionOf(resource),
    kind: resource.kind,
    metadata: { name: 'a', uid: 'u', resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' },
  }))

/** What the store holds of a draft: decoded, defaulted, prepared. */
function admitted(resource: Resource, draft: unknown): KubeObject {
  const object = decode(resource, clone(draft)).object as unknown as KubeObject
  resource.dropForCreate(object)
  resource.defaults(object)
  resource.prepareForCreate(object, { now: 0 })
  return object
}

describe('registry', () => {
  it('finds each kind by name, path and kind', () => {
    for (const resource of resources) {
      expect(builtIn.byName(resourceName(resource))).toBe(resource)
      expect(builtIn.byPath(resource.group, resource.version, resource.plural)).toBe(resource)
      expect(builtIn.byKind(apiVersionOf(resource), resource.kind)).toBe(resource)
    }
    expect(builtIn.byKind('v1', 'Deployment')).toBeUndefined()
  })
})

const older = everyVersion.resources.filter((resource) => !builtIn.resources.includes(resource))

describe.each(
  [...resources, ...older].map((resource) => ({
    name: resourceName(resource),
    version: resource.version,
    resource,
  })),
)('$name in $version', ({ resource }) => {
  it('has a schema, and indexes only fields it selects by', () => {
    expect(definitions[resource.schema]).toBeDefined()
    const { indexedFields, subjectField } = resource
    for (const field of subjectField ? [...indexedFields, subjectField] : indexedFields)
      expect(resource.fields).toHaveProperty([field])
    expect(definitions[resource.schema]?.fields['status'] !== undefined).toBe(resource.hasStatus)
  })

  it('decodes what it decoded to the same', () =>
    fc.assert(
      fc.property(draftOf(resource), (draft) => {
        const once = decode(resource, clone(draft))
        expect(once.unknownFields).toEqual([])
        const again = decode(resource, clone(once.object))
        expect(again.object).toEqual(once.object)
      }),
      { numRuns: 30 },
    ))

  it('defaults what it defaulted to the same', () =>
    fc.assert(
      fc.property(draftOf(resource), (draft) => {
        const once = admitted(resource, draft)
        const again = clone(once)
        resource.defaults(again)
        expect(deepEqual(again, once)).toBe(true)
      }),
      { numRuns: 60 },
    ))

  it('validates anything that decodes without throwing, and itself as an update of itself', () =>
    fc.assert(
      fc.property(draftOf(resource), (draft) => {
        const object = admitted(resource, draft)
        const errors = [
          ...requiredErrors(resource.schema, object, root),
          ...resource.validate(object, root),
          // A status that was never taken is none to stay as it is.
          ...(resource.hasStatus ? resource.validateStatus(object, object, root) : []),
        ]
        for (const { field, message } of errors)
          expect(`${field}${message}`).not.toMatch(/(?<!must be |true or )undefined/)
        if (errors.length > 0) return
        const next = clone(object)
        resource.prepareForUpdate(next, object)
        resource.defaults(next)
        expect(resource.validateUpdate(next, object, root)).toEqual([])
        expect(resource.generation?.(next, object) ?? false).toBe(false)
        for (const column of resource.columns) expect(column.cell(object, 0)).not.toBeUndefined()
      }),
      { numRuns: 60 },
    ))
})
