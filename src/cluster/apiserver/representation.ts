/** The text of objects and lists in each form that a client may ask for. */
import { type Form, partialOf } from '../../kube/form.ts'
import { stringify } from '../../kube/json.ts'
import type { KubeObject } from '../../kube/object.ts'
import { apiVersionOf, type Resource } from '../../kube/resource.ts'
import { columnDefinitionsOf, rowOf } from '../../kube/table.ts'

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
  /** '' where what is listed has none. */
  readonly resourceVersion: string
  readonly continue?: string | undefined
  readonly remainingItemCount?: number | undefined
}

/** Text before and after the items of a list; items are joined by commas. */
export function listFrame(form: Form, resource: Resource, meta: ListMeta): { head: string; tail: string } {
  const metadata = stringify({
    ...(meta.resourceVersion ? { resourceVersion: meta.resourceVersion } : {}),
    ...(meta.continue ? { continue: meta.continue } : {}),
    ...(meta.remainingItemCount === undefined ? {} : { remainingItemCount: meta.remainingItemCount }),
  })
  const begin = (kind: string, apiVersion: string) =>
    `{"kind":"${kind}","apiVersion":"${apiVersion}","metadata":${metadata},`
  switch (form.as) {
    case 'Object':
      return { head: `${begin(resource.listKind, apiVersionOf(resource))}"items":[`, tail: ']}\n' }
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
