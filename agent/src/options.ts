/** The command line and its environment twin: `--data-dir` is also SKYCRANE_DATA_DIR. Parsed once, then trusted. */
import { hostname } from 'node:os'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'

export interface AgentOptions {
  /** Where the control plane is: `https://host[:port]`. */
  readonly server: string
  /** Needed to join the first time, and again when the node's credential was revoked. */
  readonly token?: string
  readonly nodeName: string
  readonly dataDir: string
  readonly dockerSocket: string
  /** PEM text of the control plane's private CA; public CAs are trusted beside it. */
  readonly ca?: string
  readonly nodeIp?: string
  readonly labels: Readonly<Record<string, string>>
  readonly useDoorbell: boolean
  readonly bridge: string
  /** Where the agent serves the `kubernetes` Service, on the bridge's gateway address. */
  readonly gatewayPort: number
  readonly logLevel: string
}

export const USAGE = `skycrane-agent --server URL --token TOKEN [options]

  --server URL          the control plane
  --token TOKEN         join token; not needed once the node has joined
  --node-name NAME      default: the host's name
  --data-dir DIR        default: /var/lib/skycrane
  --docker-socket PATH  default: /var/run/docker.sock
  --ca-file PEM         the control plane's private CA
  --node-ip IP          default: the address of the default route's interface
  --labels k=v,...      extra labels of the Node
  --bridge NAME         default: skycrane0
  --gateway-port PORT   where the kubernetes Service ends on the bridge's address; default: 16443
  --no-doorbell         poll only
  --log-level LEVEL     default: info

Each option is also read from the environment: --data-dir is SKYCRANE_DATA_DIR.`

const NAMES = [
  'server',
  'token',
  'node-name',
  'data-dir',
  'docker-socket',
  'ca-file',
  'node-ip',
  'labels',
  'bridge',
  'gateway-port',
  'log-level',
] as const

type Name = (typeof NAMES)[number]

export interface Surroundings {
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readFile(path: string): string
}

/** Throws with a message for the user where something is missing or malformed. */
export function parseOptions({ argv, env, readFile }: Surroundings): AgentOptions {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      ...(Object.fromEntries(NAMES.map((name) => [name, { type: 'string' }])) as Record<Name, { type: 'string' }>),
      'no-doorbell': { type: 'boolean' },
    },
  })
  const value = (name: Name): string | undefined =>
    values[name] ?? env[`SKYCRANE_${name.toUpperCase().replaceAll('-', '_')}`]
  const server = value('server')
  if (!server) throw new Error('--server is needed')
  const caFile = value('ca-file')
  return {
    server: new URL(server).href.replace(/\/$/, ''),
    token: value('token'),
    nodeName: value('node-name') ?? hostname().toLowerCase(),
    dataDir: resolve(value('data-dir') ?? '/var/lib/skycrane'),
    dockerSocket: value('docker-socket') ?? '/var/run/docker.sock',
    ca: caFile === undefined ? undefined : readFile(caFile),
    nodeIp: value('node-ip'),
    labels: parseLabels(value('labels') ?? ''),
    useDoorbell: !(values['no-doorbell'] ?? env['SKYCRANE_NO_DOORBELL'] === '1'),
    bridge: value('bridge') ?? 'skycrane0',
    gatewayPort: parsePort(value('gateway-port') ?? '16443'),
    logLevel: value('log-level') ?? 'info',
  }
}

function parseLabels(text: string): Record<string, string> {
  const pairs = text.split(',').filter((pair) => pair !== '')
  return Object.fromEntries(
    pairs.map((pair) => {
      const equals = pair.indexOf('=')
      if (equals < 1) throw new Error(`--labels: ${JSON.stringify(pair)} is not key=value`)
      return [pair.slice(0, equals), pair.slice(equals + 1)]
    }),
  )
}

function parsePort(text: string): number {
  const port = Number(text)
  if (!Number.isInteger(port) || port < 1 || port > 65535) throw new Error(`--gateway-port: ${text} is not a port`)
  return port
}
