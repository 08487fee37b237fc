/**
 * How the cluster calls an HTTPS endpoint that an API object names (a webhook's clientConfig): by its URL through the
 * platform, or, where the platform's own fetch can't (a private CA, a Service of the Pod network), through a relay.
 */

import { parseSent, stringify } from '../../kube/json.ts'

/** admissionregistration.k8s.io/v1 and apiextensions.k8s.io/v1 WebhookClientConfig. */
export interface ClientConfig {
  readonly url?: string | undefined
  readonly service?:
    | {
        readonly namespace: string
        readonly name: string
        readonly path?: string | undefined
        readonly port?: number | undefined
      }
    | undefined
  /** Base64 of PEM. */
  readonly caBundle?: string | undefined
}

/** A POST that a relay carries out over TLS. */
export interface RelayedPost {
  readonly url: string
  /** PEM that the endpoint's certificate must lead to; undefined: any that the relay's machine trusts. */
  readonly ca: string | undefined
  readonly body: string
  readonly timeoutMs: number
}

export interface Reply {
  readonly status: number
  readonly text: string
}

/** Rejects with an Error that says why there is no reply. */
export type Relay = (post: RelayedPost) => Promise<Reply>

export interface Transport {
  /** Answers the parsed JSON. Rejects with an Error in the words that kube-apiserver has for it. */
  post(config: ClientConfig, body: unknown, timeoutMs: number): Promise<unknown>
}

/** A Service that is called, by the port that its clients use. */
export interface ServiceTarget {
  readonly namespace: string
  readonly name: string
  readonly port: number
}

/** Runs work after some time, unless it is cancelled by what is answered. */
export type After = (ms: number, work: () => void) => () => void

/** In Go's words, which people search for. */
export const TIMED_OUT = 'context deadline exceeded'

export interface TransportOptions {
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>
  /** Reaches what has a URL, with a CA of the caller's or without; undefined where there is none. */
  readonly relay: Relay | undefined
  /** Reaches the Pod network through a node, and from there what `relay` would where there is none. */
  readonly tunnel: (post: RelayedPost, service: ServiceTarget | undefined) => Promise<Reply>
  readonly after: After
}

const HTTPS_PORT = 443
/** What the hosted platform answers itself where the certificate is not one that it trusts. */
const UNTRUSTED = 526
const UNKNOWN_AUTHORITY = 'tls: failed to verify certificate: x509: certificate signed by unknown authority'
/** Longer answers are no verdicts. */
const MAX_REPLY_BYTES = 3 * 1024 * 1024

export function createTransport({ fetch, relay, tunnel, after }: TransportOptions): Transport {
  async function reply(config: ClientConfig, url: string, body: string, timeoutMs: number): Promise<Reply> {
    const { service, caBundle } = config
    const post = { url, ca: caBundle ? atob(caBundle) : undefined, body, timeoutMs }
    if (service) return tunnel(post, { ...service, port: service.port ?? HTTPS_PORT })
    // A relay tells why a certificate is not trusted, where the platform says only that it could not connect.
    if (relay) return relay(post)
    return caBundle ? tunnel(post, undefined) : direct(url, body, timeoutMs)
  }

  async function direct(url: string, body: string, timeoutMs: number): Promise<Reply> {
    const ending = new AbortController()
    // Not AbortSignal.timeout: its timer would keep the object awake long after the answer.
    const cancel = after(timeoutMs, () => ending.abort(new Error(TIMED_OUT)))
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'application/json' },
        body,
        redirect: 'manual',
        signal: ending.signal,
      })
      if (response.status === UNTRUSTED) throw new Error(UNKNOWN_AUTHORITY)
      return { status: response.status, text: await textOf(response) }
    } finally {
      cancel()
    }
  }

  return {
    async post(config, body, timeoutMs) {
      const url = urlOf(config, timeoutMs)
      const { status, text } = await reply(config, url, stringify(body), timeoutMs).catch((error: unknown) => {
        throw new Error(`failed to call webhook: Post ${JSON.stringify(url)}: ${reasonOf(error)}`)
      })
      if (status < 200 || status > 299) throw new Error(`failed to call webhook: ${said(status, text)}`)
      return parsed(text)
    },
  }
}

function urlOf({ url, service }: ClientConfig, timeoutMs: number): string {
  const { namespace = '', name = '', path = '', port = HTTPS_PORT } = service ?? {}
  const base =
    url ?? `https://${name}.${namespace}.svc:${port}${path.startsWith('/') || path === '' ? path : `/${path}`}`
  // As kube-apiserver does: the webhook may know how long it has. Neither form has a query of its own.
  return `${base}?timeout=${timeoutMs / 1000}s`
}

/** Reads no more than a verdict can have. */
async function textOf(response: Response): Promise<string> {
  if (!response.body) return ''
  const decoder = new TextDecoder()
  let text = ''
  let size = 0
  for await (const chunk of response.body) {
    size += chunk.byteLength
    if (size > MAX_REPLY_BYTES) throw new Error(`the response is longer than ${MAX_REPLY_BYTES} bytes`)
    text += decoder.decode(chunk, { stream: true })
  }
  return text + decoder.decode()
}

const SHOWN_CHARACTERS = 200

const said = (status: number, text: string): string =>
  text.trim() === ''
    ? `the server responded with the status code ${status} but did not return more information`
    : `an error on the server (${JSON.stringify(text.trim().slice(0, SHOWN_CHARACTERS))}) has prevented the request from succeeding`

function parsed(text: string): unknown {
  try {
    return parseSent(text)
  } catch {
    throw new Error('the response is no JSON')
  }
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
