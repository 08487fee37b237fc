/** What a client was told is written is written: at the version it was told, and as it was told. */
import { keyText } from '../../../src/kube/object.ts'
import { promise } from '../violation.ts'
import type { Checker } from './checker.ts'

export function acknowledged(): Checker {
  const written = new Map<number, string>()
  return {
    change: ({ rv, resource, key, text }) => void written.set(rv, `${resource} ${keyText(key)} ${text}`),
    rest({ client }) {
      for (const { rv, resource, key, text } of client.acknowledged)
        promise(
          'no acknowledged write is lost',
          written.get(rv) === `${resource} ${keyText(key)} ${text}`,
          () => `${resource} ${keyText(key)} at ${rv}: ${written.get(rv)}`,
        )
    },
  }
}
