/** Columns that many kinds print. */
import { ageOf } from '../age.ts'
import { column } from '../define.ts'
import type { KubeObject } from '../object.ts'
import type { Column } from '../resource.ts'
import { formatLabelSelector, fromLabelSelector, type LabelSelectorObject } from '../selectors.ts'

/** What the API says of the fields that these columns show (ObjectMeta). */
const NAME =
  'Name must be unique within a namespace. Is required when creating resources, although some resources may allow a client to request the generation of an appropriate name automatically. Name is primarily intended for creation idempotence and configuration definition. Cannot be updated. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names'
export const AGE =
  'CreationTimestamp is a timestamp representing the server time when this object was created. It is not guaranteed to be set in happens-before order across separate operations. Clients may not set this value. It is represented in RFC3339 form and is in UTC.\n\nPopulated by the system. Read-only. Null for lists. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata'

export const nameColumn = <T extends KubeObject>(): Column<T> =>
  column('Name', 'string', (object) => object.metadata.name, { format: 'name', description: NAME })

export const ageColumn = <T extends KubeObject>(): Column<T> =>
  column('Age', 'string', (object, now) => ageOf(object.metadata.creationTimestamp, now), { description: AGE })

interface Templated {
  readonly spec: {
    readonly template?: {
      readonly spec?: { readonly containers?: readonly { readonly name: string; readonly image?: string }[] }
    }
  }
}

export const templateColumns = <T extends KubeObject & Templated>(): Column<T>[] => [
  column(
    'Containers',
    'string',
    ({ spec }) => (spec.template?.spec?.containers ?? []).map((container) => container.name).join(','),
    { wide: true },
  ),
  column(
    'Images',
    'string',
    ({ spec }) => (spec.template?.spec?.containers ?? []).map((container) => container.image ?? '').join(','),
    { wide: true },
  ),
]

export const selectorText = (selector: LabelSelectorObject | undefined): string => {
  const parsed = fromLabelSelector(selector)
  return parsed && parsed.requirements.length > 0 ? formatLabelSelector(parsed) : '<none>'
}

/** Labels and the like, in order: `a=1,b=2`. */
export const labelsText = (labels: Readonly<Record<string, string>> | undefined): string =>
  Object.entries(labels ?? {})
    .map(([key, value]) => `${key}=${value}`)
    .sort()
    .join(',') || '<none>'
