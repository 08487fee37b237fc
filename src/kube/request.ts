/**
 * Reads a Kubernetes API path: which resource, object, subresource and verb it names.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-uris
 */
import type { Catalog } from './catalog.ts'
import { badRequest, methodNotAllowed, noSuchResource } from './errors.ts'
import type { Resource } from './resource.ts'

export type RequestVerb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete' | 'deletecollection'

/** What a path says, whether there is such a resource or not. */
export interface RequestPath {
  readonly group: string
  readonly version: string
  readonly plural: string
  readonly namespace: string | undefined
  readonly name: string | undefined
  readonly subresource: string | undefined
  readonly isWatch: boolean
}

export interface ResourceRequest {
  readonly verb: RequestVerb
  readonly resource: Resource
  /** '' for cluster-scoped resources; undefined for a list over all namespaces. */
  readonly namespace: string | undefined
  readonly name: string | undefined
  readonly subresource: string | undefined
}

/** Segments of a path under the cluster's, decoded; empty ones (a trailing slash) left out. */
export const segmentsOf = (path: string): string[] =>
  path
    .split('/')
    .filter((segment) => segment !== '')
    .map(decode)

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    throw badRequest('the path holds a malformed escape')
  }
}

/** Undefined where the path is not of a resource (discovery, health). Throws 404 for what no resource's path is like. */
export function requestPath(method: string, path: string, query: URLSearchParams): RequestPath | undefined {
  const segments = segmentsOf(path)
  const [root] = segments
  if (root !== 'api' && root !== 'apis') return undefined
  const skip = root === 'api' ? 2 : 3
  if (segments.length <= skip) return undefined
  const [group = '', version = ''] = root === 'api' ? ['', segments[1]] : [segments[1], segments[2]]
  let rest = segments.slice(skip)
  // The older form /api/v1/watch/... is a list or get with watch on.
  const isOldWatch = rest[0] === 'watch'
  if (isOldWatch) rest = rest.slice(1)
  let namespace: string | undefined
  if (rest[0] === 'namespaces' && rest.length > 2 && !NAMESPACE_SUBRESOURCES.has(rest[2] ?? '')) {
    namespace = rest[1]
    rest = rest.slice(2)
  }
  const [plural = '', name, subresource, ...beyond] = rest
  if (beyond.length > 0) throw noSuchResource()
  const isWatch = method === 'GET' && (isOldWatch || isTrue(query.get('watch')))
  return { group, version, plural, namespace, name, subresource, isWatch }
}

/** Throws 404 or 405 as kube-apiserver does. */
export function resourceRequest(method: string, path: RequestPath, catalog: Catalog): ResourceRequest {
  const { group, version, plural, namespace, name, subresource, isWatch } = path
  const resource = catalog.byPath(group, version, plural)
  if (!resource) throw noSuchResource()
  if (namespace !== undefined && resource.scope === 'cluster') throw noSuchResource()
  if (subresource !== undefined && !resource.subresources.some((known) => known.name === subresource))
    throw noSuchResource()
  const verb = verbOf(method, { hasName: name !== undefined, isWatch, subresource })
  if (resource.scope === 'namespaced' && namespace === undefined) {
    if (name !== undefined) throw noSuchResource()
    // The path over all namespaces is known, but only to be read.
    if (verb === 'create' || verb === 'deletecollection') throw methodNotAllowed(method)
  }
  // A definition that is going makes nothing new.
  if (verb === 'create' && subresource === undefined && resource.custom?.isTerminating)
    throw methodNotAllowed(method, 'create not allowed while custom resource definition is terminating')
  return { verb, resource, namespace: resource.scope === 'cluster' ? '' : namespace, name, subresource }
}

const NAMESPACE_SUBRESOURCES = new Set(['status', 'finalize'])

/**
 * A query's boolean, as Go's Convert_Slice_string_To_bool reads it: absent, false and 0 are no, all else is yes. Python's
 * client says `True`, and curl just `?watch`.
 */
export const isTrue = (value: string | null): boolean =>
  value !== null && value !== '0' && value.toLowerCase() !== 'false'

/** A query's whole number; 0 where there is none. Throws 400, in the words of Go's parser. */
export function wholeNumber(search: URLSearchParams, name: string): number {
  const text = search.get(name) || '0'
  if (!/^[-+]?\d+$/.test(text)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`)
  return Number(text)
}

function verbOf(
  method: string,
  { hasName, isWatch, subresource }: { hasName: boolean; isWatch: boolean; subresource: string | undefined },
): RequestVerb {
  switch (method) {
    case 'GET':
      if (isWatch) return 'watch'
      return hasName ? 'get' : 'list'
    case 'HEAD':
      // Without a body there is nothing to watch, and nothing that would end it.
      return hasName ? 'get' : 'list'
    case 'POST':
      if (hasName && subresource === undefined) throw methodNotAllowed(method)
      return 'create'
    case 'PUT':
      if (!hasName) throw methodNotAllowed(method)
      return 'update'
    case 'PATCH':
      if (!hasName) throw methodNotAllowed(method)
      return 'patch'
    case 'DELETE':
      return hasName ? 'delete' : 'deletecollection'
    default:
      throw methodNotAllowed(method)
  }
}
