/** What makes a configuration one that can't be applied: items that can't be told apart. */
import { isRecord, ownValue } from '../json.ts'
import { itemElement, printElement } from './elements.ts'
import { type Items, type SetOf, type Shape, shapeOfUntyped } from './shape.ts'

/** In the words of structured-merge-diff; none if it is fit. */
export function configErrors(shape: Shape, value: unknown, path = ''): string[] {
  switch (shape.as) {
    case 'leaf':
      return []
    case 'untyped':
      return configErrors(shapeOfUntyped(value, isRecord(value)), value, path)
    case 'fields':
      if (!isRecord(value)) return []
      return Object.keys(value).flatMap((name) => {
        const of = shape.named.get(name) ?? shape.others
        return of ? configErrors(of, ownValue(value, name), `${path}.${name}`) : []
      })
    case 'set':
    case 'items':
      return Array.isArray(value) ? itemErrors(shape, value, path) : []
    default:
      return shape satisfies never
  }
}

function itemErrors(shape: Items | SetOf, list: readonly unknown[], path: string): string[] {
  const seen = new Set<string>()
  return list.flatMap((item, index) => {
    const missing = shape.as === 'items' && shape.keys.find((key) => !hasKey(item, key))
    if (missing)
      return [
        `${path}: element ${index}: associative list with keys has an element that omits key field ${JSON.stringify(missing.name)} (and doesn't have default value)`,
      ]
    const element = itemElement(shape, item)
    const printed = printElement(element)
    if (seen.has(element)) return [`${path}: duplicate entries for key ${printed}`]
    seen.add(element)
    return shape.as === 'items' ? configErrors(shape.of, item, path + printed) : []
  })
}

const hasKey = (item: unknown, { name, standard }: Items['keys'][number]): boolean =>
  standard !== undefined || (isRecord(item) && ownValue(item, name) !== undefined)

/** A path as the decoder names it (`spec.containers[0].imagee`), with items by their keys (`[name="web"]`). */
export function keyedPath(shape: Shape, value: unknown, path: string): string {
  let at: { shape: Shape | undefined; value: unknown } = { shape, value }
  let printed = ''
  for (const [step] of path.matchAll(/\[\d+\]|[^.[\]]+/g)) {
    const { shape: of, value: there } = at
    if (step.startsWith('[')) {
      const item = Array.isArray(there) ? there[Number(step.slice(1, -1))] : undefined
      printed += of?.as === 'items' ? printElement(itemElement(of, item)) : step
      at = { shape: of?.as === 'items' ? of.of : undefined, value: item }
    } else {
      printed += `.${step}`
      at = {
        shape: of?.as === 'fields' ? (of.named.get(step) ?? of.others) : undefined,
        value: isRecord(there) ? ownValue(there, step) : undefined,
      }
    }
  }
  return printed
}
