import { describe, expect, it } from 'vitest'
import type { Pod } from '../../../src/kube/types.ts'
import type { ObservedPod } from '../runtime/runtime.ts'
import { type PlanFacts, planFor } from './plan.ts'
import { box, container, exited, observedOf, podOf, running, seen } from './testing.ts'

const plan = (pod: Pod, observed: ObservedPod, more: Partial<PlanFacts> = {}) => {
  const isSandboxReady = observed.sandboxes.some(({ isRunning }) => isRunning)
  const facts = { observed, isSandboxReady, failedProbe: () => undefined, isStarted: () => true, ...more }
  const { kills, sandbox, starts } = planFor(pod, facts)
  return { kills: kills.map(({ message }) => message), sandbox, starts: starts.map(({ name }) => name) }
}

describe('the plan for a Pod', () => {
  const two = podOf({ containers: [container('a'), container('b')] })

  it('begins with a sandbox, then all containers, then nothing', () => {
    expect(plan(two, observedOf([], []))).toEqual({ kills: [], sandbox: { attempt: 0 }, starts: [] })
    expect(plan(two, observedOf([]))).toMatchObject({ sandbox: undefined, starts: ['a', 'b'] })
    expect(plan(two, observedOf([seen('a', running), seen('b', running)]))).toMatchObject({ kills: [], starts: [] })
  })

  it.each([
    ['Always', 0, ['main']],
    ['Always', 1, ['main']],
    ['OnFailure', 0, []],
    ['OnFailure', 1, ['main']],
    ['Never', 1, []],
  ] as const)('%s restarts after exit code %i: %j', (restartPolicy, code, starts) => {
    expect(plan(podOf({ restartPolicy }), observedOf([seen('main', exited(code))])).starts).toEqual(starts)
  })

  it('makes a dead sandbox anew with the next number and stops what is left in it', () => {
    const dead = { ...box, isRunning: false }
    const observed = observedOf([seen('a', running), seen('b', exited(137))], [dead])
    expect(plan(two, observed)).toEqual({ kills: ['Stopping container a'], sandbox: { attempt: 1 }, starts: [] })
    const done = podOf({ restartPolicy: 'OnFailure' })
    expect(plan(done, observedOf([seen('main', exited(0))], [dead])).sandbox).toBeUndefined()
    expect(
      plan(podOf({ restartPolicy: 'Never' }), observedOf([seen('main', exited(1))], [dead])).sandbox,
    ).toBeUndefined()
  })

  it('restarts a container whose image changed, or whose probe has failed', () => {
    const changed = podOf({ containers: [container('main', { image: 'new' })] })
    const observed = observedOf([seen('main', running)])
    expect(plan(changed, observed).kills).toEqual(['Container main definition changed, will be restarted'])
    expect(plan(podOf(), observed, { failedProbe: () => 'liveness' }).kills).toEqual([
      'Container main failed liveness probe, will be restarted',
    ])
    expect(plan(podOf({ restartPolicy: 'Never' }), observed, { failedProbe: () => 'startup' }).kills).toEqual([
      'Container main failed startup probe',
    ])
  })

  describe('with init containers', () => {
    const pod = podOf({ initContainers: [container('i1'), container('i2')] })

    it('runs them one after another, before the rest', () => {
      expect(plan(pod, observedOf([])).starts).toEqual(['i1'])
      expect(plan(pod, observedOf([seen('i1', running)])).starts).toEqual([])
      expect(plan(pod, observedOf([seen('i1', exited(0))])).starts).toEqual(['i2'])
      expect(plan(pod, observedOf([seen('i1', exited(0)), seen('i2', exited(1))])).starts).toEqual(['i2'])
      expect(plan(pod, observedOf([seen('i1', exited(0)), seen('i2', exited(0))])).starts).toEqual(['main'])
    })

    it('does not run them again when they are gone but the rest has begun', () => {
      expect(plan(pod, observedOf([seen('main', exited(1))])).starts).toEqual(['main'])
    })

    it('runs them again in a new sandbox', () => {
      const old = { sandboxId: 'old' }
      expect(plan(pod, observedOf([seen('i1', exited(0), old), seen('main', exited(1), old)])).starts).toEqual(['i1'])
    })

    it('lets the next begin once a sidecar has started, and keeps the sidecar running', () => {
      const withSidecar = podOf({ initContainers: [container('s', { restartPolicy: 'Always' }), container('i2')] })
      expect(plan(withSidecar, observedOf([seen('s', running)]), { isStarted: () => false }).starts).toEqual([])
      expect(plan(withSidecar, observedOf([seen('s', running)])).starts).toEqual(['i2'])
      const late = observedOf([seen('s', exited(0)), seen('i2', exited(0)), seen('main', running)])
      expect(plan(withSidecar, late).starts).toEqual(['s'])
    })
  })
})
