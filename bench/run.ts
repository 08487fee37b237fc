/**
 * `npm run bench`: figures of the local control plane, started with `serve`, over HTTPS, beside kube-apiserver's. With
 * names of scenarios just those, each on a server of its own. Loopback only, bounded in count and time. Machines are
 * shared: CPU per operation is the steadier figure.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { Client } from './client.ts'
import { printHead, printRow } from './figures.ts'
import { told } from './memory.ts'
import { startServer } from './process.ts'
import { CONNECTIONS, type Scenario } from './scenario.ts'
import { scenarios } from './scenarios/index.ts'

/** What starting up has left behind is given back within seconds. */
const IDLE_MS = 5000

const USAGE = `npm run bench -- [name ...]
${scenarios.map(({ name, about, isQuick }) => `  ${name.padEnd(12)} ${about}${isQuick ? ' *' : ''}`).join('\n')}
  * runs without a name too`

const { positionals: names, values } = parseArgs({ allowPositionals: true, options: { help: { type: 'boolean' } } })
const unknown = names.filter((name) => !scenarios.some((scenario) => scenario.name === name))
if (values.help || unknown.length > 0) {
  console.log(unknown.length > 0 ? `no such scenario: ${unknown.join(', ')}\n\n${USAGE}` : USAGE)
  process.exit(unknown.length > 0 ? 2 : 0)
}
if (names.length === 0) await runOn(scenarios.filter(({ isQuick }) => isQuick))
else for (const scenario of scenarios.filter(({ name }) => names.includes(name))) await runOn([scenario])

/** On one server, one after the other. */
async function runOn(chosen: readonly Scenario[]): Promise<void> {
  const server = await startServer(chosen[0]?.server)
  const client = new Client(server.target, CONNECTIONS)
  await sleep(IDLE_MS)
  const startSeconds = (server.startedInMs / 1000).toFixed(1)
  console.log(
    `started in ${startSeconds} s (kube-apiserver + etcd: 9 s), resident ${told(server.resident())} idle (506 MB)`,
  )
  printHead()
  try {
    for (const scenario of chosen) await scenario.run({ server, client, print: printRow })
    console.log(`resident ${told(server.resident())} loaded (800 to 1,040 MB)`)
  } finally {
    client.close()
    await server.stop()
  }
}
