/** The downward API: a Pod's own fields and resources as text (pkg/fieldpath and resource helpers). Pure. */
import { bytesOf, cpuMillis } from '../../../src/kube/quantity.ts'
import type { Pod } from '../../../src/kube/types.ts'
import { type Container, containersOf, initContainersOf } from './containers.ts'

/** What a Pod cannot know of itself from its object. */
export interface PodPlace {
  readonly podIp?: string
  readonly hostIp: string
  readonly cpuMillis: number
  readonly memoryBytes: number
  readonly storageBytes: number
}

const SUBSCRIPT = /^metadata\.(labels|annotations)\['(.+)'\]$/

/** Throws with the kubelet's words when there is no such field. */
export function fieldOf(pod: Pod, path: string, place: PodPlace): string {
  const subscript = SUBSCRIPT.exec(path)
  if (subscript?.[1] && subscript[2]) {
    const map = subscript[1] === 'labels' ? pod.metadata.labels : pod.metadata.annotations
    return map?.[subscript[2]] ?? ''
  }
  switch (path) {
    case 'metadata.name':
      return pod.metadata.name
    case 'metadata.namespace':
      return pod.metadata.namespace ?? ''
    case 'metadata.uid':
      return pod.metadata.uid
    case 'metadata.labels':
      return mapText(pod.metadata.labels)
    case 'metadata.annotations':
      return mapText(pod.metadata.annotations)
    case 'spec.nodeName':
      return pod.spec.nodeName ?? ''
    case 'spec.serviceAccountName':
      return pod.spec.serviceAccountName ?? ''
    case 'status.podIP':
    case 'status.podIPs':
      return place.podIp ?? ''
    case 'status.hostIP':
    case 'status.hostIPs':
      return place.hostIp
    default:
      throw new Error(`unsupported fieldPath: ${path}`)
  }
}

/** One `key="value"` a line, sorted, the value quoted as Go quotes it (fieldpath.FormatMap). */
function mapText(map: Record<string, string> | undefined): string {
  const entries = Object.entries(map ?? {}).sort(([a], [b]) => (a < b ? -1 : 1))
  return entries.map(([key, value]) => `${key}=${JSON.stringify(value)}`).join('\n')
}

export interface ResourceField {
  readonly containerName?: string
  readonly resource: string
  readonly divisor?: string | number
}

/** A limit that is not set reads as what the node has (MergeContainerResourceLimits). */
export function resourceOf(
  pod: Pod,
  field: ResourceField,
  { own, place }: { own?: Container; place: PodPlace },
): string {
  const container = field.containerName
    ? [...containersOf(pod), ...initContainersOf(pod)].find(({ name }) => name === field.containerName)
    : own
  if (!container) throw new Error(`container ${field.containerName} not found`)
  const [kind, name = ''] = field.resource.split('.')
  const { requests = {}, limits = {} } = container.resources ?? {}
  const divisor = field.divisor === undefined || field.divisor === '0' || field.divisor === 0 ? '1' : field.divisor
  if (name === 'cpu') {
    const millis = kind === 'limits' ? (limits.cpu ? cpuMillis(limits.cpu) : place.cpuMillis) : cpuMillis(requests.cpu)
    return String(Math.ceil(millis / cpuMillis(divisor)))
  }
  const capacity = name === 'memory' ? place.memoryBytes : name === 'ephemeral-storage' ? place.storageBytes : 0
  const bytes = kind === 'limits' ? (limits[name] ? bytesOf(limits[name]) : capacity) : bytesOf(requests[name])
  return String(Math.ceil(bytes / bytesOf(divisor)))
}
