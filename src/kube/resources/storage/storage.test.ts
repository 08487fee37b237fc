import { describe, expect, it } from 'vitest'
import { refusals, updateRefusals } from '../testing.ts'
import { csiDrivers } from './csi-driver.ts'
import { csiNodes } from './csi-node.ts'
import { csiStorageCapacities } from './csi-storage-capacity.ts'
import { storageClasses } from './storage-class.ts'
import { volumeAttachments } from './volume-attachment.ts'

describe('StorageClass', () => {
  const provisioner = 'example.com/disk'

  it.each([
    { what: 'no provisioner', given: {}, want: ['provisioner: Required value'] },
    {
      what: 'a policy of volumes only',
      given: { provisioner, reclaimPolicy: 'Recycle' },
      want: ['reclaimPolicy: Unsupported value: "Recycle": supported values: "Delete", "Retain"'],
    },
    {
      what: 'a topology without values, and one key twice',
      given: {
        provisioner,
        allowedTopologies: [
          {
            matchLabelExpressions: [
              { key: 'zone', values: [] },
              { key: 'zone', values: ['a'] },
            ],
          },
        ],
      },
      want: [
        'allowedTopologies[0].matchLabelExpressions[0].values: Required value',
        'allowedTopologies[0].matchLabelExpressions[1].key: Duplicate value: "zone"',
      ],
    },
  ])('is refused for $what', ({ given, want }) => expect(refusals(storageClasses, given)).toEqual(want))

  it('makes volumes always in the same way', () => {
    const from = { provisioner, parameters: { a: 'b' } }
    const to = { provisioner: 'other', reclaimPolicy: 'Retain', volumeBindingMode: 'WaitForFirstConsumer' }
    expect(updateRefusals(storageClasses, from, { ...from, allowVolumeExpansion: true })).toEqual([])
    expect(updateRefusals(storageClasses, from, to)).toEqual([
      'parameters: Forbidden: updates to parameters are forbidden.',
      'provisioner: Forbidden: updates to provisioner are forbidden.',
      'reclaimPolicy: Forbidden: updates to reclaimPolicy are forbidden.',
      'volumeBindingMode: Invalid value: "WaitForFirstConsumer": field is immutable',
    ])
  })
})

describe('CSIDriver', () => {
  it('is refused for audiences that repeat, and modes that there are not', () => {
    const spec = { tokenRequests: [{ audience: 'a' }, { audience: 'a' }], volumeLifecycleModes: ['Eternal'] }
    expect(refusals(csiDrivers, { spec })).toEqual([
      'spec.tokenRequests[1].audience: Duplicate value: "a"',
      'spec.volumeLifecycleModes: Unsupported value: "Eternal": supported values: "Ephemeral", "Persistent"',
    ])
  })

  it('keeps whether it attaches', () =>
    expect(updateRefusals(csiDrivers, { spec: {} }, { spec: { attachRequired: false } })).toEqual([
      'spec.attachedRequired: Invalid value: false: field is immutable',
    ]))
})

describe('CSINode', () => {
  const node = (...drivers: object[]) => ({ spec: { drivers } })
  const driver = { name: 'csi.example.com', nodeID: 'n-1' }

  it('is refused for drivers that repeat, or say what they do not mean', () => {
    expect(refusals(csiNodes, node(driver, driver))).toEqual([
      'spec.drivers[1].name: Duplicate value: "csi.example.com"',
    ])
    expect(refusals(csiNodes, node({ ...driver, nodeID: 'x'.repeat(193), topologyKeys: ['a', 'a'] }))).toEqual([
      expect.stringMatching(/^spec\.drivers\[0\]\.nodeID: .*must be 192 characters or less$/),
      'spec.drivers[0]: Duplicate value: "a"',
    ])
  })

  it('loses and gets drivers, and changes none', () => {
    expect(updateRefusals(csiNodes, node(driver), node({ ...driver, name: 'other' }))).toEqual([])
    expect(updateRefusals(csiNodes, node(driver), node({ ...driver, nodeID: 'n-2' }))).toHaveLength(1)
  })
})

describe('CSIStorageCapacity', () => {
  it('is of one class and one place', () => {
    const from = { storageClassName: 'a', capacity: '1Gi' }
    expect(updateRefusals(csiStorageCapacities, from, { ...from, capacity: '2Gi' })).toEqual([])
    expect(updateRefusals(csiStorageCapacities, from, { storageClassName: 'b' })).toEqual([
      'storageClassName: Invalid value: "b": field is immutable',
    ])
  })
})

describe('VolumeAttachment', () => {
  const attach = (source: object) => ({ spec: { attacher: 'csi.example.com', nodeName: 'n', source } })
  const csi = { driver: 'csi.example.com', volumeHandle: 'v' }

  it.each([
    {
      what: 'no source',
      source: {},
      want: ['spec.source: Required value: must specify exactly one of inlineVolumeSpec and persistentVolumeName'],
    },
    {
      what: 'two sources',
      source: { persistentVolumeName: 'a', inlineVolumeSpec: { csi } },
      want: ['spec.source: Forbidden: must specify exactly one of inlineVolumeSpec and persistentVolumeName'],
    },
    {
      what: 'a claim of an inline volume',
      source: { inlineVolumeSpec: { csi, accessModes: ['ReadWriteOnce'], claimRef: { name: 'a' } } },
      want: ['spec.source.inlineVolumeSpec.claimRef: Forbidden: may not be specified in the context of inline volumes'],
    },
  ])('is refused for $what', ({ source, want }) => expect(refusals(volumeAttachments, attach(source))).toEqual(want))

  it('stays as it was made', () =>
    expect(
      updateRefusals(volumeAttachments, attach({ persistentVolumeName: 'a' }), attach({ persistentVolumeName: 'b' })),
    ).toEqual([expect.stringMatching(/^spec: Invalid value: .*: field is immutable$/)]))
})
