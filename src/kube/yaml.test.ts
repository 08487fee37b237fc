import { describe, expect, it } from 'vitest'
import { stringify } from './json.ts'
import { parseYaml } from './yaml.ts'

const read = (text: string): unknown => (parseYaml(`a: ${text}`).value as { a: unknown }).a

describe('YAML', () => {
  it.each([
    ['0400', 256],
    ['0o17', 15],
    ['-0400', -256],
    ['0x1F', 31],
    ['!!binary aGVsbG8=', 'hello'],
    ['off', false],
    ['1e', '1e'],
    ['_1', '_1'],
    ['=', '='],
    ['1:2:3.5', '1:2:3.5'],
    ['0b101', 5],
    ['089', 89],
    ['1_000', 1000],
    ['1e3', 1000],
    ['yes', true],
    ['On', true],
    ['no', false],
    ['n', false],
    ['~', null],
    ['"0400"', '0400'],
    ["'yes'", 'yes'],
    ['8080:80', '8080:80'],
    ['12:30:45', '12:30:45'],
    ['2001-12-14', '2001-12-14'],
    ['2001-12-14T21:59:43.10-05:00', '2001-12-14T21:59:43.10-05:00'],
    ['!!str 1', '1'],
    ['{b: [1, x]}', { b: [1, 'x'] }],
  ])('%s is read as Go reads it', (text, value) => {
    expect(read(text)).toEqual(value)
  })

  it('keeps the digits of integers, and has no numbers that JSON has not', () => {
    expect(stringify(read('9223372036854775807'))).toBe('9223372036854775807')
    for (const text of ['.inf', '.nan'])
      expect(() => read(text)).toThrow(
        expect.objectContaining({ code: 400, message: expect.stringContaining('error converting YAML to JSON') }),
      )
  })

  it('merges, and names keys by what they are read as', () => {
    expect(parseYaml('a: &x {b: 1}\nc:\n  <<: *x\n  2: d\n  n: e').value).toEqual({
      a: { b: 1 },
      c: { b: 1, 2: 'd', false: 'e' },
    })
  })

  it('takes the last of two keys, and tells of them', () => {
    const { value, duplicates } = parseYaml('a: 1\nb:\n  c: 1\n  c: 2\na: 2\n')
    expect(value).toEqual({ a: 2, b: { c: 2 } })
    expect(duplicates).toEqual(['line 4: key "c" already set in map', 'line 5: key "a" already set in map'])
  })

  it.each([
    { what: 'broken', text: 'a: [', says: 'error converting YAML to JSON' },
    { what: 'too deep', text: `${'['.repeat(1001)}${']'.repeat(1001)}`, says: 'json: exceeded max depth' },
    {
      what: 'deeper than the stack',
      text: `${'['.repeat(50_000)}${']'.repeat(50_000)}`,
      says: 'json: exceeded max depth',
    },
    { what: 'a bomb', text: `a: &a [1]\n${bomb()}`, says: 'error converting YAML to JSON' },
  ])('that is $what is refused', ({ text, says }) => {
    expect(() => parseYaml(text)).toThrow(
      expect.objectContaining({ code: 400, message: expect.stringContaining(says) }),
    )
  })
})

function bomb(): string {
  const names = 'abcdefgh'.split('')
  return names
    .slice(1)
    .map((name, at) => `${name}: &${name} [${Array(9).fill(`*${names[at]}`).join(', ')}]`)
    .join('\n')
}
