/** A connection's way that can break: passes bytes on to a server of this machine, and cuts all connections when told to. */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

export interface CutProxy {
  readonly port: number
  /** Ends every connection at once, as a router that restarts does; new ones pass. Answers how many there were. */
  cut(): number
  /** From now on new connections are ended too, until `open`. */
  shut(): void
  open(): void
  stop(): Promise<void>
}

export async function startCutProxy(target: number): Promise<CutProxy> {
  const sockets = new Set<Socket>()
  let isShut = false
  const server = createServer((near) => {
    if (isShut) return void near.destroy()
    const far = connect(target, '127.0.0.1')
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one)
      one.pipe(other)
      // What a broken connection says is what this is for.
      one.on('error', () => other.destroy())
      one.on('close', () => {
        sockets.delete(one)
        other.destroy()
      })
    }
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const cut = (): number => {
    const count = sockets.size / 2
    for (const socket of [...sockets]) socket.resetAndDestroy()
    return count
  }
  return {
    port: (server.address() as AddressInfo).port,
    cut,
    shut() {
      isShut = true
      cut()
    },
    open() {
      isShut = false
    },
    async stop() {
      cut()
      await new Promise((done) => server.close(done))
    },
  }
}
