/** Elements of a path: how FieldsV1 writes them, and how messages print them. */
import { isRaw, isRecord, ownValue, parseJson, stringify } from '../json.ts'
import type { Items, SetOf } from './shape.ts'

export const fieldElement = (name: string): string => `f:${name}`

/** Of an item that has none of the keys nothing can be said but that it is one. */
export function itemElement(shape: Items | SetOf, item: unknown): string {
  if (shape.as === 'set') return `v:${stringify(item)}`
  const parts: string[] = []
  for (const { name, standard } of shape.keys) {
    const value = (isRecord(item) ? ownValue(item, name) : undefined) ?? standard
    if (value !== undefined) parts.push(`${JSON.stringify(name)}:${stringify(value)}`)
  }
  return `k:{${parts.join(',')}}`
}

/** The items of a list by their elements; of what stands more than once all, in order. */
export function itemsByElement(shape: Items | SetOf, list: readonly unknown[]): Map<string, unknown[]> {
  const found = new Map<string, unknown[]>()
  for (const item of list) {
    const element = itemElement(shape, item)
    const same = found.get(element)
    if (same) same.push(item)
    else found.set(element, [item])
  }
  return found
}

/** `.spec.template.spec.containers[name="web"].image`, as conflicts name a field. */
export const printPath = (path: readonly string[]): string => path.map(printElement).join('')

export function printElement(element: string): string {
  const body = element.slice(2)
  switch (element[0]) {
    case 'k': {
      const keys = parseJson(body)
      if (!isRecord(keys)) return `[${body}]`
      return `[${Object.keys(keys)
        .map((name) => `${name}=${printed(keys[name])}`)
        .join(',')}]`
    }
    case 'v':
      return `[=${printed(parseJson(body))}]`
    case 'i':
      return `[${body}]`
    default:
      return `.${body}`
  }
}

const printed = (value: unknown): string => (isRaw(value) ? value.rawJSON : JSON.stringify(value))
