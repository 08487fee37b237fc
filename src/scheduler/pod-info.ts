/** Parses of a Pod what scheduling needs. */
import { controllerOf } from '../kube/object.ts'
import { podRequests, type Requests } from '../kube/pod/requests.ts'
import { bytesOf, cpuMillis } from '../kube/quantity.ts'
import { fromLabelSelector } from '../kube/selectors.ts'
import type { Node, Pod } from '../kube/types.ts'
import type { AffinityTerm, Amounts, HostPort, PodInfo } from './model.ts'

/** What a container that requests nothing is taken for by scores (kube-scheduler's DefaultMilliCPURequest, 200 MB). */
const UNREQUESTED_CPU = 100
const UNREQUESTED_MEMORY = 200 * 1024 * 1024

export function podInfoOf(pod: Pod): PodInfo {
  const requests = sumsOf(podRequests(pod))
  const { affinity } = pod.spec
  const namespace = pod.metadata.namespace ?? ''
  return {
    pod,
    uid: pod.metadata.uid,
    namespace,
    labels: pod.metadata.labels ?? {},
    requests,
    scored: { cpu: requests.cpu || UNREQUESTED_CPU, memory: requests.memory || UNREQUESTED_MEMORY },
    hostPorts: hostPortsOf(pod),
    owner: controllerOf(pod)?.uid,
    priority: pod.spec.priority ?? 0,
    created: Date.parse(pod.metadata.creationTimestamp) || 0,
    affinity: termsOf(affinity?.podAffinity?.requiredDuringSchedulingIgnoredDuringExecution, namespace),
    antiAffinity: termsOf(affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution, namespace),
  }
}

/** Of a node's allocatable resources. */
export function amountsOf(quantities: Readonly<Record<string, string | number>> | undefined): Amounts {
  const numbers: Record<string, number> = {}
  for (const [name, quantity] of Object.entries(quantities ?? {}))
    numbers[name] = name === 'cpu' ? cpuMillis(quantity) : bytesOf(quantity)
  return sumsOf(numbers)
}

/** CPU in thousandths, the rest in whole units. `pods` is counted apart. */
function sumsOf({
  cpu = 0,
  memory = 0,
  'ephemeral-storage': ephemeralStorage = 0,
  pods: _,
  ...rest
}: Requests): Amounts {
  const others = Object.entries(rest).filter(([, amount]) => amount !== 0)
  return { cpu, memory, ephemeralStorage, others: others.length > 0 ? new Map(others) : undefined }
}

/** Unlimited where the node does not say. */
export const maxPodsOf = ({ status }: Node): number =>
  status.allocatable?.['pods'] === undefined ? Number.POSITIVE_INFINITY : bytesOf(status.allocatable['pods'])

function hostPortsOf({ spec }: Pod): HostPort[] {
  return [...spec.containers, ...(spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always')]
    .flatMap(({ ports }) => ports ?? [])
    .flatMap(({ hostPort, hostIP, protocol }) =>
      hostPort ? [{ ip: hostIP || '0.0.0.0', protocol: protocol ?? 'TCP', port: hostPort }] : [],
    )
}

type PodAffinity = NonNullable<NonNullable<Pod['spec']['affinity']>['podAffinity']>
type Term = NonNullable<PodAffinity['requiredDuringSchedulingIgnoredDuringExecution']>[number]

export const termsOf = (terms: readonly Term[] | undefined, namespace: string): AffinityTerm[] =>
  (terms ?? []).map((term) => termOf(term, namespace, 0))

/** Namespaces named, else the Pod's own. An empty namespaceSelector stands for all. */
export function termOf(term: Term, namespace: string, weight: number): AffinityTerm {
  const named = term.namespaces ?? []
  const selector = term.namespaceSelector
  const isEmpty =
    selector !== undefined &&
    Object.keys(selector.matchLabels ?? {}).length === 0 &&
    (selector.matchExpressions ?? []).length === 0
  return {
    topologyKey: term.topologyKey,
    // No selector matches no Pod.
    selector: fromLabelSelector(term.labelSelector) ?? { requirements: [{ op: 'in', key: '', values: [] }] },
    namespaces: new Set(named.length === 0 && selector === undefined ? [namespace] : named),
    anyNamespace: isEmpty,
    weight,
  }
}
