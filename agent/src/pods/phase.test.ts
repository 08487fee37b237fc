import { describe, expect, it } from 'vitest'
import type { ContainerStatus, RestartPolicy } from './containers.ts'
import { phaseOf } from './phase.ts'
import { container, podOf } from './testing.ts'

const base = (name: string) => ({ name, image: '', imageID: '', ready: false, restartCount: 0 })
const runs = (name: string): ContainerStatus => ({ ...base(name), started: true, state: { running: {} } })
const stopped = (name: string, exitCode: number): ContainerStatus => ({
  ...base(name),
  state: { terminated: { exitCode } },
})
const waits = (name: string): ContainerStatus => ({ ...base(name), state: { waiting: {} } })
const backsOff = (name: string, exitCode: number): ContainerStatus => ({
  ...base(name),
  state: { waiting: {} },
  lastState: { terminated: { exitCode } },
})

/** After getPhase's own table (kubelet_pods_test.go). */
describe('the phase', () => {
  const two = [container('a'), container('b')]
  const phase = (policy: RestartPolicy, regular: ContainerStatus[], isOver = false) =>
    phaseOf(podOf({ containers: two, restartPolicy: policy }), { init: [], regular }, isOver)

  it.each([
    ['Always', [waits('a'), waits('b')], 'Pending'],
    ['Always', [runs('a'), runs('b')], 'Running'],
    ['Always', [stopped('a', 0), stopped('b', 0)], 'Running'],
    ['Always', [stopped('a', 1), stopped('b', 1)], 'Running'],
    ['Always', [runs('a'), stopped('b', 1)], 'Running'],
    ['Always', [runs('a'), waits('b')], 'Pending'],
    ['Always', [runs('a')], 'Pending'],
    ['Always', [runs('a'), backsOff('b', 1)], 'Running'],
    ['Never', [stopped('a', 0), stopped('b', 0)], 'Succeeded'],
    ['Never', [stopped('a', 0), stopped('b', 1)], 'Failed'],
    ['Never', [runs('a'), stopped('b', 1)], 'Running'],
    ['OnFailure', [stopped('a', 0), stopped('b', 0)], 'Succeeded'],
    ['OnFailure', [stopped('a', 0), stopped('b', 1)], 'Running'],
  ] as const)('%s, %j: %s', (policy, statuses, want) => expect(phase(policy, [...statuses])).toBe(want))

  it.each([
    [[stopped('a', 0), stopped('b', 0)], 'Succeeded'],
    [[stopped('a', 0), stopped('b', 137)], 'Failed'],
  ])('of a Pod that was ended, %j: %s', (statuses, want) => expect(phase('Always', statuses, true)).toBe(want))

  it.each([
    ['Always', waits('i'), 'Pending'],
    ['Always', runs('i'), 'Pending'],
    ['Always', backsOff('i', 1), 'Pending'],
    ['Never', stopped('i', 1), 'Failed'],
    ['Always', stopped('i', 0), 'Running'],
  ] as const)('with an init container, %s, %j: %s', (restartPolicy, status, want) => {
    const pod = podOf({ initContainers: [container('i')], containers: [container('a')], restartPolicy })
    const regular = want === 'Running' ? [runs('a')] : [waits('a')]
    expect(phaseOf(pod, { init: [status], regular }, false)).toBe(want)
  })
})
