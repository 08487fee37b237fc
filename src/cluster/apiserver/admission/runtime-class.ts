/**
 * RuntimeClass: what a Pod of a class costs beside its containers, and where it may run.
 * https://kubernetes.io/docs/concepts/containers/runtime-class/
 */
import { forbidden } from '../../../kube/errors.ts'
import { deepEqual } from '../../../kube/json.ts'
import { pods } from '../../../kube/resources/core/pod.ts'
import { runtimeClasses } from '../../../kube/resources/node/runtime-class.ts'
import type { Pod, RuntimeClass } from '../../../kube/types.ts'
import type { Store } from '../../../store/store.ts'

/** In place. Throws 403. */
export function admitRuntimeClass(store: Store, pod: Pod): void {
  const { spec } = pod
  const { runtimeClassName: name } = spec
  const refuse = (why: string) => forbidden(pods, pod.metadata.name, why)
  if (name === undefined) {
    if (spec.overhead)
      throw refuse('pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead')
    return
  }
  const found = store.get(runtimeClasses, { namespace: '', name })
  if (!found) throw refuse(`pod rejected: RuntimeClass ${JSON.stringify(name)} not found`)
  const overhead = found.overhead?.podFixed
  if (spec.overhead && !deepEqual(spec.overhead, overhead ?? {}))
    throw refuse("pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead")
  if (overhead) spec.overhead = { ...overhead }
  const conflict = found.scheduling && place(spec, found.scheduling)
  if (conflict !== undefined) throw refuse(`pod rejected: ${conflict}`)
}

/** In place. Answers what contradicts. */
function place(
  spec: Pod['spec'],
  { nodeSelector = {}, tolerations = [] }: NonNullable<RuntimeClass['scheduling']>,
): string | undefined {
  for (const [key, value] of Object.entries(nodeSelector)) {
    const own = spec.nodeSelector?.[key]
    if (own !== undefined && own !== value)
      return `conflict: runtimeClass.scheduling.nodeSelector[${key}] = ${value}; pod.spec.nodeSelector[${key}] = ${own}`
  }
  if (Object.keys(nodeSelector).length > 0) spec.nodeSelector = { ...nodeSelector, ...spec.nodeSelector }
  const missing = tolerations.filter((toleration) => !spec.tolerations?.some((own) => deepEqual(own, toleration)))
  if (missing.length > 0) spec.tolerations = [...(spec.tolerations ?? []), ...missing]
  return undefined
}
