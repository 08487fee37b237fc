/** Looking into a Pod and into what the engine holds of it: which container is current, which restarts. Pure. */
import { createHash } from 'node:crypto'
import type { IContainer, IContainerStatus, IPodCondition, IProbe, IVolume } from 'kubernetes-models/v1'
import type { Pod } from '../../../src/kube/types.ts'
import type { ObservedContainer, ObservedPod, ObservedSandbox, PodIdentity } from '../runtime/runtime.ts'

export type Container = IContainer
export type ContainerStatus = IContainerStatus
export type PodCondition = IPodCondition
export type Probe = IProbe
export type Volume = IVolume

export type RestartPolicy = 'Always' | 'OnFailure' | 'Never'

export const identityOf = (pod: Pod): PodIdentity => ({
  uid: pod.metadata.uid,
  namespace: pod.metadata.namespace ?? '',
  name: pod.metadata.name,
})

/** `name_namespace(uid)`, as the kubelet prints a Pod in its messages (format.Pod). */
export const podText = (pod: Pod): string => `${pod.metadata.name}_${pod.metadata.namespace}(${pod.metadata.uid})`

export const initContainersOf = (pod: Pod): readonly Container[] => pod.spec.initContainers ?? []

export const containersOf = (pod: Pod): readonly Container[] => pod.spec.containers

/** KEP-753: an init container that keeps running beside the others. */
export const isSidecar = (container: Container): boolean => container.restartPolicy === 'Always'

/** Sidecars restart always, whatever the Pod's policy is. */
export function restartPolicyOf(pod: Pod, container: Container): RestartPolicy {
  if (isSidecar(container)) return 'Always'
  const policy = pod.spec.restartPolicy
  return policy === 'Never' || policy === 'OnFailure' ? policy : 'Always'
}

/** The newest attempt of a container, in whatever sandbox. */
export function newestOf(observed: ObservedPod, name: string): ObservedContainer | undefined {
  return attemptsOf(observed, name)[0]
}

/** All attempts of a container, newest first. */
export function attemptsOf(observed: ObservedPod, name: string): readonly ObservedContainer[] {
  return observed.containers.filter((container) => container.name === name).sort((a, b) => b.attempt - a.attempt)
}

export function sandboxOf(observed: ObservedPod): ObservedSandbox | undefined {
  return [...observed.sandboxes].sort((a, b) => b.attempt - a.attempt)[0]
}

export const isRunning = (container: ObservedContainer | undefined): boolean => container?.state.kind === 'running'

export const hasSucceeded = (container: ObservedContainer | undefined): boolean =>
  container?.state.kind === 'exited' && container.state.exitCode === 0

/** Only a changed name or image restarts a container in place (kubelet's pickFieldsToHash since 1.31). */
export function hashOf(container: Container): string {
  return createHash('sha256')
    .update(JSON.stringify([container.name, container.image]))
    .digest('hex')
    .slice(0, 8)
}

/** ShouldContainerBeRestarted of the kubelet. */
export function shouldRestart(pod: Pod, container: Container, newest: ObservedContainer | undefined): boolean {
  if (pod.metadata.deletionTimestamp !== undefined) return false
  if (newest === undefined || newest.state.kind === 'created') return true
  if (newest.state.kind === 'running') return false
  const policy = restartPolicyOf(pod, container)
  return policy === 'Always' || (policy === 'OnFailure' && newest.state.exitCode !== 0)
}

/** The regular containers begin only after the init containers: one there means that the Pod was initialized. */
export function hasRegularContainer(pod: Pod, observed: ObservedPod, sandboxId: string | undefined): boolean {
  const names = new Set(containersOf(pod).map(({ name }) => name))
  return observed.containers.some(
    (container) => names.has(container.name) && container.state.kind !== 'created' && container.sandboxId === sandboxId,
  )
}

/** A Kubernetes time: whole seconds. */
export const kubeTime = (time: string | number | Date): string => `${new Date(time).toISOString().slice(0, 19)}Z`
