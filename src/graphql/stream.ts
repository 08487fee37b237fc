/** Lines of a byte stream as an async iterable that can be ended while it waits, which a generator can not. */

export interface WatchStreamRequest {
  readonly socket: WebSocket
  readonly signal: AbortSignal
  readonly bookmark: (version: number) => string
}

/** Holds a watch's socket and gives its frames: the edge's, as for REST. */
export type WatchStream = (request: WatchStreamRequest) => ReadableStream<Uint8Array>

/**
 * Each line, read by `parse`. What `parse` throws ends the stream and reaches the reader. `return` takes effect at
 * once: the client of a quiet watch that goes away must not leave its socket open until the next event.
 */
export function linesOf<T>(stream: ReadableStream<Uint8Array>, parse: (line: string) => T): AsyncIterableIterator<T> {
  const reader = stream.getReader()
  const decoder = new TextDecoder()
  let lines: string[] = []
  let rest = ''
  let isDone = false

  const end = async (): Promise<IteratorReturnResult<undefined>> => {
    if (!isDone) {
      isDone = true
      await reader.cancel()
    }
    return { done: true, value: undefined }
  }

  return {
    [Symbol.asyncIterator]() {
      return this
    },
    async next() {
      while (!isDone) {
        const line = lines.shift()
        if (line !== undefined) {
          try {
            return { done: false, value: parse(line) }
          } catch (error) {
            await end()
            throw error
          }
        }
        const { done, value } = await reader.read()
        if (done) break
        const parts = (rest + decoder.decode(value, { stream: true })).split('\n')
        rest = parts.pop() ?? ''
        lines = parts.filter((part) => part !== '')
      }
      return end()
    },
    return: end,
    async throw(error) {
      await end()
      throw error
    },
  }
}
