/**
 * A watch over a WebSocket, as browsers' consoles open it: each event is a text message, in the form that the stream's
 * lines have. The token comes as a sub-protocol, since browsers can set no header; of the others the first is answered.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
 *
 * The platform does not tell what such a socket's client has taken (no bufferedAmount, no pings), so that nothing can wait
 * for a slow one: what it leaves lies in this Worker's memory. Hence a socket carries so much and no more; then it is
 * closed with TRY_AGAIN, behind whole events, and the client goes on from the last one's resource version, as at any
 * other end of a watch. A state to begin with that is larger than this must be listed.
 */
import { isTokenProtocol } from './authenticate.ts'
import { close, holdWatch, type WatchStreamOptions } from './watch-stream.ts'

/** Of a Worker's 128 MB an eighth, for the client that takes nothing at all. */
export const MAX_SENT_BYTES = 16 * 1024 * 1024
/** "Try Again Later", of the registry of close codes (RFC 6455, section 11.7). */
export const TRY_AGAIN = 1013

export function watchSocket(options: WatchStreamOptions, headers: Headers): Response {
  const pair = new WebSocketPair()
  const [client, server] = [pair[0], pair[1]]
  const decoder = new TextDecoder()
  let sent = 0
  server.accept()
  const end = holdWatch(options, {
    // A batch holds whole lines.
    async write(frames) {
      for (const line of decoder.decode(frames).split('\n')) if (line !== '') server.send(`${line}\n`)
      sent += frames.length
      if (sent < MAX_SENT_BYTES) return
      server.close(TRY_AGAIN, 'watch again from the last resource version')
      throw new Error('the socket has carried its share')
    },
    close: () => close(server),
  })
  server.addEventListener('close', end)
  server.addEventListener('error', end)
  const protocol = protocolOf(headers)
  return new Response(null, {
    status: 101,
    webSocket: client,
    headers: protocol === undefined ? {} : { 'sec-websocket-protocol': protocol },
  })
}

const protocolOf = (headers: Headers): string | undefined =>
  (headers.get('sec-websocket-protocol') ?? '')
    .split(',')
    .map((text) => text.trim())
    .find((text) => text !== '' && !isTokenProtocol(text))
