/** Rules of volumes: k8s.io/kubernetes pkg/apis/core/validation (ValidateVolumes). */
import {
  duplicate,
  type FieldError,
  type FieldPath,
  forbiddenField,
  invalidEach,
  invalidValue,
  required,
} from '../field.ts'
import { annotationErrors, labelErrors } from '../metadata.ts'
import { dnsLabelErrors, dnsSubdomainErrors } from '../names.ts'
import { compareQuantities } from '../quantity.ts'
import { claimErrors } from '../resources/core/claim-spec.ts'
import { driverNameErrors } from '../resources/storage/driver-name.ts'
import type { Pod } from '../types.ts'
import { validateProjected } from './validate-projected.ts'
import { named } from './validate-values.ts'
import { downwardErrors, itemErrors, modeErrors } from './validate-volume-files.ts'
import {
  azureDiskErrors,
  cinderErrors,
  fcErrors,
  flexErrors,
  flockerErrors,
  gitErrors,
  hostPathErrors,
  iscsiErrors,
  nfsErrors,
  partitionErrors,
  portalError,
  quobyteErrors,
  scaleIoErrors,
  storageOsErrors,
} from './volume-sources.ts'

type Volume = NonNullable<Pod['spec']['volumes']>[number]
type Kind = Exclude<keyof Volume, 'name' | 'image'>
type Rules = { readonly [K in Kind]: (source: NonNullable<Volume[K]>, at: FieldPath) => FieldError[] }

const NONE = (): FieldError[] => []
const filesErrors = (
  source: {
    readonly defaultMode?: number
    readonly items?: readonly { readonly path?: string; readonly mode?: number }[]
  },
  at: FieldPath,
): FieldError[] => [
  ...modeErrors(source.defaultMode, at.child('defaultMode')),
  ...itemErrors(source.items ?? [], at.child('items')),
]

/** In the order in which Kubernetes looks for them: of several the first is judged, and the others are one too many. */
const RULES: Rules = {
  emptyDir: ({ sizeLimit }, at) =>
    sizeLimit !== undefined && compareQuantities(sizeLimit, '0') < 0
      ? [forbiddenField(at.child('sizeLimit'), 'SizeLimit field must be a valid resource quantity')]
      : [],
  hostPath: hostPathErrors,
  gitRepo: gitErrors,
  gcePersistentDisk: partitionErrors,
  awsElasticBlockStore: partitionErrors,
  secret: (source, at) => [
    ...(source.secretName ? [] : [required(at.child('secretName'))]),
    ...filesErrors(source, at),
  ],
  nfs: nfsErrors,
  iscsi: (source, at) => iscsiErrors(source, at, true),
  glusterfs: NONE,
  flocker: flockerErrors,
  persistentVolumeClaim: NONE,
  rbd: NONE,
  cinder: cinderErrors,
  cephfs: NONE,
  quobyte: quobyteErrors,
  downwardAPI: ({ defaultMode, items = [] }, at) => [
    ...modeErrors(defaultMode, at.child('defaultMode')),
    ...items.flatMap((file) => downwardErrors(file, at)),
  ],
  fc: fcErrors,
  flexVolume: flexErrors,
  configMap: (source, at) => [...(source.name ? [] : [required(at.child('name'))]), ...filesErrors(source, at)],
  azureFile: NONE,
  vsphereVolume: NONE,
  photonPersistentDisk: NONE,
  portworxVolume: NONE,
  azureDisk: azureDiskErrors,
  storageos: storageOsErrors,
  projected(source, at) {
    const errors: FieldError[] = []
    validateProjected(source, at, errors)
    return errors
  },
  scaleIO: scaleIoErrors,
  csi: ({ driver, nodePublishSecretRef: secret }, at) => [
    ...driverNameErrors(driver, at.child('driver')),
    ...(secret && !secret.name ? [required(at.child('nodePublishSecretRef').child('name'))] : []),
    ...(secret?.name ? invalidEach(at.child('name'), secret.name, dnsSubdomainErrors(secret.name)) : []),
  ],
  ephemeral: ephemeralErrors,
}

// The table has a rule for each kind.
const KINDS = Object.keys(RULES) as readonly Kind[]

/** As Kubernetes spells them, where that is not the field's name. */
const SPELT: Partial<Record<Kind, string>> = { cephfs: 'cephFS', downwardAPI: 'downwarAPI' }
const JUDGED_AS: Partial<Record<Kind, string>> = { gcePersistentDisk: 'persistentDisk' }

/**
 * Answers the volumes that are right, by name, for mounts to be checked against. `podName`: of a Pod, whose claims are
 * named after it; a template's Pods have no name yet.
 */
export function validateVolumes(
  volumes: readonly Volume[],
  { at, podName }: { readonly at: FieldPath; readonly podName: string },
  errors: FieldError[],
): ReadonlyMap<string, Volume> {
  const right = new Map<string, Volume>()
  const claims = new Set(
    volumes.filter(({ ephemeral }) => ephemeral && podName).map(({ name }) => `${podName}-${name}`),
  )
  for (const [index, volume] of volumes.entries()) {
    const here = at.index(index)
    const found = [...sourceErrors(volume, here), ...claimNameErrors(volume, podName, here)]
    named(volume.name, here.child('name'), dnsLabelErrors, found)
    if (right.has(volume.name)) found.push(duplicate(here.child('name'), volume.name))
    if (found.length === 0 && volume.name) right.set(volume.name, volume)
    errors.push(...found)
    const claimName = volume.persistentVolumeClaim?.claimName
    if (claimName && claims.has(claimName))
      errors.push(
        invalidValue(
          here.child('persistentVolumeClaim').child('claimName'),
          claimName,
          'must not reference a PVC that gets created for an ephemeral volume',
        ),
      )
  }
  return right
}

function sourceErrors(volume: Volume, at: FieldPath): FieldError[] {
  const [first, ...others] = KINDS.filter((kind) => volume[kind] !== undefined)
  if (first === undefined) return [required(at, 'must specify a volume type')]
  const errors = ruleErrors(first, volume, at.child(JUDGED_AS[first] ?? first))
  for (const other of others)
    errors.push(forbiddenField(at.child(SPELT[other] ?? other), 'may not specify more than 1 volume type'))
  const tooLong = volume.iscsi && portalError(volume.name, volume.iscsi)
  if (tooLong) errors.push(invalidValue(at.child('name'), volume.name, tooLong))
  return errors
}

function ruleErrors<K extends Kind>(kind: K, volume: Volume, at: FieldPath): FieldError[] {
  const source = volume[kind]
  return source ? RULES[kind](source as NonNullable<Volume[K]>, at) : []
}

/** A claim made for a volume of this Pod is named after both. */
function claimNameErrors({ name, ephemeral }: Volume, podName: string, at: FieldPath): FieldError[] {
  if (!ephemeral || !podName || !name) return []
  const claim = `${podName}-${name}`
  return dnsSubdomainErrors(claim).map((why) =>
    invalidValue(at.child('name'), name, `PVC name ${JSON.stringify(claim)}: ${why}`),
  )
}

const OF_TEMPLATE = new Set(['annotations', 'labels'])

/** Of the claim that is made only labels and annotations can be given. */
function ephemeralErrors(
  { volumeClaimTemplate: template }: NonNullable<Volume['ephemeral']>,
  at: FieldPath,
): FieldError[] {
  const here = at.child('volumeClaimTemplate')
  if (!template) return [required(here)]
  const { metadata = {}, spec = {} } = template
  const where = here.child('metadata')
  return [
    ...annotationErrors(metadata.annotations, where.child('annotations')),
    ...labelErrors(metadata.labels, where.child('labels')),
    ...Object.keys(metadata)
      .filter((field) => !OF_TEMPLATE.has(field))
      .map((field) => forbiddenField(where.child(field), 'cannot be set')),
    ...claimErrors(spec, here.child('spec')),
  ]
}
