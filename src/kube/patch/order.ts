/**
 * Order of a merged list, as apimachinery's `normalizeElementOrder`: the patch's items in the patch's order, the
 * server's own in theirs, and the two interleaved where both have a place in the former list; else the patch's come first.
 */

interface Ordering {
  /** The order that the patch wishes for its items. */
  readonly order: readonly unknown[]
  /** The list before the patch. */
  readonly former: readonly unknown[]
  readonly same: (a: unknown, b: unknown) => boolean
}

/** `[a, b]` patched with `[c]` is `[c, a, b]`; `[a, b, c]` with the order `[c, a]` is `[b, c, a]`. */
export function mergeOrdered(merged: readonly unknown[], { order, former, same }: Ordering): unknown[] {
  const placeIn = (list: readonly unknown[], item: unknown): number => list.findIndex((other) => same(other, item))
  const wished = merged.map((item) => ({ item, wish: placeIn(order, item), place: placeIn(former, item) }))
  const theirs = wished.filter(({ wish }) => wish >= 0).sort((a, b) => a.wish - b.wish)
  const ours = wished.filter(({ wish }) => wish < 0).sort((a, b) => a.place - b.place)
  const result: unknown[] = []
  let next = 0
  for (const { item, place } of theirs) {
    while (place >= 0 && next < ours.length && (ours[next]?.place ?? -1) < place) result.push(ours[next++]?.item)
    result.push(item)
  }
  for (; next < ours.length; next++) result.push(ours[next]?.item)
  return result
}
