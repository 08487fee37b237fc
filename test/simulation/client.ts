/** Someone who uses the API: writes now and then, and remembers what was acknowledged. */
import { commit } from '../../src/cluster/apiserver/commit.ts'
import type { Operations } from '../../src/cluster/apiserver/operations.ts'
import type { ControlPlane } from '../../src/cluster/control-plane.ts'
import { StatusError } from '../../src/kube/errors.ts'
import { clone } from '../../src/kube/json.ts'
import { type Key, type KubeObject, keyOf } from '../../src/kube/object.ts'
import { textOf } from '../../src/kube/object-text.ts'
import type { UserInfo } from '../../src/kube/rbac/user.ts'
import { type Resource, resourceName } from '../../src/kube/resource.ts'
import type { Store } from '../../src/store/store.ts'
import type { DurableObject } from './durable-object.ts'
import type { Chance } from './random.ts'
import type { Timeline } from './timeline.ts'
import { Violation } from './violation.ts'

/** A write that was answered with success. */
export interface Acknowledged {
  readonly resource: string
  readonly key: Key
  readonly rv: number
  readonly text: string
}

export interface Written {
  readonly resource: Resource
  readonly object: KubeObject
}

export interface Api {
  readonly operations: Operations
  readonly store: Store
}

export interface Client {
  readonly acknowledged: readonly Acknowledged[]
  /** Answered, refused and lost requests. */
  readonly counts: { answered: number; refused: number; lost: number }
  /** All that `work` sends arrives in one instant. */
  atOnce(work: () => void): void
  /** Sends one write; nothing is done about a refusal or a loss. */
  write(what: string, work: (api: Api) => readonly Written[]): void
  create<T extends KubeObject>(resource: Resource<T>, namespace: string, draft: object): void
  /** As somebody whom policies and webhooks judge: the others are the cluster's own to them. */
  createAs<T extends KubeObject>(user: UserInfo, resource: Resource<T>, namespace: string, draft: object): void
  /** Reads, changes and writes in one request, as a patch does. */
  patch<T extends KubeObject>(resource: Resource<T>, key: Key, change: (draft: T) => void): void
  remove<T extends KubeObject>(resource: Resource<T>, key: Key, options?: Parameters<Operations['delete']>[2]): void
}

export interface ClientOptions {
  readonly timeline: Timeline
  readonly chance: Chance
  readonly object: DurableObject
  readonly fail: (violation: Violation) => void
}

const LATENCY_MS = 80

export function createClient({ timeline, chance, object, fail }: ClientOptions): Client {
  const acknowledged: Acknowledged[] = []
  const counts = { answered: 0, refused: 0, lost: 0 }

  let together: number | undefined

  const write: Client['write'] = (what, work) =>
    send(what, ({ queue, operations, store }) => queue.commit(() => work({ operations, store }).map(noted)))

  const send = (what: string, work: (plane: ControlPlane) => Promise<readonly Acknowledged[]>) =>
    timeline.after(together ?? chance.int(LATENCY_MS), what, () =>
      object.call<readonly Acknowledged[]>(work, (answer) => {
        counts[answer.state] += 1
        if (answer.state === 'answered') acknowledged.push(...answer.value)
        else if (answer.state === 'refused' && !(answer.error instanceof StatusError))
          fail(new Violation('a request failed', `${what}: ${String(answer.error)}`))
      }),
    )

  return {
    acknowledged,
    counts,
    atOnce(work) {
      together = chance.int(LATENCY_MS)
      work()
      together = undefined
    },
    write,
    create(resource, namespace, draft) {
      const name = (draft as { metadata: { name: string } }).metadata.name
      write(`create ${resource.singular} ${namespace}/${name}`, ({ operations }) => [
        // What the draft lacks the operation fills in.
        written(resource, operations.create(resource, namespace, clone(draft) as never)),
      ])
    },
    createAs(user, resource, namespace, draft) {
      send(`create ${resource.singular} in ${namespace}`, ({ queue, operations, attempts }) => {
        const attempt = attempts.begin()
        const options = { kind: 'CreateOptions', apiVersion: 'meta.k8s.io/v1' }
        const asked = { user, isDryRun: false, options, answers: attempt.answers }
        return commit({ queue, attempt, warnings: [] }, false, () => {
          const made = operations.create(resource, namespace, clone(draft) as never, { name: 'simulation', asked })
          return [noted(written(resource, made))]
        })
      })
    },
    patch(resource, key, change) {
      write(`patch ${resource.singular} ${key.namespace}/${key.name}`, ({ operations, store }) => {
        const existing = store.get(resource, key)
        if (!existing) return []
        const draft = clone(existing)
        change(draft)
        return [written(resource, operations.update(resource, key, draft))]
      })
    },
    remove(resource, key, options = {}) {
      write(`delete ${resource.singular} ${key.namespace}/${key.name}`, ({ operations }) => [
        written(resource, operations.delete(resource as unknown as Resource, key, options).object),
      ])
    },
  }
}

const written = <T extends KubeObject>(resource: Resource<T>, object: KubeObject): Written => ({
  resource: resource as unknown as Resource,
  object,
})

const noted = ({ resource, object }: Written): Acknowledged => ({
  resource: resourceName(resource),
  key: keyOf(object),
  rv: Number(object.metadata.resourceVersion),
  text: textOf(object),
})
