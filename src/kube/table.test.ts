import { describe, expect, it } from 'vitest'
import { configMaps } from './resources/core/config-map.ts'
import { tableOf } from './table.ts'
import type { ConfigMap } from './types.ts'

const object: ConfigMap = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'a', namespace: 'n', uid: 'u', resourceVersion: '7', creationTimestamp: '2026-01-01T00:00:00Z' },
  data: { x: '1' },
}
const now = Date.parse('2026-01-03T01:00:00Z')
const table = (includeObject: 'None' | 'Metadata' | 'Object') =>
  tableOf(configMaps, [object], { now, includeObject, apiVersion: 'meta.k8s.io/v1', resourceVersion: '9' })

describe('tableOf', () => {
  it('prints a row an object', () => {
    expect(table('None')).toMatchObject({
      kind: 'Table',
      apiVersion: 'meta.k8s.io/v1',
      metadata: { resourceVersion: '9' },
      columnDefinitions: [{ name: 'Name', format: 'name' }, { name: 'Data' }, { name: 'Age' }],
      rows: [{ cells: ['a', 1, '2d1h'], object: null }],
    })
  })

  it('comes with as much of the object as asked for', () => {
    expect(table('Object').rows[0]?.object).toBe(object)
    expect(table('Metadata').rows[0]?.object).toEqual({
      kind: 'PartialObjectMetadata',
      apiVersion: 'meta.k8s.io/v1',
      metadata: object.metadata,
    })
  })
})
