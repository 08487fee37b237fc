import { expect, it } from 'vitest'
import { FieldPath } from '../../field.ts'
import type { PersistentVolumeClaim } from '../../types.ts'
import { claimErrors } from './claim-spec.ts'

type Spec = PersistentVolumeClaim['spec']

const CLAIM = { kind: 'PersistentVolumeClaim', name: 'a' }

it.each<[Spec, string[]]>([
  [{ dataSource: CLAIM, dataSourceRef: CLAIM }, []],
  [{ dataSourceRef: { ...CLAIM, namespace: 'n' } }, []],
  [
    { dataSource: CLAIM, dataSourceRef: { ...CLAIM, name: 'b' } },
    ['spec: Invalid value: spec.dataSource: must match dataSourceRef'],
  ],
  [
    { dataSource: CLAIM, dataSourceRef: { ...CLAIM, namespace: 'n' } },
    ['spec: Invalid value: spec.dataSource: may not be specified when dataSourceRef.namespace is specified'],
  ],
  [
    { dataSourceRef: { apiGroup: '-', kind: 'A', name: 'a' } },
    [expect.stringMatching(/^spec\.dataSourceRef\.apiGroup: Invalid value: "-": a lowercase RFC 1123 subdomain/)],
  ],
])('a claim of %j', (fields, want) => {
  const spec: Spec = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, ...fields }
  const errors = claimErrors(spec, new FieldPath('spec'))
  expect(errors.map(({ field, message }) => `${field}: ${message}`)).toEqual(want)
})
