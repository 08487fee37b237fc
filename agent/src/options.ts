/** The command line and its environment twin: `--data-dir` is also SKYCRANE_DATA_DIR. Parsed once, then trusted. */
import { hostname } from 'node:os'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { bytesOf, cpuMillis } from '../../src/kube/quantity.ts'
import type { Reserved } from './node/node-status.ts'

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
  readonly reserved: Reserved
}

export interface ResetOptions extends Pick<AgentOptions, 'dataDir' | 'dockerSocket' | 'bridge' | 'logLevel'> {
  /** Pods come back at the next start. */
  readonly keepsState: boolean
  /** The most that Pods get to end, if that is less than they were given. */
  readonly graceSeconds: number | undefined
}

export type Command =
  | { readonly name: 'run'; readonly options: AgentOptions }
  | { readonly name: 'reset'; readonly options: ResetOptions }

export const USAGE = `skycrane-agent --server URL --token TOKEN [options]
skycrane-agent reset [--keep-state] [--grace-seconds N] [--data-dir, --docker-socket, --bridge as when it ran]

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
  --system-reserved cpu=100m,memory=200Mi,ephemeral-storage=1Gi
                        kept from Pods for the machine's own programs; default: nothing. --kube-reserved adds to it
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
  'system-reserved',
  'kube-reserved',
  'log-level',
] as const

export interface Surroundings {
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readFile(path: string): string
}

/** Throws with a message for the user. */
export function parseCommand(surroundings: Surroundings): Command {
  const [first, ...rest] = surroundings.argv
  if (first !== 'reset') return { name: 'run', options: parseOptions(surroundings) }
  return { name: 'reset', options: parseReset({ ...surroundings, argv: rest }) }
}

const RESET_NAMES = ['data-dir', 'docker-socket', 'bridge', 'log-level', 'grace-seconds'] as const

function parseReset({ argv, env }: Surroundings): ResetOptions {
  const { values } = parseArgs({
    args: [...argv],
    options: { ...strings(RESET_NAMES), 'keep-state': { type: 'boolean' } },
  })
  const value = reader(values, env)
  const grace = value('grace-seconds')
  if (grace !== undefined && !/^\d+$/.test(grace))
    throw new Error(`--grace-seconds: ${grace} is not a number of seconds`)
  return {
    ...placeOf(value),
    keepsState: values['keep-state'] ?? false,
    graceSeconds: grace === undefined ? undefined : Number(grace),
  }
}

const strings = <N extends string>(names: readonly N[]) =>
  Object.fromEntries(names.map((name) => [name, { type: 'string' }])) as Record<N, { type: 'string' }>

/** By the option, or by its twin in the environment. */
const reader =
  <N extends string>(values: Partial<Record<N, unknown>>, env: Surroundings['env']) =>
  (name: N): string | undefined =>
    (values[name] as string | undefined) ?? env[`SKYCRANE_${name.toUpperCase().replaceAll('-', '_')}`]

/** Where on this machine the agent is at home. */
const placeOf = (value: (name: 'data-dir' | 'docker-socket' | 'bridge' | 'log-level') => string | undefined) => ({
  dataDir: resolve(value('data-dir') ?? '/var/lib/skycrane'),
  dockerSocket: value('docker-socket') ?? '/var/run/docker.sock',
  bridge: value('bridge') ?? 'skycrane0',
  logLevel: value('log-level') ?? 'info',
})

/** Throws with a message for the user where something is missing or malformed. */
export function parseOptions({ argv, env, readFile }: Surroundings): AgentOptions {
  const { values } = parseArgs({
    args: [...argv],
    options: { ...strings(NAMES), 'no-doorbell': { type: 'boolean' } },
  })
  const value = reader(values, env)
  const server = value('server')
  if (!server) throw new Error('--server is needed')
  const caFile = value('ca-file')
  return {
    server: new URL(server).href.replace(/\/$/, ''),
    token: value('token'),
    nodeName: value('node-name') ?? hostname().toLowerCase(),
    ...placeOf(value),
    ca: caFile === undefined ? undefined : readFile(caFile),
    nodeIp: value('node-ip'),
    labels: parseLabels(value('labels') ?? ''),
    useDoorbell: !(values['no-doorbell'] ?? env['SKYCRANE_NO_DOORBELL'] === '1'),
    gatewayPort: parsePort(value('gateway-port') ?? '16443'),
    reserved: reservedIn([value('system-reserved') ?? '', value('kube-reserved') ?? '']),
  }
}

const parseLabels = (text: string): Record<string, string> => parsePairs('--labels', text)

/** `cpu=100m,memory=200Mi`, as the kubelet takes it; what both options name is added up. */
function reservedIn(texts: readonly string[]): Reserved {
  const all = texts.map((text) => parsePairs('--system-reserved', text))
  for (const name of all.flatMap((pairs) => Object.keys(pairs))) {
    if (!RESERVABLE.includes(name)) throw new Error(`--system-reserved: ${JSON.stringify(name)} can not be reserved`)
  }
  const sum = (quantities: readonly number[]) => quantities.reduce((total, each) => total + each, 0)
  return {
    cpuMillis: sum(all.map(({ cpu }) => cpuMillis(cpu))),
    memoryBytes: sum(all.map(({ memory }) => bytesOf(memory))),
    storageBytes: sum(all.map((pairs) => bytesOf(pairs['ephemeral-storage']))),
  }
}

const RESERVABLE = ['cpu', 'memory', 'ephemeral-storage']

function parsePairs(option: string, text: string): Record<string, string> {
  const pairs = text.split(',').filter((pair) => pair !== '')
  return Object.fromEntries(
    pairs.map((pair) => {
      const equals = pair.indexOf('=')
      if (equals < 1) throw new Error(`${option}: ${JSON.stringify(pair)} is not key=value`)
      return [pair.slice(0, equals), pair.slice(equals + 1)]
    }),
  )
}

function parsePort(text: string): number {
  const port = Number(text)
  if (!Number.isInteger(port) || port < 1 || port > 65535) throw new Error(`--gateway-port: ${text} is not a port`)
  return port
}
