/** What the scheduler remembers of Pods and nodes: parsed once, summed up per node, so that a decision parses nothing. */
import type { LabelSelector } from '../kube/selectors.ts'
import type { Node, Pod } from '../kube/types.ts'

/** CPU in thousandths, the rest in bytes and whole units. */
export interface Amounts {
  cpu: number
  memory: number
  ephemeralStorage: number
  /** Extended resources and huge pages by name; undefined where there are none. */
  others: Map<string, number> | undefined
}

export interface HostPort {
  readonly ip: string
  readonly protocol: string
  readonly port: number
}

/** A required affinity or anti-affinity: Pods of these labels and namespaces, in the same `topologyKey`. */
export interface AffinityTerm {
  readonly topologyKey: string
  readonly selector: LabelSelector
  /** Empty with `anyNamespace`. */
  readonly namespaces: ReadonlySet<string>
  readonly anyNamespace: boolean
  /** Of a preferred term, 1 to 100. */
  readonly weight: number
}

export interface PodInfo {
  readonly pod: Pod
  readonly uid: string
  readonly namespace: string
  readonly labels: Readonly<Record<string, string>>
  readonly requests: Amounts
  /** What scores count: a Pod that requests nothing still takes something. */
  readonly scored: { readonly cpu: number; readonly memory: number }
  readonly hostPorts: readonly HostPort[]
  /** uid of the controller. */
  readonly owner: string | undefined
  readonly priority: number
  readonly created: number
  readonly affinity: readonly AffinityTerm[]
  readonly antiAffinity: readonly AffinityTerm[]
}

/** A node's name with all that is bound to it; `node` is undefined while only Pods tell of it. */
export interface NodeInfo {
  readonly name: string
  node: Node | undefined
  labels: Readonly<Record<string, string>>
  allocatable: Amounts
  maxPods: number
  readonly pods: Map<string, PodInfo>
  readonly used: Amounts
  readonly scored: { cpu: number; memory: number }
  /** Host ports in use: most nodes have none. */
  readonly hostPorts: Map<string, HostPort>
  /** Pods by their controller's uid. */
  readonly owners: Map<string, number>
  /** How many of its Pods refuse the company of others. */
  antiAffine: number
}

/** What may happen that lifts a refusal. */
export type ClusterEvent =
  | 'node-added'
  | 'node-gone'
  | 'node-allocatable-changed'
  | 'node-labels-changed'
  | 'node-taints-changed'
  | 'pod-assigned'
  | 'pod-labels-changed'
  | 'pod-gone'

/** What filters and scores see. */
export interface ClusterState {
  /** Nodes that exist, in order of arrival. */
  readonly nodes: readonly NodeInfo[]
  /** Over all nodes: of none, nobody need be asked. */
  readonly antiAffinePods: number
}
