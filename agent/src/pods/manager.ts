/**
 * One worker a Pod: started for what is desired or found running, told of changes, forgotten when it is done. What the
 * engine holds of Pods that nobody wants any more is cleared away, once it is sure what is wanted.
 */
import { mentionedBy } from '../../../src/kube/pod/mentions.ts'
import type { Pod } from '../../../src/kube/types.ts'
import type { Log } from '../log.ts'
import { messageOf } from '../log.ts'
import type { PodIdentity } from '../runtime/runtime.ts'
import { stopOrphan } from './orphans.ts'
import { PodWorker } from './worker.ts'
import type { World } from './world.ts'

export class PodManager {
  readonly #world: World
  readonly #log: Log
  readonly #workers = new Map<string, PodWorker>()
  readonly #orphans = new Set<string>()

  constructor(world: World, log: Log) {
    this.#world = world
    this.#log = log
  }

  /** Brings the workers in line with what is desired. */
  follow(pods: Iterable<Pod>): void {
    const wanted = new Map([...pods].map((pod) => [pod.metadata.uid, pod]))
    for (const [uid, pod] of wanted) {
      const worker = this.#workers.get(uid)
      if (!worker) this.#start(pod)
      else if (worker.pod.metadata.resourceVersion !== pod.metadata.resourceVersion) worker.update(pod)
    }
    for (const [uid, worker] of this.#workers) if (!wanted.has(uid)) worker.remove()
  }

  /** Those whose ConfigMaps or Secrets these are: their volumes, or what they wait for, want a look. */
  wakeMentioning({ configMaps, secrets }: { configMaps: ReadonlySet<string>; secrets: ReadonlySet<string> }): void {
    if (configMaps.size === 0 && secrets.size === 0) return
    for (const worker of this.#workers.values()) {
      const mentioned = mentionedBy([worker.pod])
      const isOne = (ids: ReadonlySet<string>, own: ReadonlyMap<string, unknown>) =>
        [...own.keys()].some((id) => ids.has(id))
      if (isOne(configMaps, mentioned.configMaps) || isOne(secrets, mentioned.secrets)) worker.wake()
    }
  }

  /** What happened meanwhile is not known. */
  wakeAll(): void {
    for (const worker of this.#workers.values()) worker.wake()
  }

  /** Something happened to one of the Pod's containers. */
  wake(uid: string): void {
    this.#workers.get(uid)?.wake()
  }

  stop(): void {
    for (const worker of this.#workers.values()) worker.stop()
  }

  /**
   * Stops and removes what is left of Pods that are not desired; only for when it is known what is. The stopping itself
   * goes on behind: it may take as long as the Pods were given to end.
   */
  async clearAway(pods: Iterable<Pod>): Promise<void> {
    const wanted = new Set([...pods].map((pod) => pod.metadata.uid))
    for (const identity of await this.#world.runtime.pods()) {
      if (wanted.has(identity.uid) || this.#workers.has(identity.uid) || this.#orphans.has(identity.uid)) continue
      this.#orphans.add(identity.uid)
      void this.#clearOne(identity)
        .catch((error: unknown) =>
          this.#log.warn({ pod: identity.uid, error: messageOf(error) }, 'an unwanted pod could not be cleared away'),
        )
        .finally(() => this.#orphans.delete(identity.uid))
    }
    for (const uid of await this.#world.volumes.known())
      if (!wanted.has(uid) && !this.#workers.has(uid) && !this.#orphans.has(uid)) await this.#world.volumes.remove(uid)
  }

  async #clearOne(identity: PodIdentity): Promise<void> {
    const { runtime, network, volumes } = this.#world
    const observed = await runtime.observe(identity)
    await stopOrphan(observed, runtime)
    for (const { id } of [...observed.containers, ...observed.sandboxes]) await runtime.remove(id)
    await network.disconnect(identity.uid)
    await volumes.remove(identity.uid)
  }

  #start(pod: Pod): void {
    const worker = new PodWorker(pod, this.#world)
    const { uid } = pod.metadata
    this.#workers.set(uid, worker)
    void worker
      .run()
      .catch((error: unknown) => this.#log.error({ pod: uid, error: messageOf(error) }, 'a pod worker ended'))
      .finally(() => this.#workers.delete(uid))
  }
}
