/** Events about Pods and their containers, in the kubelet's words. */
import type { Pod } from '../../../src/kube/types.ts'
import type { AgentEvent } from '../../../src/protocol/agent.ts'
import { type Container, initContainersOf } from './containers.ts'

export type EventType = 'Normal' | 'Warning'

/** `kubectl describe` and event readers bear messages of this length; a probe's output may be far longer. */
const MESSAGE_LIMIT = 1024

export function podEvent(
  pod: Pod,
  { type, reason, message }: { type: EventType; reason: string; message: string },
  container?: Container,
): AgentEvent {
  const { name, namespace = '', uid } = pod.metadata
  return {
    about: { kind: 'Pod', namespace, name, uid, ...(container ? { fieldPath: fieldPathOf(pod, container) } : {}) },
    type,
    reason,
    message: message.slice(0, MESSAGE_LIMIT),
  }
}

function fieldPathOf(pod: Pod, { name }: Container): string {
  const isInit = initContainersOf(pod).some((container) => container.name === name)
  return `spec.${isInit ? 'initContainers' : 'containers'}{${name}}`
}
