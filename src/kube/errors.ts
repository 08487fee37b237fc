/**
 * The one family of errors a client can act on: a Kubernetes `Status`. Constructors are named as
 * k8s.io/apimachinery's `api/errors`, and code, reason and details are what its clients test for:
 * https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/
 */
import type { FieldError } from './field.ts'

export interface StatusCause {
  reason?: string
  message?: string
  field?: string
}

export interface StatusDetails {
  name?: string
  group?: string
  kind?: string
  uid?: string
  causes?: StatusCause[]
  retryAfterSeconds?: number
}

export interface Status {
  kind: 'Status'
  apiVersion: 'v1'
  metadata: Record<string, unknown>
  status: 'Success' | 'Failure'
  message?: string
  reason?: string
  details?: StatusDetails
  code: number
}

/** Names a resource in messages: `deployments.apps "web"`. */
export interface ResourceRef {
  readonly group: string
  readonly plural: string
}

const qualified = (resource: ResourceRef): string =>
  resource.group === '' ? resource.plural : `${resource.plural}.${resource.group}`

export class StatusError extends Error {
  readonly code: number
  readonly reason: string
  readonly details: StatusDetails | undefined
  /** A Status has a list's metadata; only an expired `continue` makes use of it. */
  readonly metadata: { readonly continue?: string }
  constructor(
    code: number,
    reason: string,
    message: string,
    details?: StatusDetails,
    metadata: { readonly continue?: string } = {},
  ) {
    super(message)
    this.name = 'StatusError'
    this.code = code
    this.reason = reason
    this.details = details
    this.metadata = metadata
  }

  toStatus(): Status {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: { ...this.metadata },
      status: 'Failure',
      message: this.message,
      reason: this.reason,
      ...(this.details ? { details: this.details } : {}),
      code: this.code,
    }
  }
}

/** An error that came as its Status. */
export const statusErrorOf = ({ code, reason = '', message = '', details, metadata }: Status): StatusError =>
  new StatusError(code, reason, message, details, metadata)

const about = (resource: ResourceRef, name: string): StatusDetails => ({
  ...(name === '' ? {} : { name }),
  ...(resource.group === '' ? {} : { group: resource.group }),
  kind: resource.plural,
})

export const badRequest = (message: string) => new StatusError(400, 'BadRequest', message)

export const unauthorized = (message = 'Unauthorized') => new StatusError(401, 'Unauthorized', message)

export const forbidden = (resource: ResourceRef, name: string, why: string, causes?: StatusCause[]) =>
  new StatusError(403, 'Forbidden', `${qualified(resource)}${name === '' ? '' : ` "${name}"`} is forbidden: ${why}`, {
    ...about(resource, name),
    ...(causes ? { causes } : {}),
  })

export const notFound = (resource: ResourceRef, name: string) =>
  new StatusError(404, 'NotFound', `${qualified(resource)} "${name}" not found`, about(resource, name))

/** An unknown path or resource type: kubectl prints this message as it is. */
export const noSuchResource = () =>
  new StatusError(404, 'NotFound', 'the server could not find the requested resource', {})

export const methodNotAllowed = (
  verb: string,
  why = 'the server does not allow this method on the requested resource',
) =>
  new StatusError(405, 'MethodNotAllowed', why, {
    causes: [{ message: `${verb} is not supported` }],
  })

export const notAcceptable = (accepted: readonly string[]) =>
  new StatusError(406, 'NotAcceptable', `only the following media types are accepted: ${accepted.join(', ')}`)

export const alreadyExists = (resource: ResourceRef, name: string) =>
  new StatusError(409, 'AlreadyExists', `${qualified(resource)} "${name}" already exists`, about(resource, name))

export const conflict = (resource: ResourceRef, name: string, why: string) =>
  new StatusError(
    409,
    'Conflict',
    `Operation cannot be fulfilled on ${qualified(resource)} "${name}": ${why}`,
    about(resource, name),
  )

export const staleVersion = (resource: ResourceRef, name: string) =>
  conflict(
    resource,
    name,
    'the object has been modified; please apply your changes to the latest version and try again',
  )

/** A watch or list from a version that the log no longer holds. */
export const expired = (message: string) => new StatusError(410, 'Expired', message)

/** A list's next page that was asked for too late; `token` goes on from the state of now. */
export const expiredContinue = (token: string) =>
  new StatusError(
    410,
    'Expired',
    'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.',
    undefined,
    { continue: token },
  )

export const gone = (message: string) => new StatusError(410, 'Gone', message)

export const tooLarge = (message: string) => new StatusError(413, 'RequestEntityTooLarge', message)

export const unsupportedMediaType = (accepted: readonly string[]) =>
  new StatusError(
    415,
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`,
  )

/** Validation failed: one cause an error, the message lists them all as Kubernetes' field.ErrorList does. */
export function invalid(
  resource: { readonly group: string; readonly kind: string },
  name: string,
  errors: readonly FieldError[],
): StatusError {
  const texts = errors.map((error) => `${error.field}: ${error.message}`)
  const list = texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`
  const qualifiedKind = resource.group === '' ? resource.kind : `${resource.kind}.${resource.group}`
  return new StatusError(422, 'Invalid', `${qualifiedKind} "${name}" is invalid: ${list}`, {
    ...(name === '' ? {} : { name }),
    ...(resource.group === '' ? {} : { group: resource.group }),
    kind: resource.kind,
    causes: errors.map((error) => ({ reason: error.reason, message: error.message, field: error.field })),
  })
}

export const tooManyRequests = (message: string, retryAfterSeconds?: number) =>
  new StatusError(429, 'TooManyRequests', message, retryAfterSeconds === undefined ? {} : { retryAfterSeconds })

export const internalError = (message: string) =>
  new StatusError(500, 'InternalError', `Internal error occurred: ${message}`, { causes: [{ message }] })

export const unavailable = (message: string, retryAfterSeconds = 1) =>
  new StatusError(503, 'ServiceUnavailable', message, { retryAfterSeconds })

/** A list from a version this cluster has not reached (KEP-2340's and client-go's cause). */
export const versionTooLarge = (asked: number, current: number) =>
  new StatusError(504, 'Timeout', `Too large resource version: ${asked}, current: ${current}`, {
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    retryAfterSeconds: 1,
  })
