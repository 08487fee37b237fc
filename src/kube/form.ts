/**
 * The forms an answer can take: the object itself, a Table (`kubectl get`), or its metadata only.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#receiving-resources-as-tables
 */
import { badRequest, notAcceptable } from './errors.ts'
import type { KubeObject } from './object.ts'

export type MetaVersion = 'meta.k8s.io/v1' | 'meta.k8s.io/v1beta1'
export type IncludeObject = 'None' | 'Metadata' | 'Object'

export type Form =
  | { readonly as: 'Object' }
  | { readonly as: 'Table'; readonly version: MetaVersion; readonly includeObject: IncludeObject }
  | { readonly as: 'PartialObjectMetadata'; readonly version: MetaVersion }

const JSON_TYPES = new Set(['application/json', '*/*', 'application/*'])

/**
 * The first form of `Accept` that we can give; what can't be given in JSON is passed over. Of what is not kept there is but
 * the object (`forms`). Throws 406.
 */
export function negotiate(accept: string | null, includeObject: string | null, forms: 'all' | 'object' = 'all'): Form {
  if (accept === null || accept.trim() === '') return { as: 'Object' }
  for (const part of accept.split(',')) {
    const [type = '', ...parameters] = part.split(';').map((text) => text.trim())
    if (!JSON_TYPES.has(type.toLowerCase())) continue
    const given = new Map(parameters.map((text) => text.split('=', 2) as [string, string]))
    const as = given.get('as')
    if (as === undefined) return { as: 'Object' }
    if (forms === 'object' || given.get('g') !== 'meta.k8s.io') continue
    const version =
      given.get('v') === 'v1' ? 'meta.k8s.io/v1' : given.get('v') === 'v1beta1' ? 'meta.k8s.io/v1beta1' : undefined
    if (version === undefined) continue
    if (as === 'Table') return { as, version, includeObject: includeOf(includeObject) }
    if (as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList')
      return { as: 'PartialObjectMetadata', version }
  }
  throw notAcceptable(['application/json', 'application/yaml'])
}

function includeOf(text: string | null): IncludeObject {
  if (text === null || text === '') return 'Metadata'
  if (text === 'None' || text === 'Object' || text === 'Metadata') return text
  const why = "must be 'Metadata', 'Object', 'None', or empty"
  throw badRequest(
    `Unable to convert to Table as requested: includeObject: Invalid value: ${JSON.stringify(text)}: ${why}`,
  )
}

export const partialOf = (object: Pick<KubeObject, 'metadata'>, version: MetaVersion): unknown => ({
  kind: 'PartialObjectMetadata',
  apiVersion: version,
  metadata: object.metadata,
})
