/**
 * One request to the Kubernetes API of this cluster: find what it names, do it, answer. A list of what there is;
 * the doing stands in reads, writes and subresources.
 */

import type { Catalog } from '../../kube/catalog.ts'
import { methodNotAllowed, noSuchResource, StatusError } from '../../kube/errors.ts'
import { negotiate } from '../../kube/form.ts'
import { APPLY_PATCH } from '../../kube/patch/types.ts'
import { isTrue, type ResourceRequest, requestPath, resourceRequest } from '../../kube/request.ts'
import { type Resource, resourceName } from '../../kube/resource.ts'
import { bindings } from '../../kube/resources/core/binding.ts'
import { componentStatuses } from '../../kube/resources/core/component-status.ts'
import { isReview } from '../../kube/resources/reviews.ts'
import { type Identity, userOf } from '../../protocol/identity.ts'
import { WATCHED_KIND } from '../../protocol/watch.ts'
import type { Store } from '../../store/store.ts'
import { admitOf } from '../access/admit.ts'
import type { Authorizer } from '../access/authorizer.ts'
import { impersonated } from '../access/impersonation.ts'
import { actionOf, type Requester, requesterOf } from '../access/requester.ts'
import { answerReview } from '../access/reviews.ts'
import { createTokenReviewer } from '../access/token-review.ts'
import { type Attempts, answering } from '../callouts/attempt.ts'
import type { CommitQueue } from '../commit-queue.ts'
import { labelsOf, type RequestMetrics } from '../metrics/requests.ts'
import type { TokenIssuer } from '../service-account-tokens.ts'
import type { Hub } from '../watch/hub.ts'
import { answerComponents } from './component-statuses.ts'
import { remove, removeAll } from './deletes.ts'
import { evictPod } from './eviction.ts'
import type { Judgement } from './judgement.ts'
import { checkWatchOptions, versionOf } from './list-options.ts'
import type { Clock, Operations } from './operations.ts'
import { getOne, list, queryOf } from './reads.ts'
import { warningText } from './responses.ts'
import { bindPod, getScale, patchScale, putScale } from './subresources.ts'
import { checkBound, createToken } from './token-request.ts'
import { create, keyOfRequest, patch, update, type WriteContext } from './writes.ts'

export interface ApiServerOptions {
  readonly store: Store
  readonly operations: Operations
  readonly queue: CommitQueue
  readonly attempts: Attempts
  readonly judgement: Judgement
  readonly hub: () => Hub
  readonly catalog: Catalog
  readonly authorizer: Authorizer
  readonly clock: Clock
  /** Ends when what else waits for this thread has had its turn. */
  readonly turn: () => Promise<void>
  readonly tokens: TokenIssuer
  /** JWK text that ServiceAccounts' tokens are verified with. */
  readonly publicKey: () => string
  readonly requests: RequestMetrics
  /** The text of `/metrics`. */
  readonly metrics: () => string
}

export interface ApiServer {
  handle(http: Request, path: string, search: URLSearchParams, identity: Identity): Promise<Response>
  /** Whether somebody may ask for what the edge answers. Throws 400, 401, 403. */
  checkPath(identity: Identity, asked: AskedPath): void
}

/** A path that is no resource's. */
export interface AskedPath {
  /** The method, in lower case. */
  readonly verb: string
  readonly path: string
  /** The request's Impersonate- headers. */
  readonly impersonation: readonly (readonly [string, string])[]
}

export function createApiServer(options: ApiServerOptions): ApiServer {
  const {
    store,
    operations,
    queue,
    attempts,
    judgement,
    hub,
    catalog,
    authorizer,
    clock,
    turn,
    tokens,
    publicKey,
    requests,
    metrics,
  } = options
  const reviewer = createTokenReviewer({
    publicKey,
    now: clock.now,
    checkAlive: (identity) => checkBound(store, identity, clock.now()),
  })

  return {
    async handle(http, path, search, identity) {
      if (path === '/metrics') return metricsAnswer(requesterFor(identity, http.headers), metrics)
      const named = requestPath(http.method, path, search)
      if (!named) throw noSuchResource()
      const request = resourceRequest(http.method, named, catalog)
      const answer = await counted(request, search, http, () => {
        const requester = requesterFor(identity, http.headers)
        requester.check(actionOf(request, search))
        return perform(requester, request, search, http)
      })
      const { deprecationWarning } = request.resource
      if (deprecationWarning !== undefined) answer.headers.append('warning', warningText(deprecationWarning))
      return answer
    },
    checkPath(identity, { verb, path, impersonation }) {
      const headers = new Headers(impersonation.map(([name, value]) => [name, value]))
      requesterFor(identity, headers).check({ verb, path })
    },
  }

  /** Throws 401 where a token's account is gone, 403 where somebody else may not be impersonated. */
  function requesterFor(identity: Identity, headers: Headers): Requester {
    checkBound(store, identity, clock.now())
    const asker = requesterOf(authorizer, userOf(identity))
    const user = impersonated(asker.user, headers, asker.check)
    return user === asker.user ? asker : requesterOf(authorizer, user)
  }

  async function counted(
    request: ResourceRequest,
    search: URLSearchParams,
    http: Request,
    work: () => Promise<Response>,
  ): Promise<Response> {
    const begun = clock.now()
    let code = 500
    try {
      const answer = await work()
      code = answer.status
      return answer
    } catch (error) {
      if (error instanceof StatusError) code = error.code
      throw error
    } finally {
      const labels = labelsOf(request, { isApply: isApply(http), isDryRun: search.has('dryRun') })
      requests.count(labels, code, (clock.now() - begun) / 1000)
    }
  }

  async function perform(
    requester: Requester,
    request: ResourceRequest,
    search: URLSearchParams,
    http: Request,
  ): Promise<Response> {
    if (!request.resource.verbs.includes(request.verb) && request.subresource === undefined)
      throw methodNotAllowed(http.method)
    if (isReview(request.resource)) {
      negotiate(http.headers.get('accept'), null, 'object')
      return answerReview({ authorizer, requester, reviewToken: reviewer(http) }, request, http)
    }
    const form = negotiate(http.headers.get('accept'), search.get('includeObject'))
    const context: WriteContext = {
      store,
      operations,
      queue,
      attempt: attempts.begin(),
      judgement,
      requester,
      admit: admitOf({ store, catalog }, requester, request.verb),
      warnings: [],
      form,
      now: clock.now(),
    }
    if (request.subresource !== undefined) return subresource(context, request, search, http)
    if (isOf(request, bindings)) return bindPod(context, request, search, http)
    if (isOf(request, componentStatuses)) return answerComponents(context, request, search)
    switch (request.verb) {
      case 'get':
        return answering(() => getOne(context, request.resource, keyOfRequest(request), search))
      case 'list':
        return answering(() => list({ ...context, turn }, request, search))
      case 'watch':
        return watch(request, search, http, form)
      case 'create':
        return create(context, request, search, http)
      case 'update':
        return update(context, request, search, http, 'object')
      case 'patch':
        return patch(context, request, search, http, 'object')
      case 'delete':
        return remove(context, request, search, http)
      case 'deletecollection':
        return removeAll(context, request, search, http)
      default:
        return request.verb satisfies never
    }
  }

  async function subresource(
    context: WriteContext,
    request: ResourceRequest,
    search: URLSearchParams,
    http: Request,
  ): Promise<Response> {
    const { verb, subresource: name } = request
    switch (`${verb} ${name}`) {
      case 'update status':
        return update(context, request, search, http, 'status')
      case 'patch status':
        return patch(context, request, search, http, 'status')
      case 'get status':
      case 'get approval':
      case 'get ephemeralcontainers':
        return answering(() => getOne(context, request.resource, keyOfRequest(request), search))
      case 'update approval':
        return update(context, request, search, http, 'approval')
      case 'patch approval':
        return patch(context, request, search, http, 'approval')
      case 'update ephemeralcontainers':
        return update(context, request, search, http, 'ephemeralcontainers')
      case 'patch ephemeralcontainers':
        return patch(context, request, search, http, 'ephemeralcontainers')
      case 'update finalize':
        return update(context, request, search, http, 'finalize')
      case 'get scale':
        return answering(() => getScale(context, request))
      case 'update scale':
        return putScale(context, request, search, http)
      case 'patch scale':
        return patchScale(context, request, search, http)
      case 'create binding':
        return bindPod(context, request, search, http)
      case 'create eviction':
        return evictPod(context, request, search, http)
      case 'create token':
        return createToken(context, request, search, http, tokens)
      default:
        throw methodNotAllowed(http.method)
    }
  }

  /** The edge Worker opens a socket for it; the frames it will pass on to its client come from the hub. */
  function watch(
    request: ResourceRequest,
    search: URLSearchParams,
    http: Request,
    form: WriteContext['form'],
  ): Response {
    if (http.headers.get('upgrade') !== 'websocket')
      throw new StatusError(426, 'BadRequest', 'a watch is opened by the edge')
    // Refuses selectors that can't be read, before anything is opened.
    queryOf(request, search)
    checkWatchOptions(search)
    const named = request.name === undefined ? search.get('fieldSelector') : `metadata.name=${request.name}`
    const after = versionOf(search)
    const initial = search.get('sendInitialEvents')
    const pair = new WebSocketPair()
    hub().open(
      pair[1],
      {
        resource: resourceName(request.resource),
        group: request.resource.storedAs && request.resource.group,
        version: request.resource.version,
        namespace: request.namespace,
        labels: search.get('labelSelector') ?? undefined,
        fields: named ?? undefined,
        form,
      },
      {
        after: isTrue(initial) ? undefined : initial !== null && after === undefined ? store.latest : after,
        endOfInitialEvents: isTrue(initial) && isTrue(search.get('allowWatchBookmarks')),
      },
    )
    return new Response(null, { status: 101, webSocket: pair[0], headers: { [WATCHED_KIND]: request.resource.kind } })
  }
}

const isOf = ({ resource: asked }: ResourceRequest, resource: Pick<Resource, 'group' | 'plural'>): boolean =>
  resourceName(asked) === resourceName(resource)

const isApply = (http: Request): boolean => http.headers.get('content-type')?.startsWith(APPLY_PATCH) ?? false

function metricsAnswer(requester: Requester, metrics: () => string): Response {
  requester.check({ verb: 'get', path: '/metrics' })
  return new Response(metrics(), {
    headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8', 'cache-control': 'no-cache, private' },
  })
}
