/**
 * Holds a watch at the edge: frames come from the cluster's object over a hibernatable socket and go to the client as
 * they come. The object may sleep meanwhile; bookmarks and time-outs are kept here. See protocol/watch.ts.
 */
import { ACKNOWLEDGE_BYTES, acknowledge, decodeBatch, END, parseWhere } from '../protocol/watch.ts'

export interface WatchStreamOptions {
  readonly socket: WebSocket
  /** The request's: aborted when the client goes away. */
  readonly signal: AbortSignal
  readonly timeoutMs: number
  /** Makes a bookmark frame of a version; undefined if the client wants none. */
  readonly bookmark: ((version: number) => string) | undefined
  readonly bookmarkMs: number
}

/** kube-apiserver's: how far a watch has come is told once a minute. */
export const BOOKMARK_MS = 60_000
/** kube-apiserver's: the last is told so long before the watch's time is over. */
const LAST_BOOKMARK_MS = 2000
/** Bytes that may wait for a client that is slower than its watch; beyond, no more credit is given. */
const BUFFER_BYTES = 64 * 1024

/** Where frames go to. */
export interface FrameSink {
  /** Ends when the client's connection has taken them; rejects where the client has gone. */
  write(frames: Uint8Array): Promise<void>
  close(): void
}

/**
 * A write ends when the client's connection has taken it: so what waits here for a slow client is known, and bounded by
 * the object's window. The platform's own stream: frames pass on without a turn of script each.
 */
export function watchStream(options: WatchStreamOptions): ReadableStream<Uint8Array> {
  const { readable, writable } = new IdentityTransformStream()
  const writer = writable.getWriter()
  holdWatch(options, {
    write: (frames) => writer.write(frames),
    // Rejects where the client has gone: there is nobody left to tell.
    close: () => void writer.close().catch(() => undefined),
  })
  return readable
}

/** Passes frames on until either side ends; answers what ends it from here. */
export function holdWatch(options: WatchStreamOptions, sink: FrameSink): () => void {
  const { socket, signal, timeoutMs, bookmark, bookmarkMs } = options
  const encoder = new TextEncoder()
  const deadline = Date.now() + timeoutMs
  let version = 0
  let waiting = 0
  let unacknowledged = 0
  let isDone = false
  let ring: ReturnType<typeof setTimeout> | undefined

  const finish = () => {
    if (isDone) return
    isDone = true
    clearTimeout(end)
    clearTimeout(ring)
    close(socket)
    sink.close()
  }

  const giveCredit = () => {
    if (isDone || unacknowledged < ACKNOWLEDGE_BYTES || waiting > BUFFER_BYTES) return
    unacknowledged = 0
    socket.send(acknowledge(version))
  }

  const write = (frames: Uint8Array) => {
    waiting += frames.length
    sink.write(frames).then(() => {
      waiting -= frames.length
      giveCredit()
    }, finish)
  }

  const take = (message: ArrayBuffer | string) => {
    if (message === END) return finish()
    if (typeof message === 'string') {
      const life = parseWhere(message)
      if (life !== undefined) socket.send(acknowledge(version, life))
      return
    }
    if (isDone) return
    const batch = decodeBatch(message)
    version = batch.version
    unacknowledged += message.byteLength
    if (batch.frames.length > 0) write(batch.frames)
    giveCredit()
  }

  const tellVersion = () => {
    if (bookmark && version > 0) write(encoder.encode(bookmark(version)))
    ringNext()
  }

  /** Each minute, and so long before the end that a client goes on from there without anything told twice. */
  const ringNext = () => {
    const last = deadline - LAST_BOOKMARK_MS - Date.now()
    if (last > 0) ring = setTimeout(tellVersion, Math.min(bookmarkMs, last))
  }

  socket.addEventListener('message', ({ data }) => take(data))
  socket.addEventListener('close', finish)
  socket.addEventListener('error', finish)
  signal.addEventListener('abort', finish)
  const end = setTimeout(finish, timeoutMs)
  if (bookmark) ringNext()
  // Frames as bytes at hand; the standard's default is a Blob, to be read later.
  socket.binaryType = 'arraybuffer'
  socket.accept()
  return finish
}

export function close(socket: WebSocket): void {
  try {
    socket.close(1000, 'the watch has ended')
  } catch {
    // Closed from the other side already.
    return
  }
}
