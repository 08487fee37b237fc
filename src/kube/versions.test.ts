/** docs/versions.md says what is served, and nothing else. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { groupsOf } from './discovery.ts'
import { builtIn } from './registry.ts'
import { apiVersionOf, resourceName } from './resource.ts'

const page = readFileSync(new URL('../../docs/versions.md', import.meta.url), 'utf8')

/** Of a version that is not the one its objects are kept in, that one behind it. */
const rows = groupsOf(builtIn).flatMap((versions) =>
  versions.map((version) => {
    const kinds = version.resources.map((resource) => {
      const kept = builtIn.byName(resourceName(resource))
      const isKeptHere = kept === undefined || apiVersionOf(kept) === apiVersionOf(resource)
      return isKeptHere ? resource.kind : `${resource.kind} (kept as ${apiVersionOf(kept)})`
    })
    return `| \`${apiVersionOf(version)}\` | ${[...new Set(kinds)].sort().join(', ')} |`
  }),
)

describe('docs/versions.md', () => {
  const lines = page.split('\n').map((line) => line.replaceAll(/ +/g, ' '))
  const said = lines.filter((line) => line.startsWith('| `'))

  it.each(rows)('has the row %s', (row) => expect(said).toContain(row))

  it('has no row of what is not served', () => expect(said.filter((row) => !rows.includes(row))).toEqual([]))
})
