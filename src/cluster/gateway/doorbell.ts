/** The agents' doorbells: hibernating sockets that say 'there is news', one byte, once until the agent has polled. */

import type { Pod } from '../../kube/types.ts'
import type { Change } from '../../store/log.ts'
import type { Socket, Sockets } from '../sockets.ts'

export const DOORBELL_TAG = 'doorbell'
const nodeTag = (node: string): string => `node:${node}`
const RING = 'r'
export const PING = 'ping'
export const PONG = 'pong'

/** Resources of which every node hears. */
const SHARED = new Set(['services', 'endpointslices.discovery.k8s.io', 'configmaps', 'secrets', 'nodes'])

export interface Doorbell {
  accept(node: string, socket: Socket): void
  /** Rings the nodes that committed changes concern. */
  publish(changes: readonly Change[]): void
  /** The node has polled: the next news rings again. */
  polled(node: string): void
  lastPing(node: string): number | undefined
  /** The node whose doorbell a socket is; undefined for sockets of another use. */
  nodeOf(socket: Socket): string | undefined
  isOpen(node: string): boolean
  /** A socket to one of these nodes, or to any where none of them is there. */
  reach(nodes: readonly string[]): Socket | undefined
}

export function createDoorbell(all: Sockets): Doorbell {
  const rung = new Set<string>()
  const ring = (node: string, sockets: readonly Socket[]) => {
    if (sockets.length === 0 || rung.has(node)) return
    rung.add(node)
    for (const socket of sockets) send(socket)
  }

  return {
    accept(node, socket) {
      for (const former of all.tagged(nodeTag(node))) former.close(1000, 'replaced by a newer doorbell')
      all.accept(socket, [DOORBELL_TAG, nodeTag(node)])
      socket.serializeAttachment({ node })
      rung.delete(node)
    },
    publish(changes) {
      if (changes.some((change) => SHARED.has(change.resource))) {
        // open() wrote the attachment.
        for (const socket of all.tagged(DOORBELL_TAG))
          ring((socket.deserializeAttachment() as { node: string }).node, [socket])
        return
      }
      const nodes = new Set<string>()
      for (const change of changes) {
        if (change.resource !== 'pods') continue
        // The log's `pods` are Pods.
        const node = (change.object as Pod).spec.nodeName
        if (node) nodes.add(node)
      }
      for (const node of nodes) ring(node, all.tagged(nodeTag(node)))
    },
    polled: (node) => void rung.delete(node),
    lastPing(node) {
      const socket = all.tagged(nodeTag(node))[0]
      return socket && all.lastPing(socket)
    },
    nodeOf(socket) {
      // accept() attached it; what else is attached names no node.
      const attached = socket.deserializeAttachment() as { node?: string } | null
      return attached?.node
    },
    isOpen: (node) => all.tagged(nodeTag(node)).length > 0,
    reach: (nodes) => nodes.flatMap((node) => all.tagged(nodeTag(node)))[0] ?? all.tagged(DOORBELL_TAG)[0],
  }
}

function send(socket: Socket): void {
  try {
    socket.send(RING)
  } catch {
    // Closing: the agent polls and comes back.
    return
  }
}
