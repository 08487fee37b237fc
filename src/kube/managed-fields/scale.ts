/**
 * Managed fields of a Scale: of those who own the replicas of the object it scales, under the names that the fields have
 * in a Scale.
 */
import type { JsonText } from '../json.ts'
import { type Entry, entriesOf, held } from './entries.ts'
import { difference, type FieldSet, hasPath, setOfPath, union } from './field-set.ts'

const SCALE_VERSION = 'autoscaling/v1'
const SCALE_REPLICAS = setOfPath(['f:spec', 'f:replicas'])

/** Where an object has its replicas: `['spec', 'replicas']`. */
type Path = readonly string[]

const elementsOf = (path: Path): string[] => path.map((field) => `f:${field}`)

/** What a Scale shows. */
export const scaleFields = (object: JsonText | undefined, path: Path): JsonText | undefined =>
  held(
    entriesOf(object)
      .filter(({ fieldsV1 }) => hasPath(fieldsV1, elementsOf(path)))
      .map((entry) => ({ ...entry, apiVersion: SCALE_VERSION, fieldsV1: SCALE_REPLICAS })),
  )

/** The object's managed fields after its Scale's have changed: the replicas are whose they are there. */
export function parentFields(
  object: JsonText | undefined,
  scale: JsonText | undefined,
  { path, apiVersion }: { readonly path: Path; readonly apiVersion: string },
): JsonText | undefined {
  const replicas = setOfPath(elementsOf(path))
  const owners = entriesOf(scale)
  const isSame = (a: Entry, b: Entry) =>
    a.manager === b.manager && a.operation === b.operation && a.subresource === b.subresource
  const kept = entriesOf(object).flatMap((entry) => {
    const owner = owners.find((other) => isSame(other, entry))
    const fields: FieldSet | undefined = owner ? union(entry.fieldsV1, replicas) : difference(entry.fieldsV1, replicas)
    const time = owner?.time ?? entry.time
    return fields ? [{ ...entry, ...(time ? { time } : {}), fieldsV1: fields }] : []
  })
  const fresh = owners
    .filter((owner) => !kept.some((entry) => isSame(owner, entry)))
    .map((owner) => ({ ...owner, apiVersion, fieldsV1: replicas }))
  return held([...kept, ...fresh])
}
