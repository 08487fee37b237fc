/**
 * An applied configuration on top of a live object: what it says is so, all else stays. Items that both have are merged;
 * they stand in the configuration's order, with the live object's own ones where they stood among them.
 */
import { isRecord, ownValue, setKey } from '../json.ts'
import { itemElement } from './elements.ts'
import { type Fields, type Items, type SetOf, type Shape, shapeOfUntyped } from './shape.ts'

/** Shares with both what it takes from them. */
export function merge(shape: Shape, live: unknown, config: unknown): unknown {
  if (config === undefined) return live
  if (live === undefined) return config
  switch (shape.as) {
    case 'leaf':
      return config
    case 'untyped':
      return merge(shapeOfUntyped(config, isRecord(live) && isRecord(config)), live, config)
    case 'fields':
      return isRecord(live) && isRecord(config) ? mergeFields(shape, live, config) : config
    case 'set':
    case 'items':
      return Array.isArray(live) && Array.isArray(config) ? mergeItems(shape, live, config) : config
    default:
      return shape satisfies never
  }
}

function mergeFields(shape: Fields, live: Record<string, unknown>, config: Record<string, unknown>) {
  const merged = { ...live }
  for (const name of Object.keys(config)) {
    const of = shape.named.get(name) ?? shape.others
    if (of) setKey(merged, name, merge(of, ownValue(live, name), ownValue(config, name)))
  }
  return merged
}

/**
 * `[a, b, c]` with the configuration `[c, x, a]` is `[b, c, x, a]`: the live list is walked; its own items are taken as
 * they come, one that both have when it is next in the configuration's order, with what stands before it there.
 */
function mergeItems(shape: Items | SetOf, live: readonly unknown[], config: readonly unknown[]): unknown[] {
  const elements = config.map((item) => itemElement(shape, item))
  const places = new Map(elements.map((element, place) => [element, place]))
  const there = new Map(live.map((item) => [itemElement(shape, item), item]))
  const merged: unknown[] = []
  let next = 0
  let shared = 0
  const takeUntil = (place: number): void => {
    for (; next <= place; next++) {
      const own = there.get(elements[next] ?? '')
      merged.push(shape.as === 'items' ? merge(shape.of, own, config[next]) : config[next])
    }
  }
  for (const [element, item] of live.map((item) => [itemElement(shape, item), item] as const)) {
    const place = places.get(element)
    while (shared < elements.length && (shared < next || !there.has(elements[shared] ?? ''))) shared++
    if (place === undefined) merged.push(item)
    else if (place === shared) takeUntil(place)
  }
  takeUntil(config.length - 1)
  return merged
}
