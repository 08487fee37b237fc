import { describe, expect, it } from 'vitest'
import { services } from '../../kube/resources/core/service.ts'
import { endpointSlices } from '../../kube/resources/discovery/endpoint-slice.ts'
import type { Store } from '../../store/store.ts'
import type { Socket } from '../sockets.ts'
import type { Doorbell } from './doorbell.ts'
import { createTunnel } from './tunnel.ts'

const POST = { url: 'https://s.n.svc:443/x', ca: 'pem', body: '{}', timeoutMs: 2000 }
const TARGET = { namespace: 'n', name: 's', port: 443 }

function socketOf(sent: string[], fails = false): Socket {
  return {
    send(message) {
      if (fails) throw new Error('closing')
      sent.push(String(message))
    },
    close: () => undefined,
    serializeAttachment: () => undefined,
    deserializeAttachment: () => undefined,
  }
}

/** A cluster with the Service `n/s`; `nodes`: whom a doorbell leads to. */
function world({ service = {}, endpoints = [{ nodeName: 'one' }], fails = false }: Record<string, unknown> = {}) {
  const sent: string[] = []
  const socket = socketOf(sent, fails as boolean)
  const wanted: (readonly string[])[] = []
  const later: (() => void)[] = []
  let count = 0
  const store = {
    get: (resource: unknown) =>
      resource === services && service !== null
        ? { spec: { clusterIP: '10.96.0.7', ports: [{ port: 443 }], ...(service as object) } }
        : undefined,
    list: (resource: unknown) => (resource === endpointSlices ? [{ endpoints }] : []),
  } as unknown as Store
  const doorbell = {
    reach(nodes: readonly string[]) {
      wanted.push(nodes)
      return nodes.includes('unreachable') ? undefined : socket
    },
  } as unknown as Doorbell
  const after = (_: number, work: () => void) => {
    later.push(work)
    return () => undefined
  }
  const tunnel = createTunnel({ store, doorbell, uuid: () => `id-${++count}`, after })
  return { tunnel, socket, sent, wanted, later }
}

describe('a call through a node', () => {
  it('goes to one that runs the Service, to its cluster IP, and the reply comes back', async () => {
    const { tunnel, socket, sent, wanted } = world()
    const reply = tunnel.post(POST, TARGET)
    expect(wanted).toEqual([['one']])
    expect(JSON.parse(sent[0] ?? '')).toEqual({
      id: 'id-1',
      url: POST.url,
      address: '10.96.0.7',
      ca: 'pem',
      body: '{}',
      timeoutMs: 2000,
    })
    tunnel.answered(socket, JSON.stringify({ id: 'id-1', reply: { status: 200, text: 'yes' } }))
    expect(await reply).toEqual({ status: 200, text: 'yes' })
  })

  it('takes no answer from another node, nor a malformed one', async () => {
    const { tunnel, socket, later } = world()
    const reply = tunnel.post(POST, TARGET)
    const answer = JSON.stringify({ id: 'id-1', reply: { status: 200, text: 'forged' } })
    tunnel.answered(socketOf([]), answer)
    for (const malformed of ['', '{', '{}', '{"id":"id-1"}', '{"id":"id-1","reply":null}'])
      tunnel.answered(socket, malformed)
    later[0]?.()
    await expect(reply).rejects.toThrow('context deadline exceeded')
    tunnel.answered(socket, answer)
  })

  it('fails when its node goes, and says what the node says', async () => {
    const { tunnel, socket } = world()
    const first = tunnel.post(POST, TARGET)
    tunnel.answered(socket, JSON.stringify({ id: 'id-1', reply: { failure: 'connection refused' } }))
    await expect(first).rejects.toThrow('connection refused')
    const second = tunnel.post(POST, undefined)
    tunnel.closed(socket)
    await expect(second).rejects.toThrow('the node is gone')
    await expect(world({ fails: true }).tunnel.post(POST, TARGET)).rejects.toThrow('the node is gone')
  })

  it.each([
    { what: { service: null }, says: 'service "s" not found' },
    { what: { service: { clusterIP: 'None' } }, says: 'service "s" has no cluster IP' },
    { what: { service: { ports: [{ port: 80 }] } }, says: 'no service port 443 found for service "s"' },
    { what: { endpoints: [] }, says: 'no endpoints available for service "s"' },
    { what: { endpoints: [{ conditions: { ready: false } }] }, says: 'no endpoints available for service "s"' },
    { what: { endpoints: [{ nodeName: 'unreachable' }] }, says: 'no node of the cluster can be reached' },
  ])('is not made where nobody would take it: $says', async ({ what, says }) => {
    await expect(world(what).tunnel.post(POST, TARGET)).rejects.toThrow(says)
  })
})
