/** Which requests a policy or one of its bindings is about (MatchResources). */
import type { IIoK8sApiAdmissionregistrationV1MatchResources } from 'kubernetes-models/admissionregistration.k8s.io/v1'
import type { FieldError, FieldPath } from '../../field.ts'
import { labelSelectorErrors } from '../label-selector.ts'
import { defaultRule, namedRuleErrors } from './rules.ts'

export type MatchResources = IIoK8sApiAdmissionregistrationV1MatchResources

export function defaultMatchResources(resources: MatchResources): void {
  resources.matchPolicy ??= 'Equivalent'
  resources.namespaceSelector ??= {}
  resources.objectSelector ??= {}
  for (const rule of [...(resources.resourceRules ?? []), ...(resources.excludeResourceRules ?? [])]) defaultRule(rule)
}

export function matchResourcesErrors(resources: MatchResources, at: FieldPath): FieldError[] {
  return [
    ...labelSelectorErrors(resources.namespaceSelector, at.child('namespaceSelector')),
    ...labelSelectorErrors(resources.objectSelector, at.child('objectSelector')),
    ...(['resourceRules', 'excludeResourceRules'] as const).flatMap((field) =>
      (resources[field] ?? []).flatMap((rule, index) => namedRuleErrors(rule, at.child(field).index(index))),
    ),
  ]
}
