/**
 * Which Pods a quota with scopes is for; other objects have no scope.
 * https://kubernetes.io/docs/concepts/policy/resource-quotas/#quota-scopes
 */
import type { KubeObject } from '../object.ts'
import { qosClassOf } from '../pod/requests.ts'
import { type Resource, resourceName } from '../resource.ts'
import type { Pod, ResourceQuota } from '../types.ts'

interface Requirement {
  readonly scopeName: string
  readonly operator: string
  readonly values?: readonly string[]
}

export function isInScope({ spec }: ResourceQuota, resource: Resource, object: KubeObject): boolean {
  const wanted: Requirement[] = [
    ...(spec.scopes ?? []).map((scopeName) => ({ scopeName, operator: 'Exists' })),
    ...(spec.scopeSelector?.matchExpressions ?? []),
  ]
  if (wanted.length === 0) return true
  // The kind says what it is.
  return resourceName(resource) === 'pods' && wanted.every((requirement) => meets(requirement, object as Pod))
}

function meets({ scopeName, operator, values = [] }: Requirement, { spec }: Pod): boolean {
  switch (scopeName) {
    case 'Terminating':
      return (spec.activeDeadlineSeconds ?? -1) >= 0
    case 'NotTerminating':
      return (spec.activeDeadlineSeconds ?? -1) < 0
    case 'BestEffort':
      return qosClassOf(spec) === 'BestEffort'
    case 'NotBestEffort':
      return qosClassOf(spec) !== 'BestEffort'
    case 'PriorityClass':
      return ofPriority(operator, values, spec.priorityClassName ?? '')
    case 'CrossNamespacePodAffinity':
      return affinityTerms(spec).some(({ namespaces, namespaceSelector }) => namespaces?.length || namespaceSelector)
    default:
      return false
  }
}

function ofPriority(operator: string, values: readonly string[], name: string): boolean {
  switch (operator) {
    case 'In':
      return values.includes(name)
    case 'NotIn':
      return !values.includes(name)
    case 'DoesNotExist':
      return name === ''
    default:
      return name !== ''
  }
}

const affinityTerms = ({ affinity }: Pod['spec']) =>
  [affinity?.podAffinity, affinity?.podAntiAffinity].flatMap((one) => [
    ...(one?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
    ...(one?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(({ podAffinityTerm }) => podAffinityTerm),
  ])
