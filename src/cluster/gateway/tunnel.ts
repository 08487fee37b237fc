/**
 * POSTs through a node, over its doorbell: to Services of the Pod network, which the control plane has no way to, and to
 * endpoints with a private CA, which the platform's fetch trusts not. A Service is called from a node that runs one of
 * its Pods, if one can be reached: what is sent passes through no other machine then.
 */

import { services } from '../../kube/resources/core/service.ts'
import { endpointSlices } from '../../kube/resources/discovery/endpoint-slice.ts'
import { parseLabelSelector } from '../../kube/selectors.ts'
import type { TunnelRequest, TunnelResponse } from '../../protocol/agent.ts'
import type { Store } from '../../store/store.ts'
import { type After, type RelayedPost, type Reply, type ServiceTarget, TIMED_OUT } from '../callouts/transport.ts'
import type { Socket } from '../sockets.ts'
import type { Doorbell } from './doorbell.ts'

export interface Tunnel {
  /** Rejects with an Error that says why there is no reply. */
  post(post: RelayedPost, service: ServiceTarget | undefined): Promise<Reply>
  /** A node has answered; what is no answer to it is passed over. */
  answered(socket: Socket, message: string): void
  /** Its node will answer no more. */
  closed(socket: Socket): void
}

export interface TunnelOptions {
  readonly store: Store
  readonly doorbell: Doorbell
  readonly uuid: () => string
  readonly after: After
}

interface Waiting {
  readonly socket: Socket
  readonly resolve: (reply: Reply) => void
  readonly reject: (error: Error) => void
  /** Its deadline counts no more. */
  readonly cancel: () => void
}

/** What the way to the agent and back may take beyond the call itself. */
const GRACE_MS = 1000

export function createTunnel({ store, doorbell, uuid, after }: TunnelOptions): Tunnel {
  const waiting = new Map<string, Waiting>()

  function routeTo({ namespace, name, port }: ServiceTarget): { address: string; nodes: readonly string[] } {
    const service = store.get(services, { namespace, name })
    if (!service) throw new Error(`service ${JSON.stringify(name)} not found`)
    const address = service.spec.clusterIP
    if (!address || address === 'None') throw new Error(`service ${JSON.stringify(name)} has no cluster IP`)
    if (!service.spec.ports?.some((one) => one.port === port))
      throw new Error(`no service port ${port} found for service ${JSON.stringify(name)}`)
    const slices = store.list(endpointSlices, {
      namespace,
      labels: parseLabelSelector(`kubernetes.io/service-name=${name}`),
    })
    const ready = slices.flatMap(({ endpoints }) => endpoints.filter(({ conditions }) => conditions?.ready !== false))
    if (ready.length === 0) throw new Error(`no endpoints available for service ${JSON.stringify(name)}`)
    return { address, nodes: [...new Set(ready.flatMap(({ nodeName }) => nodeName ?? []))] }
  }

  function send(socket: Socket, request: TunnelRequest): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const cancel = after(request.timeoutMs + GRACE_MS, () => settle(request.id, { failure: TIMED_OUT }))
      waiting.set(request.id, { socket, resolve, reject, cancel })
      try {
        socket.send(JSON.stringify(request))
      } catch {
        settle(request.id, { failure: 'the node is gone' })
      }
    })
  }

  function settle(id: string, reply: TunnelResponse['reply']): void {
    const one = waiting.get(id)
    if (!one) return
    waiting.delete(id)
    one.cancel()
    if ('failure' in reply) one.reject(new Error(reply.failure))
    else one.resolve(reply)
  }

  return {
    async post({ url, ca, body, timeoutMs }, service) {
      const route = service && routeTo(service)
      const socket = doorbell.reach(route?.nodes ?? [])
      if (!socket) throw new Error('no node of the cluster can be reached to make the call from')
      return send(socket, {
        id: uuid(),
        url,
        ...(route ? { address: route.address } : {}),
        ...(ca === undefined ? {} : { ca }),
        body,
        timeoutMs,
      })
    },
    answered(socket, message) {
      const answer = responseOf(message)
      // A node speaks for itself only.
      if (answer && waiting.get(answer.id)?.socket === socket) settle(answer.id, answer.reply)
    },
    closed(socket) {
      for (const [id, one] of waiting) if (one.socket === socket) settle(id, { failure: 'the node is gone' })
    },
  }
}

function responseOf(message: string): TunnelResponse | undefined {
  try {
    const { id, reply } = JSON.parse(message) as Partial<TunnelResponse>
    if (typeof id !== 'string' || typeof reply !== 'object' || reply === null) return undefined
    if ('failure' in reply) return { id, reply: { failure: String(reply.failure) } }
    return { id, reply: { status: Number(reply.status), text: String(reply.text) } }
  } catch {
    return undefined
  }
}
