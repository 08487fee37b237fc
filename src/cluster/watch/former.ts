/**
 * The kind of a watch that outlived its definition: the object slept, and when it wakes nobody serves what the watch asked
 * for. What it has not been told yet, the deletions of all that the definition had made, is told in the kind's last form.
 */

import type { CustomResourceDefinition } from '../../kube/custom/definition.ts'
import { type Converter, customResources } from '../../kube/custom/resource.ts'
import type { KubeObject } from '../../kube/object.ts'
import type { Resource } from '../../kube/resource.ts'
import { customResourceDefinitions } from '../../kube/resources/apiextensions/custom-resource-definition.ts'
import type { Store } from '../../store/store.ts'
import type { Question } from './groups.ts'

export interface Former {
  readonly resource: Resource
  /** The version at which it ceased to be served. */
  readonly until: number
}

/**
 * What was served at a version, which is not before the horizon, and is no more; undefined where it was not served then
 * either, or is again.
 */
export type FormerOf = (question: Question, at: number) => Former | undefined

export function createFormer(store: Store, converter: Converter): FormerOf {
  const servedBy = (definition: KubeObject | undefined, version: string): Resource | undefined =>
    definition &&
    // What is logged under a definition's name is one.
    customResources(definition as CustomResourceDefinition, converter).served.find(
      (resource) => resource.version === version,
    )

  return ({ resource: name, version }, at) => {
    let resource: Resource | undefined
    for (const change of store.changesOf(customResourceDefinitions, { namespace: '', name }, at)) {
      resource ??= servedBy(change.previous, version)
      if (resource === undefined) return undefined
      if (change.type === 'DELETED' || servedBy(change.object, version) === undefined)
        return { resource, until: change.rv }
    }
    return undefined
  }
}
