import { column, resource } from '../../define.ts'
import { type FieldError, type FieldPath, invalidEach, invalidValue, notSupported, required } from '../../field.ts'
import { ipErrors, specialIpErrors } from '../../ip.ts'
import { dnsLabelErrors, dnsSubdomainErrors, portNumberErrors, qualifiedNameErrors } from '../../names.ts'
import type { Endpoints } from '../../types.ts'
import { ageColumn, nameColumn } from '../columns.ts'

const SHOWN = 3
const PROTOCOLS = ['SCTP', 'TCP', 'UDP']

function endpointsOf({ subsets = [] }: Endpoints): string {
  const all = subsets.flatMap(({ addresses = [], ports = [] }) =>
    ports.length === 0
      ? addresses.map((address) => address.ip)
      : ports.flatMap((port) => addresses.map((address) => `${address.ip}:${port.port}`)),
  )
  if (all.length === 0) return '<none>'
  return all.length > SHOWN ? `${all.slice(0, SHOWN).join(',')} + ${all.length - SHOWN} more...` : all.join(',')
}

function validate({ subsets = [] }: Endpoints, root: FieldPath): FieldError[] {
  const errors: FieldError[] = []
  for (const [index, { addresses = [], notReadyAddresses = [], ports = [] }] of subsets.entries()) {
    const at = root.child('subsets').index(index)
    if (addresses.length + notReadyAddresses.length === 0)
      errors.push(required(at, 'must specify `addresses` or `notReadyAddresses`'))
    for (const [part, list] of [
      ['addresses', addresses],
      ['notReadyAddresses', notReadyAddresses],
    ] as const)
      for (const [each, { ip = '', hostname, nodeName }] of list.entries()) {
        const here = at.child(part).index(each)
        errors.push(...invalidEach(here.child('ip'), ip, [...ipErrors(ip), ...specialIpErrors(ip)]))
        if (hostname) errors.push(...invalidEach(here.child('hostname'), hostname, dnsLabelErrors(hostname)))
        if (nodeName !== undefined)
          errors.push(...invalidEach(here.child('nodeName'), nodeName, dnsSubdomainErrors(nodeName)))
      }
    for (const [each, port] of ports.entries()) {
      const here = at.child('ports').index(each)
      if (!port.name && ports.length > 1) errors.push(required(here.child('name')))
      for (const why of port.name ? dnsLabelErrors(port.name) : [])
        errors.push(invalidValue(here.child('name'), port.name, why))
      errors.push(...invalidEach(here.child('port'), port.port ?? 0, portNumberErrors(port.port)))
      if (port.protocol && !PROTOCOLS.includes(port.protocol))
        errors.push(notSupported(here.child('protocol'), port.protocol, PROTOCOLS))
      if (port.appProtocol !== undefined)
        errors.push(...invalidEach(here.child('appProtocol'), port.appProtocol, qualifiedNameErrors(port.appProtocol)))
    }
  }
  return errors
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
  validate,
  createOnUpdate: true,
})
