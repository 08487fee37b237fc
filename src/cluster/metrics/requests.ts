/**
 * Requests counted by what they were and how they ended. In memory: when the object has slept they begin again at 0, as
 * counters may.
 */
import type { RequestVerb, ResourceRequest } from '../../kube/request.ts'
import { labelsText, metric } from './exposition.ts'

/** What a request was, as `apiserver_request_total` tells requests apart. */
export interface RequestLabels {
  /** As kube-apiserver has it: `GET`, `LIST`, `WATCH`, `POST`, `PUT`, `PATCH`, `APPLY`, `DELETE`, `DELETECOLLECTION`. */
  readonly verb: string
  readonly group: string
  readonly version: string
  readonly resource: string
  readonly subresource: string
  readonly scope: 'resource' | 'namespace' | 'cluster'
  readonly dryRun: boolean
}

const VERBS: Readonly<Record<RequestVerb, string>> = {
  get: 'GET',
  list: 'LIST',
  watch: 'WATCH',
  create: 'POST',
  update: 'PUT',
  patch: 'PATCH',
  delete: 'DELETE',
  deletecollection: 'DELETECOLLECTION',
}

export function labelsOf(
  { verb, resource, subresource = '', name, namespace }: ResourceRequest,
  { isApply, isDryRun }: { readonly isApply: boolean; readonly isDryRun: boolean },
): RequestLabels {
  return {
    verb: verb === 'patch' && isApply ? 'APPLY' : VERBS[verb],
    group: resource.group,
    version: resource.version,
    resource: resource.plural,
    subresource,
    scope: name !== undefined || verb === 'create' ? 'resource' : namespace ? 'namespace' : 'cluster',
    dryRun: isDryRun,
  }
}

/** kube-apiserver's, thinned out: each bucket of each kind of request is a line. */
const BUCKETS_S = [0.005, 0.025, 0.1, 0.5, 1, 5, 30, 60]
/** Kinds of requests that are told apart; beyond, they are counted together, so that no client fills the memory. */
const MAX_SERIES = 2000

interface Series {
  readonly labels: string
  readonly codes: Map<number, number>
  readonly buckets: number[]
  seconds: number
  count: number
}

export interface RequestMetrics {
  count(labels: RequestLabels, code: number, seconds: number): void
  print(): string
}

export function createRequestMetrics(): RequestMetrics {
  const held = new Map<string, Series>()

  const seriesOf = (labels: RequestLabels): Series => {
    const { verb, group, version, resource, subresource, scope, dryRun } = labels
    const key = `${verb} ${group}/${version}/${resource}/${subresource} ${scope} ${dryRun}`
    const known = held.get(key)
    if (known) return known
    if (held.size >= MAX_SERIES && resource !== OTHER.resource) return seriesOf({ ...OTHER, verb })
    const made: Series = {
      labels: textOf(labels),
      codes: new Map(),
      buckets: BUCKETS_S.map(() => 0),
      seconds: 0,
      count: 0,
    }
    held.set(key, made)
    return made
  }

  return {
    count(labels, code, seconds) {
      const series = seriesOf(labels)
      series.codes.set(code, (series.codes.get(code) ?? 0) + 1)
      // How long a watch was open is no latency.
      if (labels.verb === 'WATCH') return
      series.seconds += seconds
      series.count++
      const bucket = BUCKETS_S.findIndex((limit) => seconds <= limit)
      if (bucket >= 0) series.buckets[bucket] = (series.buckets[bucket] ?? 0) + 1
    },
    print: () => printRequests([...held.values()]),
  }
}

const OTHER = { group: '', version: '', resource: 'other', subresource: '', scope: 'cluster', dryRun: false } as const

const textOf = ({ verb, group, version, resource, subresource, scope, dryRun }: RequestLabels): string =>
  labelsText({
    component: 'apiserver',
    dry_run: dryRun ? 'All' : '',
    group,
    resource,
    scope,
    subresource,
    verb,
    version,
  })

function printRequests(all: readonly Series[]): string {
  const totals = all.flatMap(({ labels, codes }) =>
    [...codes].map(([code, count]) => ({ labels: `code="${code}",${labels}`, value: count })),
  )
  const name = 'apiserver_request_duration_seconds'
  const durations = all
    .filter(({ count }) => count > 0)
    .map(({ labels, buckets, seconds, count }) => {
      let below = 0
      const lines = BUCKETS_S.map((limit, index) => {
        below += buckets[index] ?? 0
        return `${name}_bucket{${labels},le="${limit}"} ${below}`
      })
      return [
        ...lines,
        `${name}_bucket{${labels},le="+Inf"} ${count}`,
        `${name}_sum{${labels}} ${seconds}`,
        `${name}_count{${labels}} ${count}`,
      ].join('\n')
    })
  const head = `# HELP ${name} Response latency in seconds by verb, group, version, resource, subresource and scope.\n# TYPE ${name} histogram\n`
  return (
    metric('apiserver_request_total', 'counter', 'Requests by verb, resource, scope and answer.', totals) +
    (durations.length === 0 ? '' : `${head}${durations.join('\n')}\n`)
  )
}
