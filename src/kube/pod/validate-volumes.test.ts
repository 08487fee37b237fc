import { describe, expect, it } from 'vitest'
import { FieldPath } from '../field.ts'
import type { Pod } from '../types.ts'
import { validateVolumes } from './validate-volumes.ts'

type Volume = NonNullable<Pod['spec']['volumes']>[number]

const errorsOf = (source: Omit<Volume, 'name'>): string[] => {
  const errors: Parameters<typeof validateVolumes>[2] = []
  validateVolumes([{ name: 'v', ...source }], { at: new FieldPath('volumes'), podName: 'p' }, errors)
  return errors.map(({ field, message }) => `${field}: ${message}`)
}

const MODE = 'must be a number between 0 and 0777 (octal), both inclusive'
const downward = (item: object): Omit<Volume, 'name'> => ({
  downwardAPI: { items: [{ path: 'a', ...item }] },
})
const CLAIM = { accessModes: ['ReadWriteOnce' as const], resources: { requests: { storage: '1Gi' } } }
const NAME = { fieldRef: { fieldPath: 'metadata.name' } }

describe('a volume', () => {
  it.each<Omit<Volume, 'name'>>([
    { secret: { secretName: 's', defaultMode: 0o777, items: [{ key: 'a', path: 'b/c', mode: 0 }] } },
    { hostPath: { path: '/x', type: 'DirectoryOrCreate' } },
    { hostPath: { path: '/x', type: '' } },
    { emptyDir: { sizeLimit: '1Gi' } },
    { nfs: { server: 's', path: '/x' } },
    { iscsi: { targetPortal: '10.0.0.1', iqn: 'iqn.2001-04.com.example:storage.disk2', lun: 255 } },
    { fc: { targetWWNs: ['a'], lun: 0 } },
    { flexVolume: { driver: 'd', options: { 'example.com/a': 'b', kubernetes: 'c' } } },
    { quobyte: { registry: 'a:1,[::1]:2', volume: 'v' } },
    { azureDisk: { diskName: 'd', diskURI: 'https://a/b', kind: 'Shared', cachingMode: 'ReadOnly' } },
    { csi: { driver: 'Example.com' } },
    { ephemeral: { volumeClaimTemplate: { metadata: { labels: { a: 'b' } }, spec: CLAIM } } },
    downward(NAME),
    downward({ fieldRef: { fieldPath: "metadata.labels['example.com/a']" } }),
    downward({ resourceFieldRef: { containerName: 'c', resource: 'limits.cpu' } }),
    downward({ resourceFieldRef: { containerName: 'c', resource: 'requests.hugepages-2Mi' } }),
    {
      projected: {
        sources: [
          { serviceAccountToken: { path: 'token', expirationSeconds: 3607 } },
          { configMap: { name: 'ca', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
          { downwardAPI: { items: [{ path: 'namespace', fieldRef: { fieldPath: 'metadata.namespace' } }] } },
        ],
      },
    },
  ])('%o is right', (source) => {
    expect(errorsOf(source)).toEqual([])
  })

  it.each<[Omit<Volume, 'name'>, string]>([
    [{ secret: { secretName: 's', defaultMode: 512 } }, `secret.defaultMode: Invalid value: 512: ${MODE}`],
    [{ configMap: { name: 'c', defaultMode: -1 } }, `configMap.defaultMode: Invalid value: -1: ${MODE}`],
    [{ downwardAPI: { defaultMode: 512 } }, `downwardAPI.defaultMode: Invalid value: 512: ${MODE}`],
    [{ projected: { defaultMode: 512, sources: [] } }, `projected.defaultMode: Invalid value: 512: ${MODE}`],
    [
      { secret: { secretName: 's', items: [{ key: 'a', path: '/a' }] } },
      'secret.items[0].path: Invalid value: "/a": must be a relative path',
    ],
    [
      { configMap: { name: 'c', items: [{ key: 'a', path: '..a' }] } },
      'configMap.items[0].path: Invalid value: "..a": must not start with \'..\'',
    ],
    [{ nfs: { server: 's', path: 'x' } }, 'nfs.path: Invalid value: "x": must be an absolute path'],
    [{ hostPath: { path: '/a/../b' } }, 'hostPath.path: Invalid value: "/a/../b": must not contain \'..\''],
    [
      { hostPath: { path: '/a', type: 'Pipe' as 'File' } },
      'hostPath.type: Unsupported value: "Pipe": supported values: "", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"',
    ],
    [
      { emptyDir: { sizeLimit: '-1' } },
      'emptyDir.sizeLimit: Forbidden: SizeLimit field must be a valid resource quantity',
    ],
    [{ nfs: { server: 's', path: '' } }, 'nfs.path: Required value'],
    [
      { iscsi: { targetPortal: 'a', iqn: 'iqn.x', lun: 256 } },
      'iscsi.lun: Invalid value: 256: must be between 0 and 255, inclusive',
    ],
    [{ iscsi: { targetPortal: 'a', iqn: 'iqn.x', lun: 0 } }, 'iscsi.iqn: Invalid value: "iqn.x": must be valid format'],
    [
      { iscsi: { targetPortal: 'a', iqn: 'x', lun: 0 } },
      'iscsi.iqn: Invalid value: "x": must be valid format starting with iqn, eui, or naa',
    ],
    [{ iscsi: { targetPortal: 'a', iqn: 'x', lun: 0, chapAuthSession: true } }, 'iscsi.secretRef: Required value'],
    [
      { iscsi: { targetPortal: 'a'.repeat(63), iqn: 'x', lun: 0, initiatorName: 'y' } },
      'name: Invalid value: "v": Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified.',
    ],
    [{ fc: {} }, 'fc.targetWWNs: Required value: must specify either targetWWNs or wwids, but not both'],
    [{ fc: { targetWWNs: ['a'] } }, 'fc.lun: Required value: lun is required if targetWWNs is specified'],
    [{ flocker: {} }, 'flocker: Required value: one of datasetName and datasetUUID is required'],
    [
      { gcePersistentDisk: { pdName: 'a', partition: 256 } },
      'persistentDisk.partition: Invalid value: 256: must be between 1 and 255, inclusive',
    ],
    [
      { flexVolume: { driver: 'd', options: { 'a.k8s.io/b': 'c' } } },
      'flexVolume.options[a.k8s.io/b]: Invalid value: "a.k8s.io/b": kubernetes.io and k8s.io namespaces are reserved',
    ],
    [
      { quobyte: { registry: 'a', volume: 'v' } },
      'quobyte.registry: Invalid value: "a": must be a host:port pair or multiple pairs separated by commas',
    ],
    [
      { azureDisk: { diskName: 'd', diskURI: 'x', kind: 'Dedicated' } },
      'azureDisk.diskURI: Unsupported value: "x": supported values: "https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd"',
    ],
    [{ storageos: {} }, 'storageos.volumeName: Required value'],
    [{ csi: { driver: '' } }, 'csi.driver: Required value'],
    [{ csi: { driver: 'a', nodePublishSecretRef: {} } }, 'csi.nodePublishSecretRef.name: Required value'],
    [
      { gitRepo: { repository: 'r', directory: '/a' } },
      'gitRepo.directory: Invalid value: "/a": must be a relative path',
    ],
    [{ secret: { secretName: 's' }, emptyDir: {} }, 'secret: Forbidden: may not specify more than 1 volume type'],
    [{ emptyDir: {}, downwardAPI: {} }, 'downwarAPI: Forbidden: may not specify more than 1 volume type'],
    [
      { ephemeral: { volumeClaimTemplate: { spec: { ...CLAIM, accessModes: [] } } } },
      'ephemeral.volumeClaimTemplate.spec.accessModes: Required value: at least 1 access mode is required',
    ],
    [
      { ephemeral: { volumeClaimTemplate: { metadata: { name: 'a' }, spec: CLAIM } } },
      'ephemeral.volumeClaimTemplate.metadata.name: Forbidden: cannot be set',
    ],
    [
      downward({ resourceFieldRef: { containerName: 'c', resource: 'limits.cpu', divisor: '2' } }),
      'downwardAPI.resourceFieldRef.divisor: Invalid value: "limits.cpu": only divisor\'s values 1m and 1 are supported with the cpu resource',
    ],
    [{ ephemeral: {} }, 'ephemeral.volumeClaimTemplate: Required value'],
    [downward({ ...NAME, path: '/a' }), 'downwardAPI.path: Invalid value: "/a": must be a relative path'],
    [downward({ ...NAME, path: 'a/../b' }), 'downwardAPI.path: Invalid value: "a/../b": must not contain \'..\''],
    [downward({}), 'downwardAPI: Required value: one of fieldRef and resourceFieldRef is required'],
    [
      downward({ fieldRef: { fieldPath: 'status.podIP' } }),
      'downwardAPI.fieldRef.fieldPath: Unsupported value: "status.podIP": supported values: "metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid"',
    ],
    [
      downward({ fieldRef: { fieldPath: 'spec.x' } }),
      'downwardAPI.fieldRef.fieldPath: Invalid value: "spec.x": error converting fieldPath: field label not supported: spec.x',
    ],
    [
      downward({ resourceFieldRef: { containerName: 'c', resource: 'limits.gpu' } }),
      'downwardAPI.resourceFieldRef.resource: Unsupported value: "limits.gpu": supported values: "limits.cpu", "limits.ephemeral-storage", "limits.memory", "requests.cpu", "requests.ephemeral-storage", "requests.memory"',
    ],
    [
      downward({ resourceFieldRef: { resource: 'limits.cpu' } }),
      'downwardAPI.resourceFieldRef.containerName: Required value',
    ],
    [
      { projected: { sources: [{ secret: { name: 's' }, configMap: { name: 'c' } }] } },
      'projected.sources[0]: Forbidden: may not specify more than 1 volume type per source',
    ],
    [
      { projected: { sources: [{ serviceAccountToken: { path: 't', expirationSeconds: 5 } }] } },
      'projected.sources[0].serviceAccountToken.expirationSeconds: Invalid value: 5: may not specify a duration less than 10 minutes',
    ],
    [
      { projected: { sources: ['a', 'b'].map((name) => ({ secret: { name, items: [{ key: 'k', path: 'p' }] } })) } },
      'projected: Invalid value: "b": conflicting duplicate paths',
    ],
  ])('%o is refused', (source, want) => {
    expect(errorsOf(source)).toContain(`volumes[0].${want}`)
  })
})

describe('volumes of a Pod', () => {
  const errorsOfAll = (volumes: Volume[], podName = 'p') => {
    const errors: Parameters<typeof validateVolumes>[2] = []
    const right = validateVolumes(volumes, { at: new FieldPath('volumes'), podName }, errors)
    return [[...right.keys()], errors.map(({ field, message }) => `${field}: ${message}`)]
  }
  const ephemeral = { volumeClaimTemplate: { spec: CLAIM } }

  it('can be mounted if they are right', () =>
    expect(errorsOfAll([{ name: 'a', emptyDir: {} }, { name: 'b' }])).toEqual([
      ['a'],
      ['volumes[1]: Required value: must specify a volume type'],
    ]))

  it('have names of their own', () =>
    expect(
      errorsOfAll([
        { name: 'a', emptyDir: {} },
        { name: 'a', emptyDir: {} },
      ]),
    ).toEqual([['a'], ['volumes[1].name: Duplicate value: "a"']]))

  it('name no claim that is made for another', () =>
    expect(
      errorsOfAll([
        { name: 'a', ephemeral },
        { name: 'b', persistentVolumeClaim: { claimName: 'p-a' } },
      ])[1],
    ).toEqual([
      'volumes[1].persistentVolumeClaim.claimName: Invalid value: "p-a": must not reference a PVC that gets created for an ephemeral volume',
    ]))

  it('are named so that the claims made for them have names', () =>
    expect(errorsOfAll([{ name: 'a', ephemeral }], 'p'.repeat(252))[1]).toEqual([
      expect.stringMatching(
        /^volumes\[0\]\.name: Invalid value: "a": PVC name "p+-a": must be no more than 253 characters$/,
      ),
    ]))
})
