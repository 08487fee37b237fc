import { describe, expect, it } from 'vitest'
import { root } from '../field.ts'
import type { Pod } from '../types.ts'
import { levelStatus, podStatusErrors } from './validate-status.ts'

type Spec = Pod['spec']
type Status = Pod['status']

const pod = (status: Status, spec: Partial<Spec> = {}): Pod =>
  ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'a' },
    spec: { containers: [{ name: 'c' }], restartPolicy: 'Never', ...spec },
    status,
  }) as Pod

const errorsOf = (next: Status, previous: Status = {}, spec: Partial<Spec> = {}): string[] =>
  podStatusErrors(pod(next, spec), pod(previous, spec), root).map(({ field, message }) => `${field}: ${message}`)

const FAMILY =
  'status.podIPs: Invalid value: [{"ip":"10.0.0.1"},{"ip":"10.0.0.2"}]: may specify no more than one IP for each IP family'

it.each<[string[], string[]]>([
  [[], []],
  [['10.0.0.1'], []],
  [['10.0.0.1', 'fd00::1'], []],
  [['x'], ['status.podIPs[0]: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)']],
  [['10.0.0.1', '10.0.0.2'], [FAMILY]],
  [
    ['10.0.0.1', '10.0.0.1'],
    [FAMILY.replace('0.0.2', '0.0.1'), 'status.podIPs[1]: Duplicate value: {"ip":"10.0.0.1"}'],
  ],
])('addresses %o of a Pod', (ips, want) => {
  expect(errorsOf({ podIPs: ips.map((ip) => ({ ip })) })).toEqual(want)
})

describe('the status of a Pod', () => {
  const ended = (exitCode: number) => ({ terminated: { exitCode } })
  const RUNS = { running: {} }
  const of = (part: 'containerStatuses' | 'initContainerStatuses', state: object) =>
    ({ [part]: [{ name: 'c', state }] }) as unknown as Status
  const BACK = 'state: Forbidden: may not be transitioned to non-terminated state'

  it.each<{ policy: string; was: object; is: object; want: string[] }>([
    { policy: 'Never', was: ended(0), is: RUNS, want: [`status.containerStatuses[0].${BACK}`] },
    { policy: 'Never', was: ended(1), is: RUNS, want: [`status.containerStatuses[0].${BACK}`] },
    { policy: 'OnFailure', was: ended(0), is: RUNS, want: [`status.containerStatuses[0].${BACK}`] },
    { policy: 'OnFailure', was: ended(1), is: RUNS, want: [] },
    { policy: 'Always', was: ended(0), is: RUNS, want: [] },
    { policy: 'Never', was: RUNS, is: ended(0), want: [] },
  ])('says of a container under $policy that was $was and is $is: $want', ({ policy, was, is, want }) => {
    const spec = { restartPolicy: policy as 'Never' }
    expect(errorsOf(of('containerStatuses', is), of('containerStatuses', was), spec)).toEqual(want)
  })

  it('lets a sidecar begin again', () => {
    const [is, was] = [of('initContainerStatuses', RUNS), of('initContainerStatuses', ended(0))]
    const sidecar = { initContainers: [{ name: 'c', restartPolicy: 'Always' as const }] }
    expect(errorsOf(is, was, sidecar)).toEqual([])
    expect(errorsOf(is, was)).toEqual([`status.initContainerStatuses[0].${BACK}`])
  })

  it.each<[Status, Status, string]>([
    [
      { qosClass: 'Burstable' },
      { qosClass: 'BestEffort' },
      'status.qosClass: Invalid value: "Burstable": field is immutable',
    ],
    [
      { hostIP: '10.0.0.1', hostIPs: [{ ip: '10.0.0.2' }] },
      {},
      'status.hostIPs[0].ip: Invalid value: "10.0.0.2": must be equal to `hostIP`',
    ],
    [
      { conditions: [{ type: '/a', status: 'True' }] },
      {},
      'metadata.conditions[0].Type: Invalid value: "/a": prefix part must be non-empty',
    ],
    [
      { nominatedNodeName: '-' },
      {},
      expect.stringMatching(/^status\.nominatedNodeName: Invalid value: "-": a lowercase RFC 1123 subdomain/),
    ],
    [
      { containerStatuses: [{ name: 'c', user: { linux: { uid: -1, gid: 0 } } }] } as unknown as Status,
      {},
      'status.containerStatuses[0].linux.uid: Invalid value: -1: must be between 0 and 2147483647, inclusive',
    ],
  ])('%j after %j is refused', (next, previous, want) => expect(errorsOf(next, previous)).toEqual([want]))

  it.each<[Status, Status, Status]>([
    [{}, { qosClass: 'Burstable' }, { qosClass: 'Burstable' }],
    [{ podIP: '10.0.0.1' }, {}, { podIP: '10.0.0.1', podIPs: [{ ip: '10.0.0.1' }] }],
    [{ podIPs: [{ ip: '10.0.0.1' }] }, {}, { podIP: '10.0.0.1', podIPs: [{ ip: '10.0.0.1' }] }],
    [{ hostIP: '10.0.0.2', hostIPs: [{ ip: '10.0.0.1' }] }, {}, { hostIP: '10.0.0.2', hostIPs: [{ ip: '10.0.0.2' }] }],
  ])('%j after %j means %j', (status, previous, want) => {
    levelStatus(status, previous)
    expect(status).toEqual(want)
  })
})
