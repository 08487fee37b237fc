/**
 * `npm run serve -- --state DIR --port PORT`: the control plane alone, without Docker and without an agent. Prints one
 * JSON line when it is ready, and stays until it is told to stop.
 */
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { COMPATS, isCompat } from '../../src/kube/compat.ts'
import { firstCluster } from './embedded/first-cluster.ts'
import { startServer } from './embedded/server.ts'

const USAGE = `npm run serve -- [options]
  --state DIR   where everything is kept (.skycrane)
  --port PORT   listened on; any that is free if 0 (0)
  --host HOST   address listened on (127.0.0.1)
  --history S   seconds for which the log of changes, and Events, are kept (3600)
  --name NAME   a further name or address that the certificate is for; may stand several times
  --compat 1.20 the first cluster suits clients of that version of Kubernetes too (docs/versions.md)`

function optionsOrUsage() {
  try {
    const { values } = parseArgs({
      options: {
        state: { type: 'string', default: '.skycrane' },
        port: { type: 'string', default: '0' },
        host: { type: 'string', default: '127.0.0.1' },
        history: { type: 'string' },
        name: { type: 'string', multiple: true, default: [] },
        compat: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    })
    const { help, compat, ...rest } = values
    if (compat !== undefined && !isCompat(compat)) throw new Error(`--compat is ${COMPATS.join(' or ')}, not ${compat}`)
    if (!help) return { ...rest, compat }
    console.log(USAGE)
    process.exit(0)
  } catch (error) {
    console.error(`skycrane serve: ${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`)
    process.exit(2)
  }
}

const values = optionsOrUsage()
const state = resolve(values.state)
const historySeconds = values.history === undefined ? undefined : Number(values.history)
if (historySeconds !== undefined && !(Number.isInteger(historySeconds) && historySeconds > 0)) {
  console.error(`skycrane serve: ${values.history} is not a number of seconds\n\n${USAGE}`)
  process.exit(2)
}
const server = await startServer({
  root: resolve(import.meta.dirname, '..', '..'),
  state,
  port: Number(values.port),
  host: values.host,
  names: values.name,
  historySeconds,
}).catch((error: unknown) => {
  console.error(`skycrane serve: ${error instanceof Error ? error.message : String(error)}`)
  process.exit(1)
})
// Before it is said that there is anything to be stopped.
const stop = async () => {
  await server.stop()
  process.exit(0)
}
process.on('SIGINT', stop)
process.on('SIGTERM', stop)
const cluster = await firstCluster(server, state, values.compat).catch(async (error: unknown) => {
  console.error(`skycrane serve: ${error instanceof Error ? error.message : String(error)}`)
  await server.stop()
  process.exit(1)
})
console.log(
  JSON.stringify({
    url: server.url,
    kubeconfig: cluster.kubeconfig,
    token: server.token,
    cluster: cluster.id,
    pid: process.pid,
  }),
)
