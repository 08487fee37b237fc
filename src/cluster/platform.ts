/** The ports of a cluster on a Durable Object: its SQLite and its hibernatable sockets. */
import type { Sql, SqlValue } from '../store/sql.ts'
import type { Socket, Sockets } from './sockets.ts'

export function durableSql(storage: DurableObjectStorage): Sql {
  let written = 0
  // raw() gives arrays of the columns' values, which are the store's value types.
  const raw = (query: string, bindings: readonly SqlValue[]) =>
    storage.sql.exec(query, ...bindings).raw() as Iterable<SqlValue[]>
  return {
    rows: (query, ...bindings) => [...raw(query, bindings)],
    iterate: (query, ...bindings) => raw(query, bindings),
    run(query, ...bindings) {
      written += storage.sql.exec(query, ...bindings).rowsWritten
    },
    transaction: (work) => storage.transactionSync(work),
    rowsWritten: () => written,
  }
}

/** In the object all sockets are the platform's own. */
const platformSocket = (socket: Socket): WebSocket => socket as unknown as WebSocket

export function durableSockets(ctx: DurableObjectState): Sockets {
  return {
    accept: (socket, tags) => ctx.acceptWebSocket(platformSocket(socket), tags),
    tagged: (tag) => ctx.getWebSockets(tag),
    lastPing: (socket) => ctx.getWebSocketAutoResponseTimestamp(platformSocket(socket))?.getTime(),
  }
}
