/** A machine runs Pods that are bound to it, and at rest all of those; what the API says of them is so. */
import { isTerminating } from '../../../src/kube/object.ts'
import { pods } from '../../../src/kube/resources/core/pod.ts'
import type { Pod } from '../../../src/kube/types.ts'
import { promise } from '../violation.ts'
import type { Checker } from './checker.ts'

export function placement(): Checker {
  const nodeOf = new Map<string, string>()
  return {
    change({ resource, object }) {
      const pod = object as Pod
      if (resource === 'pods' && pod.spec.nodeName) nodeOf.set(pod.metadata.uid, pod.spec.nodeName)
    },
    starting({ name }, { metadata }) {
      const bound = nodeOf.get(metadata.uid)
      promise(
        'a machine runs what is bound to it',
        bound === name,
        () => `${metadata.name} on ${name}, bound to ${bound}`,
      )
    },
    rest({ history, agents }) {
      for (const { machine } of agents) {
        const running = machine.running().map(({ metadata }) => metadata.uid)
        const bound = history.all(pods).filter(({ spec }) => spec.nodeName === machine.name)
        const names = () => `${machine.name} runs ${running.join(' ')}; ${bound.map(nameAndUid).join(' ')} are bound`
        promise('at rest a machine runs all that is bound to it', sameSet(running, bound.map(uidOf)), names)
        for (const pod of bound) {
          const ready = pod.status.conditions?.find(({ type }) => type === 'Ready')?.status === 'True'
          const isReady = machine.observe(pod).containers.some(({ id }) => machine.isReady(uidOf(pod), id))
          const said = () => `${pod.metadata.name} on ${machine.name} is ${isReady}: ${JSON.stringify(pod.status)}`
          promise('at rest a Pod is as its status says', ready === isReady && !isTerminating(pod), said)
          promise('at rest a Pod has the address it says', pod.status.podIP === machine.ipOf(uidOf(pod)), said)
        }
      }
    },
  }
}

const uidOf = ({ metadata }: Pod): string => metadata.uid
const nameAndUid = ({ metadata }: Pod): string => `${metadata.name} (${metadata.uid})`
const sameSet = (a: readonly string[], b: readonly string[]): boolean => [...a].sort().join() === [...b].sort().join()
