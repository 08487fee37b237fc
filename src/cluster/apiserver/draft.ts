/** Objects that the cluster itself makes. */
import type { KubeObject, ObjectMeta } from '../../kube/object.ts'
import { apiVersionOf, type Resource } from '../../kube/resource.ts'

/** The store fills in the rest of the metadata; the fields given are what the kind requires. */
export function draftOf<T extends KubeObject>(
  resource: Resource<T>,
  name: string,
  fields: Partial<T> | Record<string, unknown>,
): T {
  return {
    apiVersion: apiVersionOf(resource),
    kind: resource.kind,
    metadata: { name } as ObjectMeta,
    ...fields,
  } as unknown as T
}
