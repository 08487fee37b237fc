/** What the edge answers for a cluster: discovery and schemas of what it serves, and the version. */
import type { Catalog } from '../kube/catalog.ts'
import { aggregated, apiGroup, apiGroupList, apiResourceList, apiVersions } from '../kube/discovery.ts'
import { methodNotAllowed, noSuchResource } from '../kube/errors.ts'
import { builtIn } from '../kube/registry.ts'
import { segmentsOf } from '../kube/request.ts'
import { versionInfo } from '../kube/version.ts'
import { type Document, documentResponse } from './documents.ts'
import { issuerConfiguration, keySetOf } from './issuer.ts'
import { openApi } from './openapi.ts'

export interface Served {
  /** The path under which the cluster is served. */
  readonly prefix: string
  /** What it serves; asked for only where the answer depends on it. */
  readonly catalog: () => Promise<Catalog>
  /** JWK text that ServiceAccounts' tokens are verified with. */
  readonly publicKey: string
}

/** Undefined where the path is not one of these. Paths answer with and without a trailing slash. */
export async function clusterWide(
  request: Request,
  url: URL,
  path: string,
  served: Served,
): Promise<Response | undefined> {
  const segments = segmentsOf(path)
  const [first, ...rest] = segments
  const body = first === 'openapi' ? undefined : await bodyFor(segments, request, url, served)
  if (body === undefined && first !== 'openapi') return undefined
  if (request.method !== 'GET' && request.method !== 'HEAD') throw methodNotAllowed(request.method)
  return body === undefined ? openApi(request, url, rest, served) : documentResponse(request, body)
}

async function bodyFor(
  segments: string[],
  request: Request,
  url: URL,
  { catalog, publicKey }: Served,
): Promise<Document | undefined> {
  const [first, second, third, ...rest] = segments
  switch (first) {
    case undefined:
      return json({ paths: ROOT_PATHS })
    case 'version':
      return second === undefined ? json(versionInfo) : undefined
    case 'api':
      if (second === undefined) return discovery(request, builtIn, 'api') ?? json(apiVersions(url.host))
      return third === undefined ? resourceList(builtIn, '', second) : undefined
    case 'apis': {
      const served = await catalog()
      if (second === undefined) return discovery(request, served, 'apis') ?? json(apiGroupList(served))
      if (third === undefined) return json(apiGroup(served, second) ?? notServed())
      return rest.length === 0 ? resourceList(served, second, third) : undefined
    }
    case '.well-known':
      return segments.length === 2 && second === 'openid-configuration' ? json(issuerConfiguration()) : undefined
    case 'openid':
      return segments.length === 3 && second === 'v1' && third === 'jwks' ? keySet(publicKey) : undefined
    default:
      return undefined
  }
}

const ROOT_PATHS = [
  '/.well-known/openid-configuration',
  '/api',
  '/api/v1',
  '/apis',
  '/healthz',
  '/healthz/etcd',
  '/healthz/log',
  '/healthz/ping',
  '/livez',
  '/livez/etcd',
  '/livez/log',
  '/livez/ping',
  '/metrics',
  '/openapi/v2',
  '/openapi/v3',
  '/openid/v1/jwks',
  '/readyz',
  '/readyz/etcd',
  '/readyz/etcd-readiness',
  '/readyz/informer-sync',
  '/readyz/log',
  '/readyz/ping',
  '/readyz/shutdown',
  '/version',
]

function notServed(): never {
  throw noSuchResource()
}

const json = (document: unknown): Document => ({ text: `${JSON.stringify(document)}\n`, type: 'application/json' })

const keySet = async (publicKey: string): Promise<Document> => ({
  text: JSON.stringify(await keySetOf(publicKey)),
  type: 'application/jwk-set+json',
})

const resourceList = (catalog: Catalog, group: string, version: string): Document =>
  json(apiResourceList(catalog, group, version) ?? notServed())

/** Aggregated discovery, where the client asks for it; its media type must come back parameter by parameter. */
function discovery(request: Request, catalog: Catalog, root: 'api' | 'apis'): Document | undefined {
  const version = aggregatedVersion(request.headers.get('accept') ?? '')
  if (version === undefined) return undefined
  const type = `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`
  return { text: `${JSON.stringify(aggregated(catalog, version, root))}\n`, type }
}

/** The first that the client lists and that is there; a media type's parameters have no order. */
function aggregatedVersion(accept: string): 'v2' | 'v2beta1' | undefined {
  for (const range of accept.split(',')) {
    const parameters = new Set(range.split(';').map((part) => part.trim()))
    if (!parameters.has('g=apidiscovery.k8s.io') || !parameters.has('as=APIGroupDiscoveryList')) continue
    if (parameters.has('v=v2')) return 'v2'
    if (parameters.has('v=v2beta1')) return 'v2beta1'
  }
  return undefined
}
