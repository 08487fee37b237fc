import { describe, expect, it } from 'vitest'
import { FieldPath } from '../field.ts'
import type { Pod } from '../types.ts'
import { validateVolumes } from './validate-volumes.ts'

type Volume = NonNullable<Pod['spec']['volumes']>[number]

const errorsOf = (source: Omit<Volume, 'name'>): string[] => {
  const errors: Parameters<typeof validateVolumes>[2] = []
  validateVolumes([{ name: 'v', ...source }], new FieldPath('volumes'), errors)
  return errors.map(({ field, message }) => `${field}: ${message}`)
}

const MODE = 'must be a number between 0 and 0777 (octal), both inclusive'
const downward = (item: object): Omit<Volume, 'name'> => ({
  downwardAPI: { items: [{ path: 'a', ...item }] },
})
const NAME = { fieldRef: { fieldPath: 'metadata.name' } }

describe('a volume', () => {
  it.each<Omit<Volume, 'name'>>([
    { secret: { secretName: 's', defaultMode: 0o777, items: [{ key: 'a', path: 'b/c', mode: 0 }] } },
    { hostPath: { path: '/x', type: 'DirectoryOrCreate' } },
    { hostPath: { path: '/x', type: '' } },
    { emptyDir: { sizeLimit: '1Gi' } },
    { nfs: { server: 's', path: '/x' } },
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
