/** Plays the nodes in tests: binds Pods, makes them ready, ends those that are to go. */
import { isTerminating, keyOf } from '../../kube/object.ts'
import { isPodActive, isPodReady } from '../../kube/pod/readiness.ts'
import { pods } from '../../kube/resources/core/pod.ts'
import type { Pod } from '../../kube/types.ts'
import { timestampOf } from '../instant.ts'
import type { World } from './world.ts'

export const activePods = (world: World): Pod[] => world.list(pods).filter(isPodActive)

export const availablePods = (world: World): number => activePods(world).filter(isPodReady).length

export function makeReady(world: World, some: readonly Pod[] = activePods(world), node = 'n1'): void {
  for (const pod of some) {
    if (!pod.spec.nodeName)
      world.edit(pods, keyOf(pod), (draft) => {
        draft.spec.nodeName = node
      })
    world.edit(pods, keyOf(pod), (draft) => {
      if (isPodReady(draft)) return
      draft.status = {
        ...draft.status,
        phase: 'Running',
        podIP: draft.status.podIP ?? `10.244.0.${world.writes % 250}`,
        conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: timestampOf(world.now) }],
      }
    })
  }
}

/** The containers of terminating Pods have stopped. */
export function endTerminating(world: World): void {
  for (const pod of world.list(pods).filter(isTerminating)) world.delete(pods, pod, { gracePeriodSeconds: 0 })
}

/** Lets nodes and controllers do all they can, in turns. */
export function live(world: World, turns = 40): void {
  for (let turn = 0; turn < turns; turn++) {
    world.settle()
    const before = world.writes
    makeReady(world)
    endTerminating(world)
    world.settle()
    if (world.writes === before) return
  }
  throw new Error('the cluster does not come to rest')
}
