/**
 * Gives each node its range of Pod addresses.
 * https://kubernetes.io/docs/reference/command-line-tools-reference/kube-controller-manager/ (--allocate-node-cidrs)
 */
import { isTerminating, keyOf, keyText } from '../kube/object.ts'
import { nodes } from '../kube/resources/core/node.ts'
import { controller, type Outcome, on, record, settled, update, write } from './controller.ts'

/** All Pod addresses of a cluster, flannel's and kubeadm's usual choice. */
export const CLUSTER_POD_CIDR = '10.244.0.0/16'
/** kube-controller-manager's --node-cidr-mask-size: 254 Pods a node, 256 nodes. */
export const NODE_CIDR_MASK = 24

const [NETWORK = '', CLUSTER_MASK = ''] = CLUSTER_POD_CIDR.split('/')
const [FIRST = '', SECOND = ''] = NETWORK.split('.')
/** 2^(24-16) = 256. */
const MAX_NODES = 2 ** (NODE_CIDR_MASK - Number(CLUSTER_MASK))

export const nodeIpam = controller({
  name: 'nodeipam',
  concerns: [on(nodes, (node) => [keyText(keyOf(node))])],
  reconcile({ cluster, key }): Outcome {
    const node = cluster.get(nodes, key)
    if (!node || isTerminating(node) || node.spec.podCIDR) return settled
    const taken = new Set(cluster.list(nodes).flatMap(({ spec }) => spec.podCIDR ?? []))
    const podCIDR = firstFree(taken)
    if (podCIDR !== undefined)
      return write(update(nodes, { ...node, spec: { ...node.spec, podCIDR, podCIDRs: [podCIDR] } }))
    return write(
      record({
        about: node,
        type: 'Normal',
        reason: 'CIDRNotAvailable',
        message: `Node ${key.name} status is now: CIDRNotAvailable`,
        component: 'cidrAllocator',
      }),
    )
  },
})

/** With 10.244.0.0/24 and 10.244.2.0/24 taken: 10.244.1.0/24. */
function firstFree(taken: ReadonlySet<string>): string | undefined {
  for (let third = 0; third < MAX_NODES; third++) {
    const range = `${FIRST}.${SECOND}.${third}.0/${NODE_CIDR_MASK}`
    if (!taken.has(range)) return range
  }
  return undefined
}
