/** docs/conformance.md speaks the truth: each test that it names is there, and no name stands twice. */
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '..', '..')
const ROW = /^\| (?<name>\S.*?) +\| (?<shown>.+?) +\| (?<state>.+?) +\|$/
const SHOWN = /^`(?<file>[^`]+\.test\.ts)`: (?<title>.+)$/

const rows = readFileSync(join(root, 'docs', 'conformance.md'), 'utf8')
  .split('\n')
  .flatMap((line) => {
    const { name, shown, state } = ROW.exec(line)?.groups ?? {}
    return name && shown && state && name !== 'test' && !name.startsWith('--') ? [{ name, shown, state }] : []
  })

describe('docs/conformance.md', () => {
  it('names each test of the suite once', () => {
    expect(rows).toHaveLength(93)
    expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length)
  })

  it.each(rows)('$name', ({ shown, state }) => {
    const { file, title } = SHOWN.exec(shown)?.groups ?? {}
    // What no test shows is said to be open.
    if (file === undefined || title === undefined) return expect(state).toMatch(/^open: /)
    const text = readFileSync(join(root, 'test', file), 'utf8')
    expect(text.includes(title) || text.includes(title.replaceAll("'", "\\'")), `${file}: ${title}`).toBe(true)
    return expect(state).toMatch(/^(shown|open: )/)
  })
})
