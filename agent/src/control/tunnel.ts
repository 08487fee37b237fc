/** Calls that the control plane makes through this node: to Services of the Pod network, or with a private CA. */
import { request as httpsRequest } from 'node:https'
import { isIP } from 'node:net'
import type { TunnelRequest, TunnelResponse } from '../../../src/protocol/agent.ts'
import { certificateError } from './tls-errors.ts'

const MAX_REPLY_BYTES = 3 * 1024 * 1024

/** Never rejects: what went wrong is an answer too. */
export async function passOn(request: TunnelRequest): Promise<TunnelResponse> {
  try {
    return { id: request.id, reply: await post(request) }
  } catch (error) {
    return { id: request.id, reply: { failure: error instanceof Error ? error.message : String(error) } }
  }
}

function post({ url, address, ca, body, timeoutMs }: TunnelRequest): Promise<{ status: number; text: string }> {
  const target = new URL(url)
  if (target.protocol !== 'https:') throw new Error(`${target.protocol} is not passed on`)
  // An address of IPv6 stands in brackets.
  const host = target.hostname.replace(/^\[|\]$/g, '')
  return new Promise((resolve, reject) => {
    const outgoing = httpsRequest(
      {
        host: address ?? host,
        // The certificate is of the name, whatever is connected to; an address is none.
        ...(isIP(host) ? {} : { servername: host }),
        port: target.port || 443,
        path: `${target.pathname}${target.search}`,
        method: 'POST',
        ...(ca === undefined ? {} : { ca }),
        headers: {
          host: target.host,
          'content-type': 'application/json',
          accept: 'application/json',
          'content-length': Buffer.byteLength(body),
        },
        signal: AbortSignal.timeout(timeoutMs),
      },
      (response) => {
        const chunks: Buffer[] = []
        let size = 0
        response.on('data', (chunk: Buffer) => {
          size += chunk.length
          chunks.push(chunk)
          if (size > MAX_REPLY_BYTES)
            response.destroy(new Error(`the response is longer than ${MAX_REPLY_BYTES} bytes`))
        })
        response.on('error', reject)
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }),
        )
      },
    )
    outgoing.on('error', (error) =>
      reject(
        error.name === 'AbortError'
          ? new Error('context deadline exceeded', { cause: error })
          : certificateError(error, host),
      ),
    )
    outgoing.end(body)
  })
}
