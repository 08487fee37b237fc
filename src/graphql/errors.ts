/**
 * Errors as GraphQL tells them: `extensions.code` is the reason of Kubernetes' Status (NotFound, Conflict, Invalid),
 * `extensions.status` its code, `extensions.causes` the fields at fault. Everything else is masked.
 */
import { GraphQLError, type GraphQLErrorOptions } from 'graphql'
import { type Status, StatusError } from '../kube/errors.ts'

export type StatusOf = (error: unknown) => StatusError

export function graphqlError(error: StatusError, place: Partial<GraphQLErrorOptions> = {}): GraphQLError {
  const { details } = error
  return new GraphQLError(error.message, {
    ...place,
    extensions: {
      code: error.reason,
      status: error.code,
      ...(details?.causes ? { causes: details.causes } : {}),
      ...(details?.retryAfterSeconds === undefined ? {} : { retryAfterSeconds: details.retryAfterSeconds }),
      ...(error.code === 401 ? { http: { status: 401, headers: UNAUTHENTICATED } } : {}),
    },
  })
}

const UNAUTHENTICATED = { 'www-authenticate': 'Bearer realm="skycrane"' }

/** What a client may see of an error: a Status as it is, GraphQL's own complaints as they are, nothing of the rest. */
export const masking =
  (statusOf: StatusOf) =>
  (error: unknown): Error => {
    const { originalError, place } = placed(error)
    if (originalError === undefined && error instanceof GraphQLError) return error
    return graphqlError(statusOf(originalError ?? error), place)
  }

/** The executor wraps what a resolver threw, maybe more than once, and says where it was. */
function placed(error: unknown): { originalError: unknown; place: Partial<GraphQLErrorOptions> } {
  if (!(error instanceof GraphQLError)) return { originalError: error, place: {} }
  const place = { nodes: error.nodes, path: error.path }
  let original: unknown = error.originalError
  while (original instanceof GraphQLError) {
    if (original.originalError == null) return { originalError: undefined, place }
    original = original.originalError
  }
  return { originalError: original ?? undefined, place }
}

/** A whole answer that is one error: what a request without a good token gets, whatever it asked. */
export function refusal(error: StatusError): Response {
  const { message, extensions } = graphqlError(error)
  const { http: _, ...shown } = extensions
  return new Response(`${JSON.stringify({ errors: [{ message, extensions: shown }] })}\n`, {
    status: error.code,
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
      ...(error.code === 401 ? UNAUTHENTICATED : {}),
    },
  })
}

/** The error that a Status tells. */
export const errorOf = (status: Partial<Status>): StatusError =>
  new StatusError(
    status.code ?? 500,
    status.reason ?? 'InternalError',
    status.message ?? 'the cluster gave no reason',
    status.details,
  )
