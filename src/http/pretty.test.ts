import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { prefersPretty, pretty } from './pretty.ts'

describe('pretty JSON', () => {
  it('is what JSON.stringify indents by two', () =>
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(pretty(JSON.stringify(value))).toBe(JSON.stringify(value, undefined, 2))
      }),
    ))

  it('keeps every digit, and what is nested too deep as it is', () => {
    expect(pretty('{"a":[9007199254740993,1.0]}\n')).toBe('{\n  "a": [\n    9007199254740993,\n    1.0\n  ]\n}\n')
    const deep = `${'['.repeat(9000)}1${']'.repeat(9000)}`
    expect(pretty(deep)).toBe(deep)
  })

  it.each([
    { query: '', agent: 'kubectl/v1.32.0', is: false },
    { query: '', agent: 'curl/8.5.0', is: true },
    { query: '', agent: 'Mozilla/5.0 (X11)', is: true },
    { query: '', agent: 'Wget/1.21', is: true },
    { query: '?pretty=false', agent: 'curl/8.5.0', is: false },
    { query: '?pretty=true', agent: 'kubectl/v1.32.0', is: true },
    { query: '?pretty=1', agent: '', is: true },
    { query: '?pretty=x', agent: 'curl/8.5.0', is: false },
    { query: '', agent: 'x', accept: 'application/json;pretty=1', is: true },
  ])('is given to $agent with "$query": $is', ({ query, agent, accept = '*/*', is }) => {
    const request = new Request(`https://a.test/api${query}`, { headers: { 'user-agent': agent, accept } })
    expect(prefersPretty(request)).toBe(is)
  })
})
