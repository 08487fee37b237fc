/** A write as those who judge it want to see it: in the version of its objects that they have named. */
import type { Attributes } from '../../../kube/admission/attributes.ts'
import type { KubeObject } from '../../../kube/object.ts'
import type { Resource } from '../../../kube/resource.ts'
import { served, stored } from '../../../store/served.ts'

/** Throws CalloutsNeeded where a webhook converts. */
export function inVersion(attributes: Attributes, version: Resource): Attributes {
  const { resource, kind, object, oldObject } = attributes
  if (version === resource) return attributes
  // A subresource's own kind of object (a Scale) is the same in all versions.
  if (kind.kind !== resource.kind) return { ...attributes, resource: version }
  const converted = (one: KubeObject | undefined) => one && served(version, stored(resource, one))
  return {
    ...attributes,
    resource: version,
    kind: { group: version.group, version: version.version, kind: version.kind },
    object: converted(object),
    oldObject: converted(oldObject),
  }
}
