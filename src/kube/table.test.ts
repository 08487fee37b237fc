import { describe, expect, it } from 'vitest'
import type { Resource } from './resource.ts'
import { configMaps } from './resources/core/config-map.ts'
import { columnDefinitionsOf, rowOf } from './table.ts'
import type { ConfigMap } from './types.ts'

const object: ConfigMap = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'a', namespace: 'n', uid: 'u', resourceVersion: '7', creationTimestamp: '2026-01-01T00:00:00Z' },
  data: { x: '1' },
}
const now = Date.parse('2026-01-03T01:00:00Z')
const row = (includeObject: 'None' | 'Metadata' | 'Object') =>
  rowOf(configMaps, object, { now, includeObject, apiVersion: 'meta.k8s.io/v1' })

describe('a Table', () => {
  it('has a row an object, with a cell a column', () => {
    expect(columnDefinitionsOf(configMaps as unknown as Resource)).toMatchObject([
      { name: 'Name', format: 'name' },
      { name: 'Data' },
      { name: 'Age' },
    ])
    expect(row('None')).toEqual({ cells: ['a', 1, '2d1h'], object: null })
  })

  it('comes with as much of the object as asked for', () => {
    expect(row('Object').object).toBe(object)
    expect(row('Metadata').object).toEqual({
      kind: 'PartialObjectMetadata',
      apiVersion: 'meta.k8s.io/v1',
      metadata: object.metadata,
    })
  })
})
