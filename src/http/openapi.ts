/**
 * `/openapi/v2` and `/openapi/v3`: who names a v3 document's hash may keep it for good, and is led to the newer one where there
 * is one. The documents are made where they are loaded when first asked for: the documentation of all fields is the largest part
 * of the Worker.
 * https://kubernetes.io/docs/concepts/overview/kubernetes-api/#openapi-interface-definition
 */
import type { Catalog } from '../kube/catalog.ts'
import { noSuchResource, notAcceptable } from '../kube/errors.ts'
import { documentResponse } from './documents.ts'
import { takesGzip } from './encoding.ts'

interface Served {
  /** The path under which the cluster is served. */
  readonly prefix: string
  readonly catalog: () => Promise<Catalog>
}

const JSON_TYPE = 'application/json'
/**
 * The protobuf form of v2 as it is answered. Clients ask for the older spelling, with `@v1.0`, which Go itself can't parse in an
 * answer.
 */
const V2_PROTOBUF = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf'
const V2_PROTOBUF_ASKED = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf'

/** `path`: what stands behind `/openapi`. Throws 404, 406. */
export async function openApi(
  request: Request,
  url: URL,
  [version, ...rest]: readonly string[],
  { prefix, catalog }: Served,
): Promise<Response> {
  if (version === 'v2' && rest.length === 0) return v2(request, await catalog())
  if (version !== 'v3') throw noSuchResource()
  const known = await catalog()
  if (rest.length > 0) return v3(request, url, rest.join('/'), { prefix, catalog: known })
  const { openApiV3Index } = await import('../kube/openapi.ts')
  const text = `${JSON.stringify(openApiV3Index(known, prefix))}\n`
  return documentResponse(request, { text, type: JSON_TYPE })
}

async function v2(request: Request, catalog: Catalog): Promise<Response> {
  const type = accepted(request, [JSON_TYPE, V2_PROTOBUF_ASKED, V2_PROTOBUF])
  const { openApiV2, openApiV2Compressed, openApiV2Hash, openApiV2Protobuf } = await import('../kube/openapi.ts')
  // Of both forms, which `Vary` tells apart.
  const etag = openApiV2Hash(catalog)
  if (type === JSON_TYPE) return documentResponse(request, { text: () => openApiV2(catalog), type }, { etag })
  // Go clients read this document in its protobuf form only.
  const compressed = takesGzip(request) ? openApiV2Compressed(catalog) : undefined
  if (compressed) return documentResponse(request, { text: compressed, type: V2_PROTOBUF }, { etag, headers: GZIPPED })
  return documentResponse(request, { text: () => openApiV2Protobuf(catalog), type: V2_PROTOBUF }, { etag })
}

const GZIPPED = { 'content-encoding': 'gzip', vary: 'Accept, Accept-Encoding' }

async function v3(
  request: Request,
  url: URL,
  name: string,
  { prefix, catalog }: { readonly prefix: string; readonly catalog: Catalog },
): Promise<Response> {
  const type = accepted(request, [JSON_TYPE])
  const { openApiV3, openApiV3Hash, openApiV3Url } = await import('../kube/openapi.ts')
  const etag = openApiV3Hash(catalog, name)
  if (etag === undefined) throw noSuchResource()
  const asked = url.searchParams.get('hash') ?? ''
  if (asked !== '' && asked !== etag) {
    const location = openApiV3Url(catalog, prefix, name)
    return new Response(null, {
      status: 301,
      headers: { 'content-type': type, vary: 'Accept', etag: `"${etag}"`, location },
    })
  }
  const text = () => openApiV3(catalog, name) ?? ''
  return documentResponse(request, { text, type }, { etag, headers: asked === '' ? {} : forGood() })
}

const YEAR_MS = 365 * 24 * 60 * 60 * 1000

const forGood = (): Record<string, string> => ({
  'cache-control': 'public, immutable',
  expires: new Date(Date.now() + YEAR_MS).toUTCString(),
})

/** The first type of ours that the first range of the client's that fits any takes. Throws 406. */
function accepted(request: Request, types: readonly string[]): string {
  const ranges = (request.headers.get('accept') || '*/*')
    .split(',')
    .map(rangeOf)
    .filter(({ quality }) => quality > 0)
    .sort((a, b) => b.quality - a.quality)
  for (const { range } of ranges) {
    const found = types.find((type) => range === '*/*' || range === 'application/*' || range === type)
    if (found !== undefined) return found
  }
  throw notAcceptable(types)
}

function rangeOf(text: string): { readonly range: string; readonly quality: number } {
  const [range = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase())
  const quality = parameters.find((parameter) => parameter.startsWith('q='))
  return { range, quality: quality === undefined ? 1 : Number(quality.slice(2)) || 0 }
}
