/** What the store holds, in the version of its kind that is asked for. */
import type { KubeObject } from '../kube/object.ts'
import { objectOf, textOf } from '../kube/object-text.ts'
import type { Resource } from '../kube/resource.ts'

/** What was written under a resource's name is of its kind: the store takes no other. */
export const served = <T extends KubeObject>({ conversion }: Resource<T>, stored: KubeObject): T =>
  conversion ? conversion.fromStored(stored) : (stored as T)

/** `version`: the text's resource version. */
export const servedText = ({ conversion }: Resource, text: string, version: number): string =>
  !conversion || conversion.isServedForm(text, version) ? text : textOf(conversion.fromStored(objectOf(text)))

export const stored = <T extends KubeObject>({ conversion }: Resource<T>, object: T): KubeObject =>
  conversion ? conversion.toStored(object) : object
