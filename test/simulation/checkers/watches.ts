/** A watch tells what the log tells, no more and no less, and who follows it knows in the end what a list would say. */
import { keyText } from '../../../src/kube/object.ts'
import { resourceName } from '../../../src/kube/resource.ts'
import type { DurableChange } from '../history.ts'
import { promise } from '../violation.ts'
import type { Interest, Watcher } from '../watcher.ts'
import type { Checker } from './checker.ts'

export function watches(): Checker {
  return {
    rest({ history, watchers }) {
      for (const watcher of watchers) {
        sawAll(watcher, history.changes)
        const there = [...history.byName(resourceName(watcher.interest.resource))]
          .filter(([, object]) => watcher.interest.includes(object))
          .map(([key, { metadata }]) => `${key} ${metadata.resourceVersion}`)
        const believed = [...watcher.believed].map(([key, rv]) => `${key} ${rv}`)
        promise(
          'who watches knows what there is',
          believed.sort().join() === there.sort().join(),
          () => `${titleOf(watcher.interest)}: ${believed.join(', ')}; there is ${there.join(', ')}`,
        )
      }
    },
  }
}

function sawAll({ interest, stretches, version }: Watcher, changes: readonly DurableChange[]): void {
  const type = resourceName(interest.resource)
  stretches.forEach(({ listedAt, seen }, index) => {
    // What was seen before another list may be less: the watch had expired.
    const until = index === stretches.length - 1 ? version : (seen.at(-1)?.rv ?? listedAt)
    const expected = changes
      .filter(({ resource, rv }) => resource === type && rv > listedAt && rv <= until)
      .flatMap((change) => eventOf(interest, change))
    const told = seen.map(({ type: event, key, rv }) => `${event} ${key} ${rv}`)
    const first = expected.findIndex((event, at) => event !== told[at])
    promise(
      'a watch tells each change once and in order',
      expected.join() === told.join(),
      () =>
        `${titleOf(interest)} since ${listedAt}: ${told[first]} instead of ${expected[first]}, ${told.length} of ${expected.length}`,
    )
  })
}

function eventOf({ includes }: Interest, { type, key, rv, object, previous }: DurableChange): string[] {
  const was = previous !== undefined && includes(previous)
  const is = type !== 'DELETED' && includes(object)
  if (!was && !is) return []
  return [`${is ? (was ? 'MODIFIED' : 'ADDED') : 'DELETED'} ${keyText(key)} ${rv}`]
}

const titleOf = ({ resource, labels, fields }: Interest): string =>
  [resource.plural, labels, fields].filter((part) => part !== undefined).join(' ')
