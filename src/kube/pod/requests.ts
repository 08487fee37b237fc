/**
 * What a Pod asks of its node: the sum of its containers, or the most that an init container needs, whichever is more;
 * sidecars (init containers that restart always) run beside both. Overhead comes on top.
 * https://kubernetes.io/docs/concepts/workloads/pods/init-containers/#resource-sharing-within-containers
 */
import { bytesOf, cpuMillis } from '../quantity.ts'
import type { Pod } from '../types.ts'

/** CPU in thousandths, everything else in whole units (bytes, counts). */
export type Requests = Readonly<Record<string, number>>

type Quantities = Readonly<Record<string, string | number>> | undefined

const amountOf = (name: string, quantity: string | number): number =>
  name === 'cpu' ? cpuMillis(quantity) : bytesOf(quantity)

function add(into: Record<string, number>, quantities: Quantities): void {
  for (const name in quantities) into[name] = (into[name] ?? 0) + amountOf(name, quantities[name] ?? '0')
}

export function podRequests({ spec }: Pick<Pod, 'spec'>): Requests {
  const running: Record<string, number> = {}
  for (const container of spec.containers) add(running, container.resources?.requests)
  const sidecars: Record<string, number> = {}
  const peak: Record<string, number> = {}
  for (const container of spec.initContainers ?? []) {
    if (container.restartPolicy === 'Always') {
      add(running, container.resources?.requests)
      add(sidecars, container.resources?.requests)
      continue
    }
    const needed: Record<string, number> = { ...sidecars }
    add(needed, container.resources?.requests)
    for (const name in needed) peak[name] = Math.max(peak[name] ?? 0, needed[name] ?? 0)
  }
  for (const name in peak) running[name] = Math.max(running[name] ?? 0, peak[name] ?? 0)
  add(running, spec.overhead)
  return running
}

/** Quality of service (the kubelet's order of eviction), by requests and limits of CPU and memory. */
export function qosClassOf(spec: Pod['spec']): 'Guaranteed' | 'Burstable' | 'BestEffort' {
  const containers = [...spec.containers, ...(spec.initContainers ?? [])]
  const names = ['cpu', 'memory']
  const isSet = (quantities: Quantities, name: string) =>
    quantities?.[name] !== undefined && amountOf(name, quantities[name]) > 0
  const asksNothing = containers.every(({ resources }) =>
    names.every((name) => !isSet(resources?.requests, name) && !isSet(resources?.limits, name)),
  )
  if (asksNothing) return 'BestEffort'
  const isGuaranteed = containers.every(({ resources }) =>
    names.every((name) => {
      const limit = resources?.limits?.[name]
      return (
        isSet(resources?.limits, name) &&
        limit !== undefined &&
        amountOf(name, resources?.requests?.[name] ?? limit) === amountOf(name, limit)
      )
    }),
  )
  return isGuaranteed ? 'Guaranteed' : 'Burstable'
}
