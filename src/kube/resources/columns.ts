/** Columns that many kinds print. */
import { ageOf } from '../age.ts'
import { column } from '../define.ts'
import type { KubeObject } from '../object.ts'
import type { Column } from '../resource.ts'
import { formatLabelSelector, fromLabelSelector, type LabelSelectorObject } from '../selectors.ts'

export const nameColumn = <T extends KubeObject>(): Column<T> =>
  column('Name', 'string', (object) => object.metadata.name, { format: 'name' })

export const ageColumn = <T extends KubeObject>(): Column<T> =>
  column('Age', 'string', (object, now) => ageOf(object.metadata.creationTimestamp, now))

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
