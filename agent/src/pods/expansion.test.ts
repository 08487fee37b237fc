import { expect, it } from 'vitest'
import { expand } from './expansion.ts'

/** Cases of Kubernetes' own table (third_party/forked/golang/expansion/expand_test.go). */
it.each([
  ['no references', 'no references'],
  ['$(VAR_A)', 'A'],
  ['___$(VAR_B)___', '___B___'],
  ['$(VAR_A)$(VAR_B)', 'AB'],
  ['f000-$$VAR_A', 'f000-$VAR_A'],
  ['$$(VAR_A)', '$(VAR_A)'],
  ['$$$(VAR_A)', '$A'],
  ['$(VAR_DNE)', '$(VAR_DNE)'],
  ['$(EMPTY)x', 'x'],
  ['foo\\$(VAR_A)', 'foo\\A'],
  ['$?_boo', '$?_boo'],
  ['$VAR_A', '$VAR_A'],
  ['$(VAR_A', '$(VAR_A'],
  ['$', '$'],
  ['a$', 'a$'],
  ['$()', '$()'],
  ['$(VAR_REF)', '$(VAR_A)'],
])('%s becomes %s', (text, want) => {
  const values: Record<string, string> = { VAR_A: 'A', VAR_B: 'B', EMPTY: '', VAR_REF: '$(VAR_A)' }
  expect(expand(text, (name) => values[name])).toBe(want)
})
