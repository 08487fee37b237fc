/**
 * Sums over a Pod's containers, exact: what limits and quotas are measured by.
 * https://kubernetes.io/docs/concepts/workloads/pods/init-containers/#resource-sharing-within-containers
 */
import { addQuantities, compareQuantities } from '../quantity.ts'
import type { Pod } from '../types.ts'

export type Amounts = Readonly<Record<string, string | number>>

/** The sum of the containers, or the most that an init container needs; sidecars run beside both. Overhead comes on top. */
export function podTotals(spec: Pod['spec'], field: 'requests' | 'limits'): Map<string, string> {
  const running = new Map<string, string>()
  const sidecars = new Map<string, string>()
  const peak = new Map<string, string>()
  for (const container of spec.containers ?? []) add(running, container.resources?.[field])
  for (const container of spec.initContainers ?? []) {
    const own = container.resources?.[field]
    if (container.restartPolicy === 'Always') {
      add(running, own)
      add(sidecars, own)
      continue
    }
    const needed = new Map(sidecars)
    add(needed, own)
    raise(peak, needed)
  }
  raise(running, peak)
  if (running.size > 0 || field === 'requests') add(running, spec.overhead)
  return running
}

function add(into: Map<string, string>, amounts: Amounts | undefined): void {
  for (const [name, amount] of Object.entries(amounts ?? {})) into.set(name, addQuantities(into.get(name), amount))
}

function raise(into: Map<string, string>, amounts: ReadonlyMap<string, string>): void {
  for (const [name, amount] of amounts) {
    const known = into.get(name)
    if (known === undefined || compareQuantities(amount, known) > 0) into.set(name, amount)
  }
}
