/** The Docker Engine behind the runtime port, reached through its API socket. Holds no state but an image cache. */
import { PassThrough } from 'node:stream'
import Docker, { type ContainerCreateOptions, type ContainerInspectInfo, type ImageInspectInfo } from 'dockerode'
import { pack } from 'tar-stream'
import { containerOptions, LABEL, sandboxOptions, withTag } from './docker-config.ts'
import { containerFrom, sandboxFrom } from './docker-observation.ts'
import { isPauseArchitecture, pauseProgram } from './pause-program.ts'
import type {
  ContainerSpec,
  ExecResult,
  ImageFacts,
  ObservedPod,
  PodIdentity,
  RegistryAuth,
  Runtime,
  RuntimeEvent,
  RuntimeVersion,
  SandboxSpec,
} from './runtime.ts'

const PAUSE_IMAGE = 'skycrane/pause:1'

/** A probe's or hook's output beyond this is of no use in an event (the kubelet reads 10 KB). */
const EXEC_OUTPUT_LIMIT = 10 * 1024

/** Distinct images remembered; a node rarely runs more, and a forgotten one is only asked for again. */
const IMAGE_CACHE_LIMIT = 500

const EVENTS = ['start', 'die', 'oom', 'destroy']

export class DockerRuntime implements Runtime {
  readonly #docker: Docker
  readonly #images = new Map<string, ImageInspectInfo>()
  /** Containers of which the engine told an `oom`: when that reaches it after the exit, it never says so itself. */
  readonly #outOfMemory = new Set<string>()

  readonly #agent: string

  /** `agent` tells this agent's containers from others' on the engine: its data folder, which no other has. */
  constructor({ socketPath, agent }: { socketPath: string; agent: string }) {
    this.#docker = new Docker({ socketPath })
    this.#agent = agent
  }

  get #own(): string {
    return `${LABEL.agent}=${this.#agent}`
  }

  #labelled(options: ContainerCreateOptions): ContainerCreateOptions {
    return { ...options, Labels: { ...options.Labels, [LABEL.agent]: this.#agent } }
  }

  async version(): Promise<RuntimeVersion> {
    const info: { ServerVersion: string; KernelVersion: string; OperatingSystem: string; OSType: string } & {
      DockerRootDir: string
    } = await this.#docker.info()
    return {
      version: info.ServerVersion,
      kernel: info.KernelVersion,
      os: info.OperatingSystem,
      osType: info.OSType,
      rootDir: info.DockerRootDir,
    }
  }

  async pods(): Promise<readonly PodIdentity[]> {
    const found = await this.#docker.listContainers({ all: true, filters: { label: [this.#own] } })
    const byUid = new Map<string, PodIdentity>()
    for (const { Labels: labels } of found) {
      const uid = labels[LABEL.podUid]
      if (uid === undefined) continue
      byUid.set(uid, { uid, name: labels[LABEL.podName] ?? '', namespace: labels[LABEL.podNamespace] ?? '' })
    }
    return [...byUid.values()]
  }

  async observe(identity: PodIdentity): Promise<ObservedPod> {
    const found = await this.#docker.listContainers({
      all: true,
      filters: { label: [this.#own, `${LABEL.podUid}=${identity.uid}`] },
    })
    const infos = (await Promise.all(found.map(({ Id }) => this.#inspect(Id)))).filter((info) => info !== undefined)
    const newestFirst = infos.sort((a, b) => b.Created.localeCompare(a.Created))
    const isSandbox = (info: ContainerInspectInfo) => info.Config.Labels[LABEL.type] === 'podsandbox'
    return {
      identity,
      sandboxes: newestFirst.filter(isSandbox).map(sandboxFrom),
      containers: await Promise.all(
        newestFirst
          .filter((info) => !isSandbox(info))
          .map(async (info) =>
            containerFrom(info, {
              image: await this.#imageInfo(info.Image),
              wasOutOfMemory: this.#outOfMemory.has(info.Id),
            }),
          ),
      ),
    }
  }

  async createSandbox(spec: SandboxSpec) {
    await this.#ensurePauseImage()
    const container = await this.#docker.createContainer(this.#labelled(sandboxOptions(spec, PAUSE_IMAGE)))
    try {
      await container.start()
    } catch (error) {
      await this.remove(container.id)
      throw error
    }
    return sandboxFrom(await container.inspect())
  }

  async createContainer(spec: ContainerSpec): Promise<string> {
    const container = await plainly(this.#docker.createContainer(this.#labelled(containerOptions(spec))))
    return container.id
  }

  async start(id: string): Promise<void> {
    await plainly(this.#docker.getContainer(id).start())
  }

  async kill(id: string, signal: string): Promise<void> {
    await ignoring([404, 409], this.#docker.getContainer(id).kill({ signal }))
  }

  async exited(id: string, signal: AbortSignal): Promise<void> {
    try {
      await ignoring([404], this.#docker.getContainer(id).wait({ condition: 'not-running', abortSignal: signal }))
    } catch (error) {
      if (!signal.aborted) throw error
    }
  }

  async remove(id: string): Promise<void> {
    await ignoring([404, 409], this.#docker.getContainer(id).remove({ force: true, v: true }))
  }

  async exec(id: string, command: readonly string[], timeoutMs: number): Promise<ExecResult | undefined> {
    const exec = await this.#docker.getContainer(id).exec({ Cmd: [...command], AttachStdout: true, AttachStderr: true })
    const stream = await exec.start({ hijack: true, stdin: false })
    const output = collector(EXEC_OUTPUT_LIMIT)
    this.#docker.modem.demuxStream(stream, output.sink, output.sink)
    const hasEnded = await endedWithin(stream, timeoutMs)
    if (!hasEnded) {
      stream.destroy()
      return undefined
    }
    const { ExitCode: exitCode } = await exec.inspect()
    return { exitCode: exitCode ?? -1, output: output.text() }
  }

  async image(reference: string): Promise<ImageFacts | undefined> {
    const info = await ignoring([404], this.#docker.getImage(withTag(reference)).inspect())
    return info && { id: info.Id, user: info.Config.User ?? '', sizeBytes: info.Size }
  }

  /** Tries the secrets in turn, and without any at the last, as the kubelet does; the last refusal is thrown. */
  async pull(reference: string, auths: readonly RegistryAuth[], signal: AbortSignal): Promise<void> {
    let refusal: unknown
    for (const auth of [...auths, undefined]) {
      try {
        return await plainly(this.#pullOnce(reference, auth, signal))
      } catch (error) {
        if (signal.aborted) throw error
        refusal ??= error
      }
    }
    throw refusal
  }

  async tail(id: string, { lines, bytes }: { lines: number; bytes: number }): Promise<string> {
    const container = this.#docker.getContainer(id)
    const raw = await container.logs({ stdout: true, stderr: true, tail: lines, follow: false })
    const info = await this.#inspect(id)
    const text = info?.Config.Tty ? raw : withoutFrames(raw)
    return text.subarray(Math.max(0, text.length - bytes)).toString()
  }

  async watch(onEvent: (event: RuntimeEvent) => void, signal: AbortSignal): Promise<void> {
    const stream = await this.#docker.getEvents({
      filters: { type: ['container'], event: EVENTS, label: [this.#own] },
      abortSignal: signal,
    })
    await new Promise<void>((resolve) => {
      const lines = lineSplitter((line) => {
        const { action, id, podUid } = readEvent(line)
        if (action === 'oom') this.#outOfMemory.add(id)
        if (action === 'destroy') this.#outOfMemory.delete(id)
        if (podUid !== undefined) onEvent({ podUid })
      })
      stream.on('data', (chunk: Buffer) => lines(chunk.toString()))
      stream.on('error', () => resolve())
      stream.on('close', () => resolve())
      stream.on('end', () => resolve())
    })
  }

  async #pullOnce(reference: string, auth: RegistryAuth | undefined, abortSignal: AbortSignal): Promise<void> {
    const authconfig = auth && { username: auth.username, password: auth.password, serveraddress: auth.server }
    const stream = await this.#docker.pull(withTag(reference), { abortSignal, ...(authconfig ? { authconfig } : {}) })
    await new Promise<void>((resolve, reject) => {
      this.#docker.modem.followProgress(stream, (error) => (error ? reject(error) : resolve()))
    })
  }

  async #inspect(id: string): Promise<ContainerInspectInfo | undefined> {
    return ignoring([404], this.#docker.getContainer(id).inspect())
  }

  async #imageInfo(id: string): Promise<ImageInspectInfo | undefined> {
    const known = this.#images.get(id)
    if (known) return known
    const info = await ignoring([404], this.#docker.getImage(id).inspect())
    if (this.#images.size >= IMAGE_CACHE_LIMIT) this.#images.clear()
    if (info) this.#images.set(id, info)
    return info
  }

  async #ensurePauseImage(): Promise<void> {
    if (await ignoring([404], this.#docker.getImage(PAUSE_IMAGE).inspect())) return
    if (!isPauseArchitecture(process.arch)) throw new Error(`no pause program for ${process.arch}`)
    const archive = pack()
    archive.entry({ name: 'pause', mode: 0o755 }, pauseProgram(process.arch))
    archive.finalize()
    const [repo, tag] = PAUSE_IMAGE.split(':')
    const stream = await this.#docker.importImage(archive.pipe(new PassThrough()), { repo, tag })
    await new Promise<void>((resolve, reject) => {
      this.#docker.modem.followProgress(stream, (error) => (error ? reject(error) : resolve()))
    })
  }
}

/** Docker answers 404 for what is gone and 409 for what is in that state already: both are what was wanted. */
async function ignoring<T>(codes: readonly number[], promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise
  } catch (error) {
    if (error instanceof Error && 'statusCode' in error && codes.includes(Number(error.statusCode))) return undefined
    throw error
  }
}

/** Errors as the Docker command line words them, for events that users read. */
async function plainly<T>(promise: Promise<T>): Promise<T> {
  try {
    return await promise
  } catch (error) {
    if (!(error instanceof Error) || !('statusCode' in error)) throw error
    const text = error.message.replace(/^\(HTTP code \d+\) [a-z ]*- /, '').trim()
    throw new Error(`Error response from daemon: ${text}`, { cause: error })
  }
}

/** Whether the engine could not be reached at all, as opposed to refusing something. */
export function isEngineDown(error: unknown): boolean {
  return error instanceof Error && 'code' in error && ['ECONNREFUSED', 'ENOENT', 'EACCES'].includes(String(error.code))
}

function collector(limit: number) {
  const chunks: Buffer[] = []
  let size = 0
  const sink = new PassThrough()
  sink.on('data', (chunk: Buffer) => {
    if (size >= limit) return
    chunks.push(chunk.subarray(0, limit - size))
    size += chunk.length
  })
  return { sink, text: () => Buffer.concat(chunks).toString() }
}

function endedWithin(stream: NodeJS.ReadableStream, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(false), timeoutMs)
    const end = () => {
      clearTimeout(timer)
      // The demultiplexer's sinks get their last chunk in this turn too.
      setImmediate(() => resolve(true))
    }
    stream.on('end', end)
    stream.on('close', end)
    stream.on('error', reject)
  })
}

/** Strips the 8-byte frame headers of a multiplexed log (Engine API, "Stream format"). */
function withoutFrames(raw: Buffer): Buffer {
  const parts: Buffer[] = []
  for (let at = 0; at + 8 <= raw.length; ) {
    const length = raw.readUInt32BE(at + 4)
    parts.push(raw.subarray(at + 8, at + 8 + length))
    at += 8 + length
  }
  return Buffer.concat(parts)
}

function lineSplitter(onLine: (line: string) => void): (text: string) => void {
  let rest = ''
  return (text) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) if (line !== '') onLine(line)
  }
}

function readEvent(line: string): { action: string; id: string; podUid: string | undefined } {
  const event: { Action?: string; Actor?: { ID?: string; Attributes?: Record<string, string> } } = JSON.parse(line)
  return {
    action: event.Action ?? '',
    id: event.Actor?.ID ?? '',
    podUid: event.Actor?.Attributes?.[LABEL.podUid],
  }
}
