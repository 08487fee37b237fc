/** Builders for tests of Pods: only what a case is about is spelt out. */
import type { Pod } from '../../../src/kube/types.ts'
import type { ContainerState, ObservedContainer, ObservedPod, ObservedSandbox } from '../runtime/runtime.ts'
import { type Container, hashOf } from './containers.ts'

export const container = (name: string, more: Partial<Container> = {}): Container => ({ name, image: 'img', ...more })

export function podOf(spec: Partial<Pod['spec']> = {}, more: { metadata?: object; status?: Pod['status'] } = {}): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: 'p',
      namespace: 'ns',
      uid: 'u1',
      resourceVersion: '1',
      creationTimestamp: '2026-01-01T00:00:00Z',
      ...more.metadata,
    },
    spec: { containers: [container('main')], restartPolicy: 'Always', ...spec },
    status: more.status ?? {},
  }
}

export const running: ContainerState = { kind: 'running', startedAt: '2026-01-01T00:00:05.5Z' }

export const exited = (exitCode: number): ContainerState => ({
  kind: 'exited',
  exitCode,
  reason: exitCode === 0 ? 'Completed' : 'Error',
  startedAt: '2026-01-01T00:00:05Z',
  finishedAt: '2026-01-01T00:00:09Z',
})

export const seen = (
  name: string,
  state: ContainerState,
  more: Partial<ObservedContainer> = {},
): ObservedContainer => ({
  id: `${name}-${more.attempt ?? 0}`,
  sandboxId: 'box',
  name,
  attempt: 0,
  hash: hashOf(container(name)),
  createdAt: '2026-01-01T00:00:04Z',
  image: 'img:latest',
  imageId: 'docker://sha256:1',
  state,
  stopSignal: 'SIGTERM',
  ...more,
})

export const box: ObservedSandbox = { id: 'box', attempt: 0, createdAt: '', isRunning: true, pid: 1 }

export const observedOf = (
  containers: readonly ObservedContainer[],
  sandboxes: readonly ObservedSandbox[] = [box],
): ObservedPod => ({ identity: { uid: 'u1', namespace: 'ns', name: 'p' }, containers, sandboxes })
