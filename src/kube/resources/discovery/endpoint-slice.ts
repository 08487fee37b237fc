import { column, resource } from '../../define.ts'
import { type FieldError, notSupported, required } from '../../field.ts'
import { deepEqual } from '../../json.ts'
import { immutable } from '../../metadata.ts'
import type { EndpointSlice } from '../../types.ts'
import { ageColumn, nameColumn } from '../columns.ts'

const SHOWN = 3
const ADDRESS_TYPES = ['FQDN', 'IPv4', 'IPv6']

function shortened(all: readonly string[], none: string): string {
  if (all.length === 0) return none
  return all.length > SHOWN ? `${all.slice(0, SHOWN).join(',')} + ${all.length - SHOWN} more...` : all.join(',')
}

export const endpointSlices = resource<EndpointSlice>({
  group: 'discovery.k8s.io',
  version: 'v1',
  kind: 'EndpointSlice',
  plural: 'endpointslices',
  scope: 'namespaced',
  schema: 'io.k8s.api.discovery.v1.EndpointSlice',
  columns: [
    nameColumn(),
    column('AddressType', 'string', (slice) => slice.addressType),
    column('Ports', 'string', (slice) =>
      shortened(
        (slice.ports ?? []).map((port) => (port.port === undefined ? '*' : String(port.port))),
        '<unset>',
      ),
    ),
    column('Endpoints', 'string', (slice) =>
      shortened(
        slice.endpoints.flatMap((endpoint) => endpoint.addresses),
        '<unset>',
      ),
    ),
    ageColumn(),
  ],
  generation: (next, previous) =>
    !deepEqual(next.endpoints, previous.endpoints) ||
    !deepEqual(next.ports ?? [], previous.ports ?? []) ||
    !deepEqual(next.metadata.labels ?? {}, previous.metadata.labels ?? {}),
  defaults(draft) {
    draft.endpoints ??= []
    for (const port of draft.ports ?? []) {
      port.protocol ??= 'TCP'
      port.name ??= ''
    }
  },
  validate(slice, at): FieldError[] {
    if (!slice.addressType) return [required(at.child('addressType'))]
    return ADDRESS_TYPES.includes(slice.addressType)
      ? []
      : [notSupported(at.child('addressType'), slice.addressType, ADDRESS_TYPES)]
  },
  validateUpdate: (next, previous, at) => immutable(next.addressType, previous.addressType, at.child('addressType')),
})
