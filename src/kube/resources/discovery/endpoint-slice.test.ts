import { expect, it } from 'vitest'
import { refusals } from '../testing.ts'
import { endpointSlices } from './endpoint-slice.ts'

const slice = (endpoint: object = {}, port: object = {}) => ({
  addressType: 'IPv4',
  endpoints: [{ addresses: ['10.0.0.1'], ...endpoint }],
  ports: [{ name: 'a', port: 80, ...port }],
})

it.each<[object, string[]]>([
  [slice({ hostname: 'a', nodeName: 'b.c' }, { protocol: 'SCTP', appProtocol: 'example.com/a' }), []],
  [
    slice({ hostname: 'A' }),
    [expect.stringMatching(/^endpoints\[0\]\.hostname: Invalid value: "A": a lowercase RFC 1123 label/)],
  ],
  [
    slice({ nodeName: '-' }),
    [expect.stringMatching(/^endpoints\[0\]\.nodeName: Invalid value: "-": a lowercase RFC 1123 subdomain/)],
  ],
  [
    slice({}, { protocol: 'ICMP' }),
    ['ports[0].protocol: Unsupported value: "ICMP": supported values: "SCTP", "TCP", "UDP"'],
  ],
  [slice({}, { appProtocol: '/a' }), ['ports[0].appProtocol: Invalid value: "/a": prefix part must be non-empty']],
])('a slice %j', (given, want) => expect(refusals(endpointSlices, given)).toEqual(want))
