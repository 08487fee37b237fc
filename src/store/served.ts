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

/** For reading what is stored first and converting it then: of a kind whose conversion may have to be waited for. */
export const unconverted = (resource: Resource): Resource =>
  resource.conversion?.isRemote ? { ...resource, conversion: undefined } : resource

/** A row that was read so, as it is served. Throws where somebody outside must be asked first. */
export const converted = <R extends { readonly text: string; readonly rv: number }>(resource: Resource, row: R): R =>
  resource.conversion?.isRemote ? { ...row, text: servedText(resource, row.text, row.rv) } : row
