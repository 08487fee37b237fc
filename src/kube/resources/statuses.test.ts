/** What a status may say, where that is more than that counts are none below zero. */
import { describe, expect, it } from 'vitest'
import { FieldPath, root } from '../field.ts'
import type { Namespace, PersistentVolume } from '../types.ts'
import { namespaces } from './core/namespace.ts'
import { persistentVolumes } from './core/persistent-volume.ts'
import { replicaStatusErrors } from './workloads.ts'

const shown = (errors: readonly { field: string; message: string }[]): string[] =>
  errors.map(({ field, message }) => `${field}: ${message}`)

describe('counts of replicas', () => {
  const errorsOf = (status: object, previous: object = {}) =>
    shown(replicaStatusErrors(status, previous, new FieldPath('status')))

  it.each<[object, object, string[]]>([
    [{ replicas: 3, readyReplicas: 2, availableReplicas: 1, updatedReplicas: 3 }, {}, []],
    [
      { observedGeneration: -1 },
      {},
      ['status.observedGeneration: Invalid value: -1: must be greater than or equal to 0'],
    ],
    [
      { replicas: 1, updatedReplicas: 2 },
      {},
      ['status.updatedReplicas: Invalid value: 2: cannot be greater than status.replicas'],
    ],
    [
      { replicas: 2, readyReplicas: 1, availableReplicas: 2 },
      {},
      ['status.availableReplicas: Invalid value: 2: cannot be greater than readyReplicas'],
    ],
    [{ replicas: 0 }, { collisionCount: 1 }, ['status.collisionCount: Invalid value: 0: cannot be decremented']],
  ])('%j after %j', (status, previous, want) => expect(errorsOf(status, previous)).toEqual(want))
})

describe('the phase of a Namespace', () => {
  it.each([
    { going: undefined, phase: 'Active', want: [] },
    { going: '2026-01-01T00:00:00Z', phase: 'Terminating', want: [] },
    {
      going: undefined,
      phase: 'Terminating',
      want: ['status.Phase: Invalid value: "Terminating": may only be \'Active\' if `deletionTimestamp` is empty'],
    },
    {
      going: '2026-01-01T00:00:00Z',
      phase: 'Active',
      want: ['status.Phase: Invalid value: "Active": may only be \'Terminating\' if `deletionTimestamp` is not empty'],
    },
  ])('is $phase where it goes at $going: $want', ({ going, phase, want }) => {
    const namespace = { metadata: { name: 'a', deletionTimestamp: going }, spec: {}, status: { phase } } as Namespace
    expect(shown(namespaces.validateStatus(namespace, namespace, root))).toEqual(want)
  })
})

describe('a PersistentVolume', () => {
  const errorsOf = (spec: PersistentVolume['spec']) =>
    shown(
      persistentVolumes.validate(
        {
          metadata: { name: 'a' },
          spec: { accessModes: ['ReadWriteOnce'], capacity: { storage: '1Gi' }, ...spec },
        } as PersistentVolume,
        root,
      ),
    )

  it.each<[PersistentVolume['spec'], string]>([
    [{ local: { path: '/a' } }, 'spec.nodeAffinity: Required value: Local volume requires node affinity'],
    [
      { local: { path: '/a' }, nodeAffinity: { required: { nodeSelectorTerms: [] } } },
      'spec.nodeAffinity.required.nodeSelectorTerms: Required value: must have at least one node selector term',
    ],
    [{ iscsi: { targetPortal: 'a', iqn: 'x', lun: 0 } }, 'spec.iscsi.iqn: Invalid value: "x": must be valid format'],
    [{ fc: {} }, 'spec.fc.targetWWNs: Required value: must specify either targetWWNs or wwids, but not both'],
    [
      { hostPath: { path: '/a', type: 'Pipe' as 'File' } },
      expect.stringMatching(/^spec\.hostPath\.type: Unsupported value: "Pipe"/),
    ],
  ])('%j is refused', (spec, want) => expect(errorsOf(spec)).toContainEqual(want))
})
