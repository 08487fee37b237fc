import { describe, expect, it } from 'vitest'
import { type Taint, type Toleration, tolerates } from './tolerations.ts'

const taint: Taint = { key: 'dedicated', value: 'gpu', effect: 'NoSchedule' }

describe('a toleration', () => {
  it.each<{ when: string; toleration: Toleration; want: boolean }>([
    { when: 'of the same key, value and effect', toleration: { ...taint, operator: 'Equal' }, want: true },
    { when: 'of no operator is one of Equal', toleration: { key: 'dedicated', value: 'gpu' }, want: true },
    { when: 'of another value', toleration: { key: 'dedicated', value: 'cpu' }, want: false },
    { when: 'of another key', toleration: { key: 'other', operator: 'Exists' }, want: false },
    { when: 'of another effect', toleration: { ...taint, effect: 'NoExecute' }, want: false },
    { when: 'of no effect stands every effect', toleration: { key: 'dedicated', operator: 'Exists' }, want: true },
    { when: 'of no key stands every taint, with Exists', toleration: { operator: 'Exists' }, want: true },
    { when: 'of no key stands none with Equal', toleration: { operator: 'Equal', value: 'gpu' }, want: false },
  ])('$when: $want', ({ toleration, want }) => {
    expect(tolerates(toleration, taint)).toBe(want)
  })

  it('of no value stands a taint of no value', () => {
    expect(tolerates({ key: 'k' }, { key: 'k', effect: 'NoSchedule' })).toBe(true)
  })
})
