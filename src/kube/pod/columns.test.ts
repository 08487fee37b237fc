import { describe, expect, it } from 'vitest'
import type { Pod } from '../types.ts'
import { podColumns } from './columns.ts'

const NOW = Date.parse('2026-01-01T12:00:00Z')

type Status = Partial<Pod['status']>
type Container = NonNullable<Pod['status']['containerStatuses']>[number]

const container = (name: string, given: Partial<Container>): Container => ({
  name,
  image: 'i',
  imageID: '',
  ready: false,
  restartCount: 0,
  ...given,
})
const running = (name: string, given: Partial<Container> = {}): Container =>
  container(name, { ready: true, started: true, state: { running: {} }, ...given })

function pod(
  status: Status,
  given: { inits?: { name: string; restartPolicy?: string }[]; deleted?: boolean; count?: number } = {},
): Pod {
  const { inits = [], deleted = false, count = 1 } = given
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: 'web',
      namespace: 'default',
      uid: 'u',
      resourceVersion: '1',
      creationTimestamp: '2026-01-01T11:55:00Z',
      ...(deleted ? { deletionTimestamp: '2026-01-01T12:00:30Z' } : {}),
    },
    spec: {
      containers: Array.from({ length: count }, (_, index) => ({ name: `c${index}` })),
      ...(inits.length > 0 ? { initContainers: inits } : {}),
    },
    status: { phase: 'Pending', ...status },
  }
}

const cells = (of: Pod) => podColumns.map((column) => column.cell(of, NOW))

describe('podColumns', () => {
  const initialized = [{ type: 'Initialized', status: 'True' as const }]
  it.each([
    { what: 'is pending', pod: pod({}), want: ['0/1', 'Pending', '0'] },
    {
      what: 'runs',
      pod: pod({ phase: 'Running', containerStatuses: [running('c0')] }),
      want: ['1/1', 'Running', '0'],
    },
    {
      what: 'is being created',
      pod: pod({ containerStatuses: [container('c0', { state: { waiting: { reason: 'ContainerCreating' } } })] }),
      want: ['0/1', 'ContainerCreating', '0'],
    },
    {
      what: 'crashes again and again',
      pod: pod({
        phase: 'Running',
        containerStatuses: [
          container('c0', {
            restartCount: 2,
            state: { waiting: { reason: 'CrashLoopBackOff' } },
            lastState: { terminated: { exitCode: 1, finishedAt: '2026-01-01T11:55:00Z' } },
          }),
        ],
      }),
      want: ['0/1', 'CrashLoopBackOff', '2 (5m ago)'],
    },
    {
      what: 'failed without a reason',
      pod: pod({ phase: 'Failed', containerStatuses: [container('c0', { state: { terminated: { exitCode: 3 } } })] }),
      want: ['0/1', 'ExitCode:3', '0'],
    },
    {
      what: 'was killed by a signal',
      pod: pod({
        phase: 'Failed',
        containerStatuses: [container('c0', { state: { terminated: { exitCode: 137, signal: 9 } } })],
      }),
      want: ['0/1', 'Signal:9', '0'],
    },
    {
      what: 'is at its first init container',
      pod: pod(
        { initContainerStatuses: [container('i0', { state: { running: {} } })] },
        { inits: [{ name: 'i0' }, { name: 'i1' }] },
      ),
      want: ['0/1', 'Init:0/2', '0'],
    },
    {
      what: 'has an init container that crashes',
      pod: pod(
        {
          initContainerStatuses: [
            container('i0', { restartCount: 1, state: { waiting: { reason: 'CrashLoopBackOff' } } }),
          ],
        },
        { inits: [{ name: 'i0' }] },
      ),
      want: ['0/1', 'Init:CrashLoopBackOff', '1'],
    },
    {
      what: 'forgets restarts of finished init containers',
      pod: pod(
        {
          phase: 'Running',
          conditions: initialized,
          initContainerStatuses: [container('i0', { restartCount: 4, state: { terminated: { exitCode: 0 } } })],
          containerStatuses: [running('c0')],
        },
        { inits: [{ name: 'i0' }] },
      ),
      want: ['1/1', 'Running', '0'],
    },
    {
      what: 'counts sidecars',
      pod: pod(
        {
          phase: 'Running',
          conditions: initialized,
          initContainerStatuses: [running('i0')],
          containerStatuses: [running('c0')],
        },
        { inits: [{ name: 'i0', restartPolicy: 'Always' }] },
      ),
      want: ['2/2', 'Running', '0'],
    },
    {
      what: 'has one container that has ended while another runs',
      pod: pod(
        {
          phase: 'Running',
          conditions: [{ type: 'Ready', status: 'False' }],
          containerStatuses: [
            container('c0', { state: { terminated: { exitCode: 0, reason: 'Completed' } } }),
            running('c1'),
          ],
        },
        { count: 2 },
      ),
      want: ['1/2', 'NotReady', '0'],
    },
    {
      what: 'is on its way out',
      pod: pod({ phase: 'Running', containerStatuses: [running('c0')] }, { deleted: true }),
      want: ['1/1', 'Terminating', '0'],
    },
    {
      what: 'waits at a scheduling gate',
      pod: pod({ conditions: [{ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' }] }),
      want: ['0/1', 'SchedulingGated', '0'],
    },
    { what: 'was evicted', pod: pod({ phase: 'Failed', reason: 'Evicted' }), want: ['0/1', 'Evicted', '0'] },
  ])('shows a Pod that $what', ({ pod: shown, want }) => {
    expect(cells(shown).slice(1, 4)).toEqual(want)
  })

  it('has the columns of kubectl get pods -o wide', () => {
    expect(podColumns.map(({ name }) => name).join(' ')).toBe(
      'Name Ready Status Restarts Age IP Node Nominated Node Readiness Gates',
    )
    expect(cells(pod({}))).toEqual(['web', '0/1', 'Pending', '0', '5m', '<none>', '<none>', '<none>', '<none>'])
  })
})
