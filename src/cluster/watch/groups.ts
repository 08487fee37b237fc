/** Watches with the same question: what they are sent is judged and encoded once for all of them. */
import type { Form } from '../../kube/form.ts'
import { type Resource, resourceName } from '../../kube/resource.ts'
import { parseFieldSelector, parseLabelSelector } from '../../kube/selectors.ts'
import type { Query } from '../../store/select.ts'
import type { Interest } from './batches.ts'

/** The question of a watch, as its socket's attachment keeps it. */
export interface Question {
  readonly resource: string
  /** Where the resource is shown as one of another group than it is kept in. */
  readonly group?: string | undefined
  /** In which its objects are shown. */
  readonly version: string
  readonly namespace?: string | undefined
  readonly labels?: string | undefined
  readonly fields?: string | undefined
  readonly form: Form
}

export interface WatchGroup<W> extends Interest {
  readonly members: Set<W>
}

export class Groups<W> {
  readonly #bySignature = new Map<string, WatchGroup<W>>()
  readonly #byResource = new Map<string, Set<WatchGroup<W>>>()

  /** Those whose question is about a resource, by its name in the store. */
  of(resource: string): Iterable<WatchGroup<W>> {
    return this.#byResource.get(resource) ?? []
  }

  /** Members, by resource; none where there are none. */
  counts(): Map<string, number> {
    const counts = new Map<string, number>()
    for (const [resource, groups] of this.#byResource) {
      let held = 0
      for (const group of groups) held += group.members.size
      if (held > 0) counts.set(resource, held)
    }
    return counts
  }

  /** The group of a question, made where it is the first to ask it. Whoever joins adds itself. */
  join(resource: Resource, question: Question): WatchGroup<W> {
    const group = groupOf<W>(resource, question)
    const signature = signatureOf(resource, group.query, question.form)
    const known = this.#bySignature.get(signature)
    if (known) return known
    this.#bySignature.set(signature, group)
    const siblings = this.#byResource.get(question.resource)
    if (siblings) siblings.add(group)
    else this.#byResource.set(question.resource, new Set([group]))
    return group
  }

  /** Of no consequence to who has left already. */
  leave(group: WatchGroup<W>, member: W): void {
    if (!group.members.delete(member) || group.members.size > 0) return
    this.#bySignature.delete(signatureOf(group.resource, group.query, group.form))
    this.#byResource.get(resourceName(group.resource))?.delete(group)
  }
}

/** The group of a question by itself: no other watch joins it. */
export const groupOf = <W>(resource: Resource, question: Question): WatchGroup<W> => {
  const query: Query = {
    namespace: question.namespace,
    labels: question.labels ? parseLabelSelector(question.labels) : undefined,
    fields: question.fields ? parseFieldSelector(question.fields) : undefined,
  }
  return { resource, query, form: question.form, members: new Set() }
}

const signatureOf = (resource: Resource, query: Query, form: Form): string =>
  JSON.stringify([
    resourceName(resource),
    resource.group,
    resource.version,
    query.namespace,
    query.labels,
    query.fields,
    form,
  ])
