/** Documents that are the same for many requests: each is hashed once, and not sent again to who has it. */

type Text = string | Uint8Array<ArrayBuffer>

export interface Document {
  /** Or what makes it, where that is more than to keep it. */
  readonly text: Text | (() => Text)
  readonly type: string
}

export interface Kept {
  /** Where it is known; else it is reckoned of the text. */
  readonly etag?: string | undefined
  readonly headers?: Readonly<Record<string, string>>
}

export async function documentResponse(
  request: Request,
  { text, type }: Document,
  { etag: known, headers: more = {} }: Kept = {},
): Promise<Response> {
  // An answer without a body has no encoding.
  const { 'content-encoding': encoding, ...others } = more
  const common = { 'content-type': type, vary: 'Accept', 'cache-control': 'no-cache, private', ...others }
  // Who has it is told so before it is made.
  if (known !== undefined && has(request, known))
    return new Response(null, { status: 304, headers: { ...common, etag: `"${known}"` } })
  const whole = typeof text === 'function' ? text() : text
  const bytes = typeof whole === 'string' ? new TextEncoder().encode(whole) : whole
  const tag = known ?? (await digest(whole, bytes))
  const headers = { ...common, etag: `"${tag}"` }
  if (has(request, tag)) return new Response(null, { status: 304, headers })
  return new Response(bytes, {
    headers: {
      ...headers,
      'content-length': String(bytes.length),
      ...(encoding === undefined ? {} : { 'content-encoding': encoding }),
    },
    // What says its encoding has it already.
    encodeBody: encoding === undefined ? 'automatic' : 'manual',
  })
}

/** Whether the client has what is of this tag (RFC 9110, 13.1.2). */
function has(request: Request, tag: string): boolean {
  const tags = (request.headers.get('if-none-match') ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''))
  return tags.includes(`"${tag}"`) || tags.includes('*')
}

const digests = new Map<Text, string>()
/** Documents are few and the same for all: each is hashed once. */
const MAX_DIGESTS = 64

async function digest(document: Text, bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const known = digests.get(document)
  if (known) return known
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
  const hex = Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('')
  if (digests.size < MAX_DIGESTS) digests.set(document, hex)
  return hex
}
