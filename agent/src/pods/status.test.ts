import { describe, expect, it } from 'vitest'
import type { Pod } from '../../../src/kube/types.ts'
import { type StatusFacts, statusOf, statusText } from './status.ts'
import { container, exited, observedOf, podOf, running, seen } from './testing.ts'

const NOW = new Date('2026-01-01T00:01:00Z')

const status = (pod: Pod, more: Partial<StatusFacts> = {}) =>
  statusOf(pod, {
    observed: observedOf([]),
    old: pod.status,
    podIp: '10.1.0.5',
    hostIp: '10.9.0.1',
    isSandboxReady: true,
    reasons: new Map(),
    messages: new Map(),
    healthOf: () => ({ isStarted: true, isReady: true }),
    isOver: false,
    now: NOW,
    ...more,
  })

const conditionOf = (result: Pod['status'], type: string) => result.conditions?.find((each) => each.type === type)

describe('the status', () => {
  it('of a Pod that has not begun says that its containers are being made', () => {
    const result = status(podOf(), { podIp: undefined, isSandboxReady: false })
    expect(result.phase).toBe('Pending')
    expect(result.containerStatuses?.[0]).toMatchObject({
      state: { waiting: { reason: 'ContainerCreating' } },
      ready: false,
      started: false,
      image: 'img',
      imageID: '',
    })
    expect(conditionOf(result, 'PodReadyToStartContainers')?.status).toBe('False')
    expect(conditionOf(result, 'Ready')).toMatchObject({
      status: 'False',
      reason: 'ContainersNotReady',
      message: 'containers with unready status: [main]',
    })
    expect(result).not.toHaveProperty('podIP')
  })

  it('of a running Pod has all that kubectl shows', () => {
    const result = status(podOf(), { observed: observedOf([seen('main', running, { attempt: 3 })]) })
    expect(result).toMatchObject({
      phase: 'Running',
      podIP: '10.1.0.5',
      podIPs: [{ ip: '10.1.0.5' }],
      hostIPs: [{ ip: '10.9.0.1' }],
      startTime: '2026-01-01T00:01:00Z',
      containerStatuses: [
        {
          containerID: 'docker://main-3',
          restartCount: 3,
          ready: true,
          state: { running: { startedAt: '2026-01-01T00:00:05Z' } },
        },
      ],
    })
    expect(conditionOf(result, 'Ready')).toEqual({
      type: 'Ready',
      status: 'True',
      lastTransitionTime: '2026-01-01T00:01:00Z',
    })
  })

  it('shows why a dead container waits, and how it died', () => {
    const observed = observedOf([seen('main', exited(2), { attempt: 1 }), seen('main', exited(1), { attempt: 0 })])
    const reasons = new Map([['main', { reason: 'CrashLoopBackOff', message: 'back-off 10s' }]])
    expect(status(podOf(), { observed }).containerStatuses?.[0]).toMatchObject({
      state: { terminated: { exitCode: 2, reason: 'Error' } },
      lastState: { terminated: { exitCode: 1 } },
    })
    const [waiting] = status(podOf(), { observed, reasons }).containerStatuses ?? []
    expect(waiting).toMatchObject({
      state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 10s' } },
      lastState: { terminated: { exitCode: 2 } },
      restartCount: 1,
    })
    const [done] = status(podOf({ restartPolicy: 'Never' }), { observed, reasons }).containerStatuses ?? []
    expect(done?.state?.terminated?.exitCode).toBe(2)
  })

  it('keeps the time of a condition until its status changes', () => {
    const observed = observedOf([seen('main', running)])
    const first = status(podOf(), { observed })
    const later = new Date('2026-01-01T00:05:00Z')
    const second = status(podOf(), { observed, old: first, now: later })
    expect(second).toEqual(first)
    const third = status(podOf(), {
      observed,
      old: first,
      now: later,
      healthOf: () => ({ isStarted: true, isReady: false }),
    })
    expect(conditionOf(third, 'Ready')?.lastTransitionTime).toBe('2026-01-01T00:05:00Z')
    expect(conditionOf(third, 'Initialized')?.lastTransitionTime).toBe('2026-01-01T00:01:00Z')
  })

  it("keeps others' conditions, and waits for readiness gates", () => {
    const gate = { type: 'lb/ready', status: 'False' as const }
    const pod = podOf({ readinessGates: [{ conditionType: 'lb/ready' }] }, { status: { conditions: [gate] } })
    const observed = observedOf([seen('main', running)])
    const result = status(pod, { observed })
    expect(result.conditions).toContainEqual(gate)
    expect(conditionOf(result, 'ContainersReady')?.status).toBe('True')
    expect(conditionOf(result, 'Ready')).toMatchObject({
      reason: 'ReadinessGatesNotReady',
      message: 'the status of pod readiness gate "lb/ready" is not "True", but False',
    })
    const missing = podOf({ readinessGates: [{ conditionType: 'no' }] })
    expect(conditionOf(status(missing, { observed }), 'Ready')?.message).toBe(
      'corresponding condition of pod readiness gate "no" does not exist.',
    )
  })

  it('never leaves a finished phase, and keeps the address', () => {
    const old = { phase: 'Succeeded' as const, podIP: '10.1.0.5', podIPs: [{ ip: '10.1.0.5' }] }
    const result = status(podOf({}, { status: old }), { podIp: undefined, isSandboxReady: false })
    expect(result).toMatchObject(old)
    expect(conditionOf(result, 'Ready')).toMatchObject({ status: 'False', reason: 'PodCompleted' })
  })

  it('of a Pod that was ended counts what never ran as failed', () => {
    const pod = podOf({ containers: [container('main'), container('b')] })
    const result = status(pod, { observed: observedOf([seen('main', exited(0))]), isOver: true })
    expect(result.phase).toBe('Failed')
    expect(result.containerStatuses?.[1]?.state?.terminated).toMatchObject({
      exitCode: 137,
      reason: 'ContainerStatusUnknown',
    })
  })

  it('says why the agent ended it', () => {
    const failure = { reason: 'DeadlineExceeded', message: 'too long' }
    expect(status(podOf(), { failure })).toMatchObject({ phase: 'Failed', ...failure })
  })

  it('has one text, whatever the order of fields and conditions', () => {
    const a = {
      phase: 'Running' as const,
      conditions: [
        { type: 'A', status: 'True' as const },
        { type: 'B', status: 'True' as const },
      ],
    }
    const b = {
      conditions: [
        { status: 'True' as const, type: 'B' },
        { status: 'True' as const, type: 'A' },
      ],
      phase: 'Running' as const,
    }
    expect(statusText(a)).toBe(statusText(b))
  })
})
