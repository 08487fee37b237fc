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
}

export interface TableRow {
  readonly cells: readonly unknown[]
  readonly object: unknown
}

export function rowOf<T extends KubeObject>(resource: Resource<T>, object: T, options: TableOptions): TableRow {
  return {
    cells: resource.columns.map((column) => column.cell(object, options.now)),
    object: shown(object, options.includeObject, options.apiVersion),
  }
}

export const columnDefinitionsOf = (resource: Resource): readonly unknown[] => resource.columns.map(definitionOf)

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
