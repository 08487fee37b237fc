/**
 * Node selector terms: labels, and fields of which there is only the name.
 * https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#NodeSelector
 */
import type { Pod } from '../kube/types.ts'
import type { NodeInfo } from './model.ts'

type NodeAffinity = NonNullable<NonNullable<Pod['spec']['affinity']>['nodeAffinity']>
export type NodeSelectorTerm = NonNullable<
  NodeAffinity['requiredDuringSchedulingIgnoredDuringExecution']
>['nodeSelectorTerms'][number]
type Requirement = NonNullable<NodeSelectorTerm['matchExpressions']>[number]

/** All requirements of a term must hold; a term without any matches no node. */
export function matchesTerm({ matchExpressions = [], matchFields = [] }: NodeSelectorTerm, node: NodeInfo): boolean {
  if (matchExpressions.length === 0 && matchFields.length === 0) return false
  return (
    matchExpressions.every((requirement) => meets(requirement, node.labels[requirement.key])) &&
    matchFields.every((requirement) => requirement.key === 'metadata.name' && meets(requirement, node.name))
  )
}

function meets({ operator, values = [] }: Requirement, value: string | undefined): boolean {
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value)
    case 'NotIn':
      return value === undefined || !values.includes(value)
    case 'Exists':
      return value !== undefined
    case 'DoesNotExist':
      return value === undefined
    case 'Gt':
      return isWhole(value) && Number(value) > Number(values[0])
    case 'Lt':
      return isWhole(value) && Number(value) < Number(values[0])
    default:
      return false
  }
}

const isWhole = (value: string | undefined): boolean => value !== undefined && /^-?\d+$/.test(value)
