/** No two Services share a cluster IP or a node port, no two nodes a range, no two Pods of a machine an address. */
import { keyOf, keyText } from '../../../src/kube/object.ts'
import { nodes } from '../../../src/kube/resources/core/node.ts'
import { services } from '../../../src/kube/resources/core/service.ts'
import type { Node, Service } from '../../../src/kube/types.ts'
import { promise } from '../violation.ts'
import type { Checker } from './checker.ts'

export function addresses(): Checker {
  return {
    change({ resource, type, object }, before) {
      if (type === 'DELETED') return
      if (resource === 'services') {
        const taken = new Map(
          others(before.all(services), object).flatMap((other) => claimsOf(other).map((claim) => [claim, other])),
        )
        for (const claim of claimsOf(object as Service)) shared('Service', claim, object, taken.get(claim))
      } else if (resource === 'nodes') {
        const { podCIDR } = (object as Node).spec
        const other = others(before.all(nodes), object).find(({ spec }) => podCIDR && spec.podCIDR === podCIDR)
        shared('node', podCIDR ?? '', object, other)
      }
    },
  }
}

type Named = Parameters<typeof keyOf>[0]

const others = <T extends Named>(all: readonly T[], { metadata }: Named): T[] =>
  all.filter((other) => other.metadata.uid !== metadata.uid)

function claimsOf({ spec }: Service): string[] {
  const ips = (spec.clusterIPs ?? []).filter((ip) => ip !== 'None')
  const ports = (spec.ports ?? []).flatMap(({ nodePort, protocol }) => (nodePort ? `${protocol}/${nodePort}` : []))
  return [...ips, ...ports]
}

const shared = (kind: string, claim: string, object: Named, other: Named | undefined): void =>
  promise(
    `no two ${kind}s share an address`,
    other === undefined,
    () => `${claim} of ${keyText(keyOf(object))}${other ? ` and ${keyText(keyOf(other))}` : ''}`,
  )
