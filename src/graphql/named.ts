/** Objects as arguments name them: kind, namespace, name. */
import { badRequest } from '../kube/errors.ts'
import type { Key } from '../kube/object.ts'
import { resources } from '../kube/registry.ts'
import type { Resource } from '../kube/resource.ts'
import { resourceCalled } from './names.ts'

export interface Named {
  readonly kind: string
  readonly namespace?: string | null
  readonly name: string
}

export function namedResource(kind: string): Resource {
  const resource = resourceCalled(resources, kind)
  if (!resource) throw badRequest(`kind: Invalid value: ${JSON.stringify(kind)}: no such kind is served`)
  return resource
}

/** Where no namespace is named it is `default`, as for kubectl. */
export function named({ kind, namespace, name }: Named): { resource: Resource; key: Key } {
  const resource = namedResource(kind)
  if (name === '') throw badRequest('name: Required value')
  return { resource, key: { namespace: resource.scope === 'cluster' ? '' : namespace || 'default', name } }
}
