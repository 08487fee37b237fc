import { expect, it } from 'vitest'
import { comparePriority } from './version-priority.ts'

it('prefers the stable, the later, and what is a version at all', () => {
  const preferred = ['v10', 'v2', 'v1', 'v11beta2', 'v10beta3', 'v3beta1', 'v12alpha1', 'v11alpha2', 'foo1', 'foo10']
  expect(preferred.toReversed().sort(comparePriority)).toEqual(preferred)
})
