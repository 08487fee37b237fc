/**
 * UDP from one socket for as long as it lives, and who answers it: `node udp.ts serve IP PORT WORD` answers with its
 * word, `node udp.ts ask IP PORT` prints each word it hears.
 */
import { createSocket } from 'node:dgram'

const [, , mode, ip = '', port = '', word = ''] = process.argv
const ASK_EVERY_MS = 50
const socket = createSocket('udp4')
if (mode === 'serve') {
  socket.on('message', (_, from) => socket.send(word, from.port, from.address))
  socket.bind(Number(port), ip, () => console.log('serving'))
} else {
  socket.on('message', (heard) => console.log(String(heard)))
  // Nobody serves yet: the refusal is told to the socket, which goes on.
  socket.on('error', () => console.log('refused'))
  socket.connect(Number(port), ip, () => {
    setInterval(() => socket.send('?', () => {}), ASK_EVERY_MS)
  })
}
