import { column, resource } from '../../define.ts'
import {
  duplicate,
  type FieldError,
  type FieldPath,
  invalidEach,
  invalidValue,
  notSupported,
  required,
  tooMany,
} from '../../field.ts'
import { isIpv4, isIpv6, specialIpErrors } from '../../ip.ts'
import { deepEqual } from '../../json.ts'
import { immutable } from '../../metadata.ts'
import { dnsLabelErrors, dnsSubdomainErrors, qualifiedNameErrors } from '../../names.ts'
import type { EndpointSlice } from '../../types.ts'
import { ageColumn, nameColumn } from '../columns.ts'

const SHOWN = 3
const ADDRESS_TYPES = ['FQDN', 'IPv4', 'IPv6']

function shortened(all: readonly string[], none: string): string {
  if (all.length === 0) return none
  return all.length > SHOWN ? `${all.slice(0, SHOWN).join(',')} + ${all.length - SHOWN} more...` : all.join(',')
}

const PROTOCOLS = ['SCTP', 'TCP', 'UDP']
const MAX_PORTS = 20_000
const MAX_ENDPOINTS = 1000
const MAX_ADDRESSES = 100

function addressErrors(type: EndpointSlice['addressType'], address: string): string[] {
  switch (type) {
    case 'IPv4':
      return isIpv4(address) ? specialIpErrors(address) : ['must be a valid IPv4 address']
    case 'IPv6':
      return isIpv6(address) ? specialIpErrors(address) : ['must be a valid IPv6 address']
    default:
      return dnsSubdomainErrors(address)
  }
}

function validate(slice: EndpointSlice, root: FieldPath): FieldError[] {
  const { addressType, endpoints, ports = [] } = slice
  if (!addressType) return [required(root.child('addressType'))]
  if (!ADDRESS_TYPES.includes(addressType)) return [notSupported(root.child('addressType'), addressType, ADDRESS_TYPES)]
  if (endpoints.length > MAX_ENDPOINTS) return [tooMany(root.child('endpoints'), endpoints.length, MAX_ENDPOINTS)]
  const errors: FieldError[] = []
  for (const [index, { addresses = [], hostname, nodeName }] of endpoints.entries()) {
    const here = root.child('endpoints').index(index)
    const at = here.child('addresses')
    if (hostname !== undefined) errors.push(...invalidEach(here.child('hostname'), hostname, dnsLabelErrors(hostname)))
    if (nodeName !== undefined)
      errors.push(...invalidEach(here.child('nodeName'), nodeName, dnsSubdomainErrors(nodeName)))
    if (addresses.length === 0) errors.push(required(at, 'must contain at least 1 address'))
    if (addresses.length > MAX_ADDRESSES) errors.push(tooMany(at, addresses.length, MAX_ADDRESSES))
    for (const [each, address] of addresses.entries())
      for (const why of addressErrors(addressType, address)) errors.push(invalidValue(at.index(each), address, why))
  }
  if (ports.length > MAX_PORTS) return [...errors, tooMany(root.child('ports'), ports.length, MAX_PORTS)]
  const names = new Set<string>()
  for (const [index, { name = '', protocol, appProtocol }] of ports.entries()) {
    const here = root.child('ports').index(index)
    const at = here.child('name')
    if (protocol && !PROTOCOLS.includes(protocol))
      errors.push(notSupported(here.child('protocol'), protocol, PROTOCOLS))
    if (appProtocol !== undefined)
      errors.push(...invalidEach(here.child('appProtocol'), appProtocol, qualifiedNameErrors(appProtocol)))
    for (const why of name === '' ? [] : dnsLabelErrors(name)) errors.push(invalidValue(at, name, why))
    if (names.has(name)) errors.push(duplicate(at, name))
    names.add(name)
  }
  return errors
}

function dropTopology(draft: EndpointSlice): void {
  for (const endpoint of draft.endpoints ?? []) delete endpoint.deprecatedTopology
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
  // What only the older version can say, today's does not write (k8s.io/kubernetes: dropTopologyOnV1).
  dropForCreate: dropTopology,
  prepareForUpdate(draft, previous) {
    if (!deepEqual(draft.endpoints ?? [], previous.endpoints)) dropTopology(draft)
  },
  defaults(draft) {
    draft.endpoints ??= []
    for (const port of draft.ports ?? []) {
      port.protocol ??= 'TCP'
      port.name ??= ''
    }
  },
  validate,
  validateUpdate: (next, previous, at) => immutable(next.addressType, previous.addressType, at.child('addressType')),
})
