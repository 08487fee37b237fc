/** A host port is one container's at a time, on each of the host's addresses; 0.0.0.0 is all of them. */
import { type Filter, type NodeCheck, refusal } from '../filter.ts'
import type { HostPort } from '../model.ts'

const TAKEN = refusal("node(s) didn't have free ports for the requested pod ports")
const ANY = '0.0.0.0'

export const nodePorts: Filter = {
  name: 'NodePorts',
  liftedBy: ['node-added', 'pod-gone'],
  prepare({ hostPorts }): NodeCheck | undefined {
    if (hostPorts.length === 0) return undefined
    return (node) => {
      for (const taken of node.hostPorts.values()) if (hostPorts.some((port) => collide(port, taken))) return TAKEN
      return undefined
    }
  },
}

const collide = (a: HostPort, b: HostPort): boolean =>
  a.port === b.port && a.protocol === b.protocol && (a.ip === b.ip || a.ip === ANY || b.ip === ANY)
