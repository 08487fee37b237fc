/**
 * `/metrics` of one cluster, by kube-apiserver's names where it has them: requests, objects, watches, the controllers'
 * queues. What is not counted as it happens is counted when it is asked for.
 * https://kubernetes.io/docs/reference/instrumentation/metrics/
 */
import { GIT_VERSION, KUBERNETES_MAJOR, KUBERNETES_MINOR } from '../../kube/version.ts'
import type { QueueFigures } from '../engine/queue-figures.ts'
import { labelsText, metric, type Sample } from './exposition.ts'
import type { RequestMetrics } from './requests.ts'

export interface MetricSources {
  readonly requests: RequestMetrics
  /** Objects by resource (`deployments.apps`). */
  readonly objects: () => ReadonlyMap<string, number>
  readonly watches: () => ReadonlyMap<string, number>
  readonly queues: () => readonly QueueFigures[]
  readonly databaseBytes: () => number
  readonly resourceVersion: () => number
  readonly rowsWritten: () => number
}

export function printMetrics(sources: MetricSources): string {
  const queues = sources.queues()
  const byQueue = (figure: (queue: QueueFigures) => number): Sample[] =>
    queues.map((queue) => ({ labels: labelsText({ name: queue.name }), value: figure(queue) }))
  return [
    sources.requests.print(),
    metric(
      'apiserver_longrunning_requests',
      'gauge',
      'Watches open now.',
      samplesOf(sources.watches(), (resource) => ({ component: 'apiserver', ...named(resource), verb: 'WATCH' })),
    ),
    metric(
      'apiserver_storage_objects',
      'gauge',
      'Number of stored objects at the time of the last check split by kind.',
      samplesOf(sources.objects(), (resource) => ({ resource })),
    ),
    metric('apiserver_storage_size_bytes', 'gauge', 'Size of the database file.', one(sources.databaseBytes())),
    metric(
      'workqueue_depth',
      'gauge',
      'Current depth of workqueue.',
      byQueue(({ depth }) => depth),
    ),
    metric(
      'workqueue_adds_total',
      'counter',
      'Adds handled by workqueue.',
      byQueue(({ adds }) => adds),
    ),
    metric(
      'workqueue_retries_total',
      'counter',
      'Retries handled by workqueue.',
      byQueue(({ retries }) => retries),
    ),
    metric('kubernetes_build_info', 'gauge', 'The Kubernetes version served.', [{ labels: BUILD, value: 1 }]),
    metric('skycrane_resource_version', 'gauge', 'Resource version of the last write.', one(sources.resourceVersion())),
    metric('skycrane_rows_written_total', 'counter', 'Rows written since the start.', one(sources.rowsWritten())),
  ].join('')
}

const BUILD = labelsText({ git_version: GIT_VERSION, major: KUBERNETES_MAJOR, minor: KUBERNETES_MINOR })

const one = (value: number): Sample[] => [{ labels: '', value }]

const samplesOf = (
  counts: ReadonlyMap<string, number>,
  labels: (resource: string) => Readonly<Record<string, string>>,
): Sample[] => [...counts].map(([resource, value]) => ({ labels: labelsText(labels(resource)), value }))

function named(resource: string): { readonly group: string; readonly resource: string } {
  const [plural = '', ...group] = resource.split('.')
  return { group: group.join('.'), resource: plural }
}
