/**
 * Reads a Kubernetes API path: which resource, object, subresource and verb it names.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-uris
 */
import { badRequest, methodNotAllowed, noSuchResource } from './errors.ts'
import { findResource } from './registry.ts'
import type { Resource } from './resource.ts'

export type RequestVerb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete' | 'deletecollection'

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

/** Undefined where the path is not of a resource (discovery, health). Throws 404 or 405 as kube-apiserver does. */
export function resourceRequest(method: string, path: string, query: URLSearchParams): ResourceRequest | undefined {
  const segments = segmentsOf(path)
  const [root] = segments
  if (root !== 'api' && root !== 'apis') return undefined
  const skip = root === 'api' ? 2 : 3
  if (segments.length <= skip) return undefined
  const [group, version] = root === 'api' ? ['', segments[1]] : [segments[1], segments[2]]
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
  const resource = findResource(group ?? '', version ?? '', plural)
  if (!resource || beyond.length > 0) throw noSuchResource()
  if (namespace !== undefined && resource.scope === 'cluster') throw noSuchResource()
  if (subresource !== undefined && !resource.subresources.some((known) => known.name === subresource))
    throw noSuchResource()
  const isWatch = isOldWatch || isTrue(query.get('watch'))
  const verb = verbOf(method, { hasName: name !== undefined, isWatch, subresource })
  if (resource.scope === 'namespaced' && namespace === undefined) {
    if (name !== undefined) throw noSuchResource()
    // The path over all namespaces is known, but only to be read.
    if (verb === 'create' || verb === 'deletecollection') throw methodNotAllowed(method)
  }
  return { verb, resource, namespace: resource.scope === 'cluster' ? '' : namespace, name, subresource }
}

const NAMESPACE_SUBRESOURCES = new Set(['status', 'finalize'])

export const isTrue = (value: string | null): boolean => value === 'true' || value === '1'

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
