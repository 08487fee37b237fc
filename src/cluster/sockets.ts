/**
 * Sockets that outlive the object's memory, as watches and doorbells need them: a Durable Object's hibernatable ones, or
 * the simulation's. What is attached to one, and its tags, are kept with it.
 */

export interface Socket {
  /** Throws once it is closing. */
  send(message: string | Uint8Array): void
  close(code?: number, reason?: string): void
  serializeAttachment(value: unknown): void
  deserializeAttachment(): unknown
}

export interface Sockets {
  accept(socket: Socket, tags: string[]): void
  tagged(tag: string): readonly Socket[]
  /** Milliseconds since the epoch of the last ping that was answered without waking the object. */
  lastPing(socket: Socket): number | undefined
}
