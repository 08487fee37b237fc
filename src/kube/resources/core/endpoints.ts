import { column, resource } from '../../define.ts'
import type { Endpoints } from '../../types.ts'
import { ageColumn, nameColumn } from '../columns.ts'

const SHOWN = 3

function endpointsOf({ subsets = [] }: Endpoints): string {
  const all = subsets.flatMap(({ addresses = [], ports = [] }) =>
    ports.length === 0
      ? addresses.map((address) => address.ip)
      : ports.flatMap((port) => addresses.map((address) => `${address.ip}:${port.port}`)),
  )
  if (all.length === 0) return '<none>'
  return all.length > SHOWN ? `${all.slice(0, SHOWN).join(',')} + ${all.length - SHOWN} more...` : all.join(',')
}

export const endpoints = resource<Endpoints>({
  group: '',
  version: 'v1',
  kind: 'Endpoints',
  plural: 'endpoints',
  singular: 'endpoints',
  shortNames: ['ep'],
  scope: 'namespaced',
  schema: 'io.k8s.api.core.v1.Endpoints',
  columns: [nameColumn(), column('Endpoints', 'string', endpointsOf), ageColumn()],
  defaults(draft) {
    for (const subset of draft.subsets ?? []) for (const port of subset.ports ?? []) port.protocol ??= 'TCP'
  },
  createOnUpdate: true,
})
