/** House rules that no linter knows: the core takes time and chance as arguments, and nothing is left unfinished. */
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '..', '..')

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.name.endsWith('.test.ts'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .filter((file) => !file.includes('/generated/') && !file.includes('node_modules') && !file.includes('/testing/'))
}

/** Lines of code that match, comments left out. */
function offences(files: readonly string[], pattern: RegExp): string[] {
  return files.flatMap((file) =>
    readFileSync(join(root, file), 'utf8')
      .split('\n')
      .flatMap((line, index) =>
        pattern.test(line.replace(/^\s*(\/\/|\*|\/\*).*/, '')) ? [`${file}:${index + 1}`] : [],
      ),
  )
}

describe('the pure folders, and the simulation', () => {
  const pure = ['src/kube', 'src/controllers', 'src/scheduler', 'src/store', 'test/simulation'].flatMap(sources)

  it.each([
    { what: 'read the clock', pattern: /\bDate\.now\(|new Date\(\)|performance\.now\(/ },
    { what: 'throw dice', pattern: /Math\.random\(|randomUUID\(|getRandomValues\(/ },
    { what: 'wait or talk', pattern: /\bsetTimeout\(|\bsetInterval\(|\bfetch\(/ },
  ])('do not $what', ({ pattern }) => {
    expect(offences(pure, pattern)).toEqual([])
  })
})

describe('all code', () => {
  const all = ['src', 'agent/src', 'cli/src', 'bench', 'test'].flatMap(sources)

  it('leaves nothing unfinished', () => {
    const unfinished = new RegExp(['TO' + 'DO', 'FIX' + 'ME', 'X' + 'XX\\b', 'not impl' + 'emented'].join('|'))
    expect(
      offences(
        all.filter((file) => !file.endsWith('rules.test.ts')),
        unfinished,
      ),
    ).toEqual([])
  })

  it('has no file above 400 lines', () => {
    const long = all.filter((file) => readFileSync(join(root, file), 'utf8').split('\n').length > 400)
    expect(long).toEqual([])
  })
})
