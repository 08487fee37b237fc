/** The columns that a definition prints for its objects; without any of its own, the name and the age. */
import { ageOf } from '../age.ts'
import { column } from '../define.ts'
import { isRaw, toNumber } from '../json.ts'
import type { Column } from '../resource.ts'
import { AGE, nameColumn } from '../resources/columns.ts'
import type { PrinterColumn, Version } from './definition.ts'
import { findAll, parseJsonPath, shownText } from './json-path.ts'
import type { CustomObject } from './resource.ts'

const AGE_COLUMN: PrinterColumn = {
  name: 'Age',
  type: 'date',
  description: AGE,
  jsonPath: '.metadata.creationTimestamp',
}

export const columnsOf = ({ additionalPrinterColumns = [] }: Version): Column<CustomObject>[] => [
  nameColumn(),
  ...(additionalPrinterColumns.length > 0 ? additionalPrinterColumns : [AGE_COLUMN]).map(columnOf),
]

function columnOf({ name, type, format, description, priority = 0, jsonPath }: PrinterColumn): Column<CustomObject> {
  const path = parseJsonPath(jsonPath)
  const made = column<CustomObject>(
    name,
    type as Column<CustomObject>['type'],
    (object, now) => {
      const [found] = path ? findAll(path, object) : []
      return found === undefined || found === null ? null : cellOf(type, found, now)
    },
    { format: format ?? '', description: description ?? '' },
  )
  return { ...made, priority }
}

/** A value of another type than the column's is not shown, but for texts, which show everything. */
function cellOf(type: string, value: unknown, now: number): string | number | boolean | null {
  switch (type) {
    case 'string':
      return shownText(value)
    case 'integer':
      return isNumber(value) ? Math.trunc(toNumber(value as number)) : null
    case 'number':
      return isNumber(value) ? toNumber(value as number) : null
    case 'boolean':
      return typeof value === 'boolean' ? value : null
    case 'date':
      if (typeof value !== 'string') return null
      return Number.isNaN(Date.parse(value)) ? '<invalid>' : ageOf(value, now)
    default:
      return null
  }
}

const isNumber = (value: unknown): boolean => typeof value === 'number' || isRaw(value)
