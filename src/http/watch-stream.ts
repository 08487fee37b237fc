/**
 * Holds a watch at the edge: frames come from the cluster's object over a hibernatable socket and go to the client as
 * they come. The object may sleep meanwhile; bookmarks and time-outs are kept here. See protocol/watch.ts.
 */
import { ACKNOWLEDGE_BYTES, acknowledge, decodeBatch, END, WHERE } from '../protocol/watch.ts'

export interface WatchStreamOptions {
  readonly socket: WebSocket
  /** The request's: aborted when the client goes away. */
  readonly signal: AbortSignal
  readonly timeoutMs: number
  /** Makes a bookmark frame of a version; undefined if the client wants none. */
  readonly bookmark: ((version: number) => string) | undefined
  readonly bookmarkMs: number
}

/** Bytes kept for a client that is slower than its watch, beyond which no more credit is given. */
const BUFFER_BYTES = 64 * 1024

export function watchStream({
  socket,
  signal,
  timeoutMs,
  bookmark,
  bookmarkMs,
}: WatchStreamOptions): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  let version = 0
  let unacknowledged = 0
  let isDone = false
  let timers: ReturnType<typeof setTimeout>[] = []

  const finish = (controller: ReadableStreamDefaultController<Uint8Array>) => {
    if (isDone) return
    isDone = true
    for (const timer of timers) clearTimeout(timer)
    timers = []
    close(socket)
    try {
      controller.close()
    } catch {
      // The client has gone: there is nothing left to close.
      return
    }
  }

  const giveCredit = (controller: ReadableStreamDefaultController<Uint8Array>) => {
    if (unacknowledged < ACKNOWLEDGE_BYTES || (controller.desiredSize ?? 0) <= 0) return
    unacknowledged = 0
    socket.send(acknowledge(version))
  }

  const take = (controller: ReadableStreamDefaultController<Uint8Array>, message: ArrayBuffer | string) => {
    if (message === END) return finish(controller)
    if (message === WHERE) return socket.send(acknowledge(version))
    if (typeof message === 'string' || isDone) return
    const batch = decodeBatch(message)
    version = batch.version
    unacknowledged += message.byteLength
    if (batch.frames.length > 0) controller.enqueue(batch.frames)
    giveCredit(controller)
  }

  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        socket.addEventListener('message', ({ data }) => take(controller, data))
        socket.addEventListener('close', () => finish(controller))
        socket.addEventListener('error', () => finish(controller))
        signal.addEventListener('abort', () => finish(controller))
        timers.push(setTimeout(() => finish(controller), timeoutMs))
        if (bookmark) {
          const ring = () => {
            if (isDone) return
            if (version > 0) controller.enqueue(encoder.encode(bookmark(version)))
            timers[1] = setTimeout(ring, bookmarkMs)
          }
          timers[1] = setTimeout(ring, bookmarkMs)
        }
        // Frames as bytes at hand; the standard's default is a Blob, to be read later.
        socket.binaryType = 'arraybuffer'
        socket.accept()
      },
      pull(controller) {
        giveCredit(controller)
      },
      cancel() {
        isDone = true
        for (const timer of timers) clearTimeout(timer)
        close(socket)
      },
    },
    { highWaterMark: BUFFER_BYTES, size: (chunk) => chunk?.byteLength ?? 0 },
  )
}

function close(socket: WebSocket): void {
  try {
    socket.close(1000, 'the watch has ended')
  } catch {
    // Closed from the other side already.
    return
  }
}
