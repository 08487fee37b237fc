/**
 * A watch over a WebSocket, as browsers' consoles open it: each event is a text message, in the form that the stream's
 * lines have. The token comes as a sub-protocol, since browsers can set no header; of the others the first is answered.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
 */
import { isTokenProtocol } from './authenticate.ts'
import { close, holdWatch, type WatchStreamOptions } from './watch-stream.ts'

export function watchSocket(options: WatchStreamOptions, headers: Headers): Response {
  const pair = new WebSocketPair()
  const [client, server] = [pair[0], pair[1]]
  const decoder = new TextDecoder()
  server.accept()
  const end = holdWatch(options, {
    // A batch holds whole lines.
    async write(frames) {
      for (const line of decoder.decode(frames).split('\n')) if (line !== '') server.send(`${line}\n`)
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
