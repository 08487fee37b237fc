/**
 * Tables, the form `kubectl get` asks for: https://kubernetes.io/docs/reference/using-api/api-concepts/#receiving-resources-as-tables
 */
import type { KubeObject } from './object.ts'
import type { Column, Resource } from './resource.ts'

export interface TableOptions {
  /** Milliseconds since the epoch, for ages. */
  readonly now: number
  readonly includeObject: 'None' | 'Metadata' | 'Object'
  readonly apiVersion: 'meta.k8s.io/v1' | 'meta.k8s.io/v1beta1'
  readonly resourceVersion: string
  readonly continue?: string | undefined
  readonly remainingItemCount?: number | undefined
  /** False in a watch after its first event, where the client knows them. */
  readonly withColumns?: boolean
}

export interface Table {
  readonly kind: 'Table'
  readonly apiVersion: TableOptions['apiVersion']
  readonly metadata: {
    readonly resourceVersion: string
    readonly continue?: string
    readonly remainingItemCount?: number
  }
  readonly columnDefinitions: readonly unknown[] | null
  readonly rows: readonly { readonly cells: readonly unknown[]; readonly object: unknown }[]
}

export function tableOf<T extends KubeObject>(
  resource: Resource<T>,
  objects: readonly T[],
  options: TableOptions,
): Table {
  const { now, includeObject, apiVersion, resourceVersion, remainingItemCount, withColumns = true } = options
  return {
    kind: 'Table',
    apiVersion,
    metadata: {
      resourceVersion,
      ...(options.continue ? { continue: options.continue } : {}),
      ...(remainingItemCount === undefined ? {} : { remainingItemCount }),
    },
    columnDefinitions: withColumns ? resource.columns.map(definitionOf) : null,
    rows: objects.map((object) => ({
      cells: resource.columns.map((column) => column.cell(object, now)),
      object: shown(object, includeObject, apiVersion),
    })),
  }
}

const definitionOf = <T>({ name, type, format, description, priority }: Column<T>) => ({
  name,
  type,
  format,
  description,
  priority,
})

function shown(object: KubeObject, include: TableOptions['includeObject'], apiVersion: string): unknown {
  switch (include) {
    case 'None':
      return null
    case 'Metadata':
      return { kind: 'PartialObjectMetadata', apiVersion, metadata: object.metadata }
    case 'Object':
      return object
    default:
      return include satisfies never
  }
}
