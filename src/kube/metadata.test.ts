import { describe, expect, it } from 'vitest'
import { FieldPath } from './field.ts'
import { validateMetadata, validateMetadataUpdate } from './metadata.ts'
import type { ObjectMeta } from './object.ts'
import type { Resource } from './resource.ts'
import { configMaps } from './resources/core/config-map.ts'
import { services } from './resources/core/service.ts'

const at = new FieldPath('metadata')
const meta = (given: Partial<ObjectMeta>): ObjectMeta => ({
  name: 'web',
  uid: 'u',
  resourceVersion: '1',
  creationTimestamp: '2026-01-01T00:00:00Z',
  ...given,
})
const check = (given: Partial<ObjectMeta>, resource: unknown = configMaps): string[] =>
  validateMetadata(resource as Resource, meta(given), at).map(({ field, message }) => `${field}: ${message}`)
const owner = { apiVersion: 'v1', kind: 'Pod', name: 'a', uid: 'u' }

describe('validateMetadata', () => {
  it.each<[Partial<ObjectMeta>, string]>([
    [{ name: '' }, 'metadata.name: Required value: name or generateName is required'],
    [
      { name: 'Web' },
      "metadata.name: Invalid value: \"Web\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
    ],
    [
      { name: 'a'.repeat(254) },
      `metadata.name: Invalid value: "${'a'.repeat(254)}": must be no more than 253 characters`,
    ],
    [{ labels: { 'a/b/c': 'x' } }, 'metadata.labels: Invalid value: "a/b/c": a qualified name must consist of'],
    [
      { labels: { a: '-' } },
      'metadata.labels: Invalid value: "-": a valid label must be an empty string or consist of',
    ],
    [
      { annotations: { a: 'x'.repeat(256 * 1024) } },
      'metadata.annotations: Too long: may not be more than 262144 bytes',
    ],
    [
      { finalizers: ['mine'] },
      'metadata.finalizers: Invalid value: "mine": name is neither a standard finalizer name nor is it fully qualified',
    ],
    [
      { ownerReferences: [{ ...owner, uid: '' }] },
      'metadata.ownerReferences[0].uid: Invalid value: "": must not be empty',
    ],
    [
      {
        ownerReferences: [
          { ...owner, controller: true },
          { ...owner, name: 'b', controller: true },
        ],
      },
      'metadata.ownerReferences: Invalid value: ["a","b"]: Only one reference can have Controller set to true.',
    ],
  ])('refuses %o', (given, want) => {
    expect(check(given).some((error) => error.startsWith(want))).toBe(true)
  })

  it('takes a prefix that ends with a dash', () => {
    expect(check({ generateName: 'web-' })).toEqual([])
    expect(check({ generateName: 'Web-' })).toHaveLength(1)
  })

  it('takes names by the kind: a Service begins with a letter', () => {
    expect(check({ name: '1a' })).toEqual([])
    expect(check({ name: '1a' }, services)[0]).toContain('a DNS-1035 label must consist of')
  })
})

describe('validateMetadataUpdate', () => {
  it('lets a terminating object lose finalizers, not gain them', () => {
    const previous = meta({ deletionTimestamp: '2026-01-01T00:00:00Z', finalizers: ['a/b'] })
    const update = (finalizers: string[]) =>
      validateMetadataUpdate(configMaps as unknown as Resource, { ...previous, finalizers }, previous, at)
    expect(update([])).toEqual([])
    expect(update(['a/b', 'c/d'])).toMatchObject([{ reason: 'FieldValueForbidden', field: 'metadata.finalizers' }])
  })
})
