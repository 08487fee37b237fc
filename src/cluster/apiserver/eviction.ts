/**
 * Eviction: the delete of a Pod that its PodDisruptionBudget may refuse.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/api-eviction/
 */
import { spent } from '../../kube/disruption/budget.ts'
import { isTerminating, type KubeObject, keyOf } from '../../kube/object.ts'
import { disrupted } from '../../kube/pod/disruption.ts'
import type { ResourceRequest } from '../../kube/request.ts'
import type { Resource } from '../../kube/resource.ts'
import { pods } from '../../kube/resources/core/pod.ts'
import { podDisruptionBudgets } from '../../kube/resources/policy/pod-disruption-budget.ts'
import type { Pod } from '../../kube/types.ts'
import { decodeRequest, decodeRequestValue, readBody } from './bodies.ts'
import { commit } from './commit.ts'
import { checkedDeleteOptions, type SentDeleteOptions } from './delete-options.ts'
import { deleterOf } from './deletes.ts'
import { checkDeletePreconditions } from './preconditions.ts'
import { successResponse } from './responses.ts'
import { checkSameName } from './subresources.ts'
import type { Lens } from './tracking.ts'
import { askedBy, keyOfRequest, type WriteContext } from './writes.ts'

/** A list of resources forgets which object type each is of. */
const POD = pods as unknown as Resource

const EVICTION = {
  kind: 'Eviction',
  // Clients older than 1.22 send the beta version; it has the same fields.
  apiVersions: ['policy/v1', 'policy/v1beta1'],
  schema: 'io.k8s.api.policy.v1.Eviction',
}

export async function evictPod(
  context: WriteContext,
  request: ResourceRequest,
  search: URLSearchParams,
  http: Request,
): Promise<Response> {
  const eviction = decodeRequest<SentEviction>(EVICTION, await readBody(http))
  const { metadata, deleteOptions = {} } = eviction
  const key = keyOfRequest(request)
  checkSameName('Eviction', key.name, metadata?.name)
  const { options, isTrial } = checkedDeleteOptions(search, deleteOptions)
  // Of the version it was before the eviction was noted in it.
  const { resourceVersion: _, ...preconditions } = options.preconditions ?? {}
  const { admit, store, judgement } = context
  const asked = askedBy(context, 'CreateOptions', isTrial, {})
  const by = { ...deleterOf(context, { options, isTrial }), admit, asked: undefined }
  await commit(context, isTrial, () => {
    const pod = store.get(pods, key)
    // It is the eviction that is judged, and not the delete that it comes to.
    const evictor = { ...by, subresource: 'eviction', asked: { ...asked, lens: evictionLens(eviction) } }
    const write = { operation: 'CREATE', next: pod, previous: undefined } as const
    if (pod) {
      judgement.check(POD, write, evictor)
      checkDeletePreconditions(POD, pod, options)
      charge(context, pod)
    }
    context.operations.delete(POD, key, { ...options, preconditions }, by)
  })
  return successResponse(undefined, 201)
}

/** Takes one disruption from the Pod's budget, and notes in the Pod why it goes. Throws where the budget refuses. */
function charge({ store, operations, now }: WriteContext, pod: Pod): void {
  const { namespace = '' } = pod.metadata
  const budget = spent(store.list(podDisruptionBudgets, { namespace }), pod, now)
  if (budget) operations.update(podDisruptionBudgets, keyOf(budget), budget, 'status')
  // What no node runs is gone at once, and tells nothing any more.
  if (pod.spec.nodeName && !isTerminating(pod)) operations.update(pods, keyOf(pod), disrupted(pod, WHY, now), 'status')
}

const WHY = { reason: 'EvictionByEvictionAPI', message: 'Eviction API: evicting' }

interface SentEviction {
  readonly metadata?: { readonly name?: string }
  readonly deleteOptions?: SentDeleteOptions
}

const evictionLens = (eviction: SentEviction): Lens => ({
  kind: { group: 'policy', version: 'v1', kind: 'Eviction' },
  show: ({ metadata: { namespace, name } }) =>
    ({
      ...eviction,
      apiVersion: 'policy/v1',
      kind: 'Eviction',
      metadata: { ...eviction.metadata, namespace, name },
    }) as unknown as KubeObject,
  decode: (value) => decodeRequestValue<KubeObject>(EVICTION, value),
  put: (pod) => pod,
})
