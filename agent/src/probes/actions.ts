/** Probes and lifecycle hooks done: exec, HTTP, TCP and gRPC towards a Pod, with messages as Go words them. */
import http from 'node:http'
import http2 from 'node:http2'
import https from 'node:https'
import net from 'node:net'
import type { IContainer, IHTTPGetAction, ILifecycleHandler, IProbe } from 'kubernetes-models/v1'
import { codeOf, messageOf } from '../log.ts'
import type { Runtime } from '../runtime/runtime.ts'

export interface ActionResult {
  readonly isSuccess: boolean
  readonly message: string
}

export interface ActionTarget {
  readonly runtime: Runtime
  readonly containerId: string
  readonly container: IContainer
  readonly podIp: string
  readonly timeoutMs: number
}

type Action = IProbe | ILifecycleHandler

/** An event's worth of a response body (the kubelet reads 10 KB and prints all of it). */
const BODY_LIMIT = 10 * 1024

/** Never throws: what cannot be done has failed, with the reason as its message. */
export async function perform(action: Action, target: ActionTarget): Promise<ActionResult> {
  try {
    if (action.exec) return await execAction(action.exec.command ?? [], target)
    if (action.httpGet) return await httpAction(action.httpGet, target)
    if (action.tcpSocket) return await tcpAction(action.tcpSocket, target)
    if ('grpc' in action && action.grpc) return await grpcAction(action.grpc, target)
    if ('sleep' in action && action.sleep) return await sleepAction(action.sleep.seconds)
    return { isSuccess: true, message: '' }
  } catch (error) {
    return { isSuccess: false, message: messageOf(error) }
  }
}

async function execAction(command: readonly string[], target: ActionTarget): Promise<ActionResult> {
  const result = await target.runtime.exec(target.containerId, command, target.timeoutMs)
  if (!result) {
    const text = command.join(' ')
    return { isSuccess: false, message: `command ${JSON.stringify(text)} timed out after ${target.timeoutMs / 1000}s` }
  }
  return { isSuccess: result.exitCode === 0, message: result.output }
}

function sleepAction(seconds: number): Promise<ActionResult> {
  return new Promise((resolve) => setTimeout(() => resolve({ isSuccess: true, message: '' }), seconds * 1000))
}

/** A port by number, or by the name the container gives it. */
export function portOf(port: string | number, container: IContainer): number {
  const named = container.ports?.find(({ name }) => name === port)?.containerPort
  const number = named ?? Number(port)
  if (!Number.isInteger(number)) throw new Error(`couldn't find port: ${port}`)
  return number
}

function httpAction(get: IHTTPGetAction, target: ActionTarget): Promise<ActionResult> {
  const scheme = (get.scheme ?? 'HTTP').toLowerCase()
  const port = portOf(get.port, target.container)
  const host = get.host || target.podIp
  const path = get.path?.startsWith('/') ? get.path : `/${get.path ?? ''}`
  const url = `${scheme}://${host}:${port}${path}`
  const headers = Object.fromEntries((get.httpHeaders ?? []).map(({ name, value }) => [name, value]))
  const options = {
    headers: { 'User-Agent': 'kube-probe/1.32', Accept: '*/*', Connection: 'close', ...headers },
    rejectUnauthorized: false,
    agent: false as const,
    timeout: target.timeoutMs,
  }
  return new Promise((resolve) => {
    const fail = (message: string) => resolve({ isSuccess: false, message: `Get ${JSON.stringify(url)}: ${message}` })
    const late = 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)'
    const request = (scheme === 'https' ? https : http).get(url, options, (response) => {
      clearTimeout(timer)
      readBody(response).then(
        (body) => resolve(judge(response.statusCode ?? 0, body)),
        (error: unknown) => fail(messageOf(error)),
      )
    })
    const timer = setTimeout(() => {
      fail(late)
      request.destroy()
    }, target.timeoutMs)
    request.on('error', (error) => {
      clearTimeout(timer)
      fail(dialError(error, `${host}:${port}`))
    })
  })
}

/** 200 to 399 is healthy; a redirect is not followed to another host, and counts as healthy itself. */
function judge(status: number, body: string): ActionResult {
  if (status >= 200 && status < 400) return { isSuccess: true, message: body }
  return { isSuccess: false, message: `HTTP probe failed with statuscode: ${status}` }
}

async function readBody(response: http.IncomingMessage): Promise<string> {
  let body = ''
  for await (const chunk of response) {
    if (body.length < BODY_LIMIT) body += String(chunk).slice(0, BODY_LIMIT - body.length)
  }
  return body
}

function tcpAction(
  { host, port }: { readonly host?: string; readonly port: string | number },
  target: ActionTarget,
): Promise<ActionResult> {
  const address = host || target.podIp
  const number = portOf(port, target.container)
  return new Promise((resolve) => {
    const socket = net.connect({ host: address, port: number, timeout: target.timeoutMs })
    const end = (result: ActionResult) => {
      socket.destroy()
      resolve(result)
    }
    socket.on('connect', () => end({ isSuccess: true, message: '' }))
    socket.on('timeout', () => end({ isSuccess: false, message: `dial tcp ${address}:${number}: i/o timeout` }))
    socket.on('error', (error) => end({ isSuccess: false, message: dialError(error, `${address}:${number}`) }))
  })
}

const DIAL: Record<string, string> = {
  ECONNREFUSED: 'connect: connection refused',
  EHOSTUNREACH: 'connect: no route to host',
  ENETUNREACH: 'connect: network is unreachable',
  ETIMEDOUT: 'i/o timeout',
}

function dialError(error: Error, address: string): string {
  const code = codeOf(error)
  if (code === 'ECONNRESET') return 'EOF'
  const words = code === undefined ? undefined : DIAL[code]
  return words ? `dial tcp ${address}: ${words}` : error.message
}

/** grpc.health.v1.Health/Check: field 1 of the answer is the status, and 1 means SERVING. */
function grpcAction(
  { port, service = '' }: { readonly port: number; readonly service?: string },
  target: ActionTarget,
): Promise<ActionResult> {
  const address = `${target.podIp}:${port}`
  const name = Buffer.from(service)
  const message = service ? Buffer.concat([Buffer.from([0x0a, name.length]), name]) : Buffer.alloc(0)
  const frame = Buffer.concat([Buffer.from([0, 0, 0, 0, message.length]), message])
  return new Promise((resolve) => {
    const session = http2.connect(`http://${address}`)
    const end = (result: ActionResult) => {
      clearTimeout(timer)
      session.destroy()
      resolve(result)
    }
    const unreachable = `timeout: failed to connect service "${address}" within ${target.timeoutMs / 1000}s: context deadline exceeded`
    const timer = setTimeout(() => end({ isSuccess: false, message: unreachable }), target.timeoutMs)
    session.on('error', () => end({ isSuccess: false, message: unreachable }))
    const stream = session.request({
      ':method': 'POST',
      ':path': '/grpc.health.v1.Health/Check',
      'content-type': 'application/grpc',
      te: 'trailers',
    })
    const chunks: Buffer[] = []
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    stream.on('error', () => end({ isSuccess: false, message: unreachable }))
    stream.on('end', () => {
      const isServing = Buffer.concat(chunks)
        .subarray(5)
        .equals(Buffer.from([0x08, 0x01]))
      end(
        isServing
          ? { isSuccess: true, message: '' }
          : { isSuccess: false, message: 'service unhealthy (responded with "NOT_SERVING")' },
      )
    })
    stream.end(frame)
  })
}
