/**
 * The forms an answer can take: the object itself, a Table (`kubectl get`), or its metadata only.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#receiving-resources-as-tables
 */
import { notAcceptable } from '../../kube/errors.ts'
import { stringify } from '../../kube/json.ts'
import type { KubeObject } from '../../kube/object.ts'
import { apiVersionOf, type Resource } from '../../kube/resource.ts'
import { columnDefinitionsOf, rowOf } from '../../kube/table.ts'

export type MetaVersion = 'meta.k8s.io/v1' | 'meta.k8s.io/v1beta1'
export type IncludeObject = 'None' | 'Metadata' | 'Object'

export type Form =
  | { readonly as: 'Object' }
  | { readonly as: 'Table'; readonly version: MetaVersion; readonly includeObject: IncludeObject }
  | { readonly as: 'PartialObjectMetadata'; readonly version: MetaVersion }

const JSON_TYPES = new Set(['application/json', '*/*', 'application/*'])

/** The first form of `Accept` that we can give; what can't be given in JSON is passed over. */
export function negotiate(accept: string | null, includeObject: string | null): Form {
  if (accept === null || accept.trim() === '') return { as: 'Object' }
  for (const part of accept.split(',')) {
    const [type = '', ...parameters] = part.split(';').map((text) => text.trim())
    if (!JSON_TYPES.has(type.toLowerCase())) continue
    const given = new Map(parameters.map((text) => text.split('=', 2) as [string, string]))
    const as = given.get('as')
    if (as === undefined) return { as: 'Object' }
    if (given.get('g') !== 'meta.k8s.io') continue
    const version =
      given.get('v') === 'v1' ? 'meta.k8s.io/v1' : given.get('v') === 'v1beta1' ? 'meta.k8s.io/v1beta1' : undefined
    if (version === undefined) continue
    if (as === 'Table') return { as, version, includeObject: includeOf(includeObject) }
    if (as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList')
      return { as: 'PartialObjectMetadata', version }
  }
  throw notAcceptable(['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf'])
}

const includeOf = (text: string | null): IncludeObject => (text === 'None' || text === 'Object' ? text : 'Metadata')

export const partialOf = (object: KubeObject, version: MetaVersion): unknown => ({
  kind: 'PartialObjectMetadata',
  apiVersion: version,
  metadata: object.metadata,
})

interface Stored {
  /** Spliced where the form is the object itself. */
  readonly text: string
  readonly object: () => KubeObject
}

/** Text of one object by itself in a form. */
export function renderOne(form: Form, resource: Resource, row: Stored, now: number): string {
  if (form.as !== 'Table') return renderItem(form, resource, row, now)
  const { resourceVersion } = row.object().metadata
  const { head, tail } = listFrame(form, resource, { resourceVersion })
  return head + renderItem(form, resource, row, now) + tail.trimEnd()
}

/** Text of one object among the items of a list. */
export function renderItem(form: Form, resource: Resource, row: Stored, now: number): string {
  switch (form.as) {
    case 'Object':
      return row.text
    case 'PartialObjectMetadata':
      return stringify(partialOf(row.object(), form.version))
    case 'Table': {
      const { includeObject, version } = form
      return stringify(rowOf(resource, row.object(), { now, includeObject, apiVersion: version }))
    }
    default:
      return form satisfies never
  }
}

export interface ListMeta {
  readonly resourceVersion: string
  readonly continue?: string | undefined
  readonly remainingItemCount?: number | undefined
}

/** Text before and after the items of a list; items are joined by commas. */
export function listFrame(form: Form, resource: Resource, meta: ListMeta): { head: string; tail: string } {
  const metadata = stringify({
    resourceVersion: meta.resourceVersion,
    ...(meta.continue ? { continue: meta.continue } : {}),
    ...(meta.remainingItemCount === undefined ? {} : { remainingItemCount: meta.remainingItemCount }),
  })
  const begin = (kind: string, apiVersion: string) =>
    `{"kind":"${kind}","apiVersion":"${apiVersion}","metadata":${metadata},`
  switch (form.as) {
    case 'Object':
      return { head: `${begin(`${resource.kind}List`, apiVersionOf(resource))}"items":[`, tail: ']}\n' }
    case 'PartialObjectMetadata':
      return { head: `${begin('PartialObjectMetadataList', form.version)}"items":[`, tail: ']}\n' }
    case 'Table': {
      const columns = stringify(columnDefinitionsOf(resource))
      return { head: `${begin('Table', form.version)}"columnDefinitions":${columns},"rows":[`, tail: ']}\n' }
    }
    default:
      return form satisfies never
  }
}
