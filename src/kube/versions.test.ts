/** docs/versions.md says what is served, and nothing else: in every cluster, and with `compat` beside that. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Catalog } from './catalog.ts'
import { groupsOf } from './discovery.ts'
import { builtIn, builtInFor } from './registry.ts'
import { apiVersionOf, resourceName } from './resource.ts'

const page = readFileSync(new URL('../../docs/versions.md', import.meta.url), 'utf8')

/** Of a version that is not the one its objects are kept in, that one behind it. */
const rowsOf = (catalog: Catalog): string[] =>
  groupsOf(catalog).flatMap((versions) =>
    versions.map((version) => {
      const kinds = version.resources.map((resource) => {
        const kept = catalog.byName(resourceName(resource))
        const isKeptHere = kept === undefined || apiVersionOf(kept) === apiVersionOf(resource)
        return isKeptHere ? resource.kind : `${resource.kind} (kept as ${apiVersionOf(kept)})`
      })
      return `| \`${apiVersionOf(version)}\` | ${[...new Set(kinds)].sort().join(', ')} |`
    }),
  )

const rows = rowsOf(builtIn)
const more = rowsOf(builtInFor('1.20')).filter((row) => !rows.includes(row))
const [everywhere = '', withCompat = ''] = page.split('## Clusters for clients of Kubernetes v1.20')

describe.each([
  { where: 'every cluster', text: everywhere, rows },
  { where: 'clusters with compat 1.20', text: withCompat, rows: more },
])('docs/versions.md, of $where', ({ text, rows }) => {
  const lines = text.split('\n').map((line) => line.replaceAll(/ +/g, ' '))
  const said = lines.filter((line) => line.startsWith('| `'))

  it.each(rows)('has the row %s', (row) => expect(said).toContain(row))

  it('has no row of what is not served', () => expect(said.filter((row) => !rows.includes(row))).toEqual([]))
})
