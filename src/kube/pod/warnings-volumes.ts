/** What is said of a Pod's volumes, though they are taken: kinds that nobody serves any more, and files over files. */
import type { FieldPath } from '../field.ts'
import type { Pod } from '../types.ts'
import { fractionWarnings } from './warnings-fractions.ts'

type Volume = NonNullable<Pod['spec']['volumes']>[number]
type Source = NonNullable<NonNullable<Volume['projected']>['sources']>[number]

const DEPRECATED = {
  photonPersistentDisk: 'deprecated in v1.11, non-functional in v1.16+',
  gitRepo: 'deprecated in v1.11',
  scaleIO: 'deprecated in v1.16, non-functional in v1.22+',
  flocker: 'deprecated in v1.22, non-functional in v1.25+',
  storageos: 'deprecated in v1.22, non-functional in v1.25+',
  quobyte: 'deprecated in v1.22, non-functional in v1.25+',
  glusterfs: 'deprecated in v1.25, non-functional in v1.26+',
  cephfs: 'deprecated in v1.28, non-functional in v1.31+',
  rbd: 'deprecated in v1.28, non-functional in v1.31+',
} as const

/** Fields that Go's paths of warnings call otherwise than JSON does. */
const CALLED: Readonly<Record<string, string>> = { storageos: 'storageOS' }

export const volumeWarnings = (volumes: readonly Volume[], at: FieldPath): string[] => [
  ...volumes.flatMap((volume, index) => [
    ...kindWarnings(volume, at.index(index)),
    ...claimWarnings(volume, at.index(index)),
  ]),
  ...volumes.flatMap(overlapWarnings),
]

/** `at`: what holds the fields that say of which kind it is; of a PersistentVolume its spec. */
export const kindWarnings = (volume: { readonly [K in keyof typeof DEPRECATED]?: unknown }, at: FieldPath): string[] =>
  Object.entries(DEPRECATED)
    .filter(([kind]) => volume[kind as keyof typeof DEPRECATED] !== undefined)
    .map(([kind, why]) => `${at.child(CALLED[kind] ?? kind)}: ${why}`)

const claimWarnings = ({ ephemeral }: Volume, at: FieldPath): string[] =>
  claimSpecWarnings(
    ephemeral?.volumeClaimTemplate?.spec,
    at.child('ephemeral').child('volumeClaimTemplate').child('spec'),
  )

interface ClaimSpec {
  readonly resources?: {
    readonly requests?: Readonly<Record<string, string | number>>
    readonly limits?: Readonly<Record<string, string | number>>
  }
}

export const claimSpecWarnings = (spec: ClaimSpec | undefined, at: FieldPath): string[] =>
  (['requests', 'limits'] as const).flatMap((field) =>
    fractionWarnings(spec?.resources?.[field], at.child('resources').child(field), ['storage']),
  )

interface File {
  readonly path: string
  /** ` (ConfigMap "a")` where several sources are in one volume. */
  readonly from: string
}

function overlapWarnings({ name, configMap, secret, downwardAPI, projected }: Volume): string[] {
  const told = (what: string, files: readonly File[]): string[] =>
    overlaps(files).map((overlap) => `volume ${JSON.stringify(name)} (${what}): overlapping paths: ${overlap}`)
  if (configMap) return told(named('ConfigMap', configMap.name), filesOf(configMap.items))
  if (secret) return told(named('Secret', secret.secretName), filesOf(secret.items))
  if (downwardAPI) return told('DownwardAPI', filesOf(downwardAPI.items))
  const sources = projected?.sources ?? []
  return [
    ...sources
      .filter((source) => Object.keys(source).length === 0)
      .map(() => `volume ${JSON.stringify(name)} (Projected) has no sources provided`),
    ...told('Projected', sources.flatMap(projectedFiles)),
  ]
}

const named = (kind: string, name: string | undefined): string => `${kind} ${JSON.stringify(name ?? '')}`

const filesOf = (items: readonly { readonly path: string }[] | undefined, from = ''): File[] =>
  (items ?? []).map(({ path }) => ({ path, from }))

function projectedFiles(source: Source): File[] {
  const { configMap, secret, downwardAPI, serviceAccountToken, clusterTrustBundle } = source
  const { name, signerName } = clusterTrustBundle ?? {}
  return [
    ...filesOf(configMap?.items, ` (${named('ConfigMap', configMap?.name)})`),
    ...filesOf(secret?.items, ` (${named('Secret', secret?.name)})`),
    ...filesOf(downwardAPI?.items, ' (DownwardAPI)'),
    ...(serviceAccountToken ? [{ path: serviceAccountToken.path, from: ' (ServiceAccountToken)' }] : []),
    ...(clusterTrustBundle
      ? [{ path: clusterTrustBundle.path, from: ` (${named('ClusterTrustBundle', name ?? signerName)})` }]
      : []),
  ]
}

/** Each file with those before it that it is, that it lies in, or that lie in it. */
const overlaps = (files: readonly File[]): string[] =>
  files.flatMap((file, index) =>
    files
      .slice(0, index)
      .filter(({ path }) => isWithin(path, file.path) || isWithin(file.path, path))
      .map((other) => `${JSON.stringify(file.path)}${file.from} with ${JSON.stringify(other.path)}${other.from}`),
  )

const isWithin = (path: string, other: string): boolean => path === other || path.startsWith(`${other}/`)
