/** A server that tells its clients their address, in more bytes than fit a packet: `node who.ts PORT`. */
import { createServer } from 'node:http'

const PADDING = ' '.repeat(100_000)
createServer(({ socket }, answer) => answer.end(`${socket.remoteAddress}${PADDING}`)).listen(
  Number(process.argv[2]),
  '0.0.0.0',
  () => console.log('serving'),
)
