/**
 * What has become durable, read from the database's log as anybody could read it: every change in order, and the state
 * that they add up to. It is built from the log alone, so that the store's own tables can be judged by it.
 */
import { parseJson } from '../../src/kube/json.ts'
import { type Key, type KubeObject, keyText } from '../../src/kube/object.ts'
import { type Resource, resourceName } from '../../src/kube/resource.ts'
import { integer, type Sql, text } from '../../src/store/sql.ts'

export interface DurableChange {
  readonly rv: number
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'
  /** `pods`, `deployments.apps`. */
  readonly resource: string
  readonly key: Key
  /** Id of the version it replaced, 0 if none. */
  readonly prev: number
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly text: string
  /** Of a deletion the last state. */
  readonly object: KubeObject
  readonly previous: KubeObject | undefined
}

export interface State {
  /** In order of creation. */
  all<T extends KubeObject>(resource: Resource<T>): readonly T[]
  get<T extends KubeObject>(resource: Resource<T>, key: Key): T | undefined
  byName(resource: string): ReadonlyMap<string, KubeObject>
  /** Every resource that there ever was an object of. */
  types(): [string, ReadonlyMap<string, KubeObject>][]
}

export interface History extends State {
  readonly changes: readonly DurableChange[]
  /** Resource version of the last change. */
  readonly latest: number
  /** Reads what has become durable since the last call. */
  read(sql: Sql, listener: Listener): void
}

export interface Listener {
  change(change: DurableChange, before: State): void
  changed(change: DurableChange, after: State): void
}

const TYPES = ['ADDED', 'MODIFIED', 'DELETED'] as const
const NOTHING: ReadonlyMap<string, KubeObject> = new Map()

export function createHistory(): History {
  const changes: DurableChange[] = []
  const state = new Map<string, Map<string, KubeObject>>()
  let latest = 0

  const byName = (resource: string): ReadonlyMap<string, KubeObject> => state.get(resource) ?? NOTHING

  const apply = ({ type, resource, key, object }: DurableChange): void => {
    const all = state.get(resource) ?? new Map<string, KubeObject>()
    state.set(resource, all)
    if (type === 'DELETED') all.delete(keyText(key))
    else all.set(keyText(key), object)
  }

  return {
    changes,
    get latest() {
      return latest
    },
    byName,
    types: () => [...state],
    // What the log holds under a resource's name is of its type.
    all: <T extends KubeObject>(resource: Resource<T>) => [...byName(resourceName(resource)).values()] as T[],
    get: <T extends KubeObject>(resource: Resource<T>, key: Key) =>
      byName(resourceName(resource)).get(keyText(key)) as T | undefined,
    read(sql, listener) {
      const rows = sql.rows(
        'SELECT rv, type, resource, namespace, name, prev, at, body FROM changes WHERE rv > ? ORDER BY rv',
        latest,
      )
      for (const [rv, type, resource, namespace, name, prev, at, body] of rows) {
        const key = { namespace: text(namespace), name: text(name) }
        const change: DurableChange = {
          rv: integer(rv),
          type: TYPES[integer(type)] ?? 'MODIFIED',
          resource: text(resource),
          key,
          prev: integer(prev),
          at: integer(at),
          text: text(body),
          object: parseJson(text(body)) as KubeObject,
          previous: byName(text(resource)).get(keyText(key)),
        }
        listener.change(change, this)
        latest = change.rv
        changes.push(change)
        apply(change)
        listener.changed(change, this)
      }
    },
  }
}
