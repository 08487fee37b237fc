/**
 * What others than Kubernetes' own plugins have to say of a write: webhooks may change its object, policies and webhooks
 * may refuse it. Only of what somebody asked for (clients, controllers); what the cluster writes by itself, and what its
 * nodes report, is not judged: a rule that is too wide must not end a cluster.
 */
import type { AdmissionOperation, Attributes } from '../../kube/admission/attributes.ts'
import type { KubeObject } from '../../kube/object.ts'
import type { Resource } from '../../kube/resource.ts'
import type { Policies } from './admission/policies.ts'
import type { Webhooks } from './admission/webhooks.ts'
import { decodeObject } from './bodies.ts'
import { withEphemeralContainers } from './carried.ts'
import type { Asked, Manager, UpdateScope, Warn } from './tracking.ts'

export interface JudgedWrite {
  readonly operation: AdmissionOperation
  readonly next: KubeObject | undefined
  readonly previous: KubeObject | undefined
}

export interface Judgement {
  /**
   * The object as webhooks want it; undefined where they leave it as it is. `again` lets Kubernetes' own plugins see, in
   * place, what webhooks have made of it. Throws CalloutsNeeded, and what a webhook refuses it with.
   */
  revised(
    resource: Resource,
    write: JudgedWrite,
    by: Manager,
    again: (object: KubeObject) => void,
  ): KubeObject | undefined
  /** Throws CalloutsNeeded, and what the write is refused with. */
  check(resource: Resource, write: JudgedWrite, by: Manager): void
}

export function createJudgement(policies: Policies, webhooks: Webhooks): Judgement {
  return {
    revised(resource, write, by, again) {
      const { asked } = by
      if (asked === undefined || !webhooks.mayChange(resource)) return undefined
      const { next } = write
      const { lens } = asked
      const attributes = attributesOf(resource, write, by, asked)
      if (next === undefined || lens === undefined)
        return webhooks.mutate(attributes, by, { decode: (value) => shaped(resource, value), again })
      const shown = webhooks.mutate(attributes, by, { decode: lens.decode, again: () => undefined })
      return shown && lens.put(next, shown)
    },
    check(resource, write, by) {
      const { asked } = by
      if (asked === undefined) return
      const isJudged = policies.mayRefuse(resource)
      const isShown = webhooks.mayRefuse(resource)
      if (!isJudged && !isShown) return
      const attributes = attributesOf(resource, write, by, asked)
      if (isJudged) policies.judge(attributes, by.warn ?? SILENT)
      if (isShown) webhooks.validate(attributes, by)
    },
  }
}

/** Where nobody hears. */
const SILENT: Warn = () => undefined

function attributesOf(
  resource: Resource,
  { operation, next, previous }: JudgedWrite,
  { subresource }: Manager,
  { user, isDryRun, options, lens }: Asked,
): Attributes {
  const metadata = (next ?? previous)?.metadata
  const name = metadata?.name ?? ''
  const { group, version, kind } = lens ? lens.kind : resource
  const shown = (object: KubeObject | undefined) => (object && lens ? lens.show(object) : object)
  return {
    operation,
    kind: { group, version, kind },
    resource,
    subresource,
    // A Namespace lies in itself.
    namespace: resource.group === '' && resource.plural === 'namespaces' ? name : (metadata?.namespace ?? ''),
    name,
    object: shown(next),
    oldObject: shown(previous),
    user,
    isDryRun,
    options,
  }
}

/** What a webhook has made is decoded and filled in as what a client sends, and what its kind does not know is pruned. */
function shaped(resource: Resource, value: unknown): KubeObject {
  const { object } = decodeObject(resource, value, 'Ignore')
  resource.defaults(object)
  return object
}

/** In place: what webhooks may change of an object, which is all but what names it. */
export function takeOver(draft: KubeObject, revised: KubeObject, scope: UpdateScope): void {
  const { metadata: given, ...content } = revised
  const { labels, annotations, ownerReferences, finalizers } = given
  if (scope === 'object') {
    for (const key of Object.keys(draft))
      if (key !== 'metadata') delete (draft as unknown as Record<string, unknown>)[key]
    Object.assign(draft, content)
    const { labels: _, annotations: __, ownerReferences: ___, finalizers: ____, ...own } = draft.metadata
    draft.metadata = {
      ...own,
      ...(labels ? { labels } : {}),
      ...(annotations ? { annotations } : {}),
      ...(ownerReferences ? { ownerReferences } : {}),
      ...(finalizers ? { finalizers } : {}),
    }
    return
  }
  // A subresource has its own part only.
  if (scope === 'ephemeralcontainers') {
    Object.assign(draft, withEphemeralContainers(draft, revised))
    return
  }
  const part = scope === 'finalize' ? 'spec' : 'status'
  const target = draft as unknown as Record<string, unknown>
  target[part] = (content as Record<string, unknown>)[part]
}
