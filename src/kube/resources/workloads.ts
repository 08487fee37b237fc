/** Rules that the kinds with a Pod template share. */
import { type FieldError, FieldPath, forbiddenField, invalidValue, notSupported } from '../field.ts'
import { deepEqual } from '../json.ts'
import { annotationErrors, labelErrors } from '../metadata.ts'
import type { KubeObject } from '../object.ts'
import { defaultPodSpec } from '../pod/defaults.ts'
import { validatePodSpec } from '../pod/validate.ts'
import { podAnnotationErrors, profileMatchErrors } from '../pod/validate-annotations.ts'
import { hostnameWarnings, podWarnings } from '../pod/warnings.ts'
import { formatLabelSelector, fromLabelSelector, type LabelSelectorObject, matches } from '../selectors.ts'
import type { Pod } from '../types.ts'
import { isEmptySelector, labelSelectorErrors, readableSelector } from './label-selector.ts'

export interface Template {
  metadata?: { labels?: Record<string, string>; annotations?: Record<string, string> }
  spec?: unknown
}

/** A decoded template's spec is a Pod spec; required fields are checked apart. */
export const podSpecOf = (template: Template | undefined): Pod['spec'] | undefined =>
  template?.spec as Pod['spec'] | undefined

/** A missing spec becomes an empty one, which is refused for the containers it lacks. */
export function defaultTemplate(template: Template | undefined): void {
  if (!template) return
  template.spec ??= {}
  const spec = podSpecOf(template)
  if (spec?.containers) defaultPodSpec(spec)
}

/** Of any template, whatever its Pods are for (ValidatePodTemplateSpec). */
export function templateErrors(template: Template | undefined, at: FieldPath): FieldError[] {
  if (!template) return []
  const spec = podSpecOf(template)
  return [
    // Kubernetes names them without their metadata.
    ...labelErrors(template.metadata?.labels, at.child('labels')),
    ...annotationErrors(template.metadata?.annotations, at.child('annotations')),
    ...podAnnotationErrors(template.metadata?.annotations, spec ?? {}, at.child('annotations')),
    ...(spec?.containers ? validatePodSpec(spec, at.child('spec')) : []),
    ...(spec?.ephemeralContainers?.length
      ? [
          forbiddenField(
            at.child('spec').child('ephemeralContainers'),
            'ephemeral containers not allowed in pod template',
          ),
        ]
      : []),
    ...profileMatchErrors(template.metadata?.annotations, spec ?? {}, at.child('spec')),
  ]
}

/** That a selector selects the Pods of the template beside it; `at` is what holds both. */
export function unselectedErrors(
  template: Template | undefined,
  selector: LabelSelectorObject | undefined,
  at: FieldPath,
): FieldError[] {
  const parsed = readableSelector(selector)
  const labels = template?.metadata?.labels
  if (!template || !parsed || matches(parsed, labels)) return []
  const here = at.child('template').child('metadata').child('labels')
  return [invalidValue(here, labels ?? {}, '`selector` does not match template `labels`')]
}

/** Of a template whose Pods always restart; `kind` is named where a deadline is refused. */
export function validateTemplate(
  template: Template | undefined,
  selector: LabelSelectorObject | undefined,
  at: FieldPath,
  kind = 'ReplicaSet',
): FieldError[] {
  if (!template) return []
  const here = at.child('template')
  const errors = [...unselectedErrors(template, selector, at), ...templateErrors(template, here)]
  const spec = podSpecOf(template)
  if (!spec?.containers) return errors
  if (spec.restartPolicy !== undefined && spec.restartPolicy !== 'Always')
    errors.push(notSupported(here.child('spec').child('restartPolicy'), spec.restartPolicy, ['Always']))
  if (spec.activeDeadlineSeconds !== undefined)
    errors.push(
      forbiddenField(
        here.child('spec').child('activeDeadlineSeconds'),
        `activeDeadlineSeconds in ${kind} is not Supported`,
      ),
    )
  return errors
}

/** A workload selects its Pods by something; `workload` is named where it does not. */
export function validateSelector(
  selector: LabelSelectorObject | undefined,
  at: FieldPath,
  workload = 'deployment',
): FieldError[] {
  if (!selector) return []
  const errors = labelSelectorErrors(selector, at)
  if (isEmptySelector(selector)) errors.push(invalidValue(at, selector, `empty selector is invalid for ${workload}`))
  return errors
}

export function countErrors(value: number | undefined, at: FieldPath): FieldError[] {
  return value !== undefined && value < 0 ? [invalidValue(at, value, 'must be greater than or equal to 0')] : []
}

/** What a controller counts of its Pods; a part of them is no more than the whole. */
interface ReplicaCounts {
  readonly replicas?: number
  readonly readyReplicas?: number
  readonly availableReplicas?: number
  readonly fullyLabeledReplicas?: number
  readonly updatedReplicas?: number
  readonly unavailableReplicas?: number
  readonly observedGeneration?: number
  readonly collisionCount?: number
}

const COUNTS = [
  ...(['observedGeneration', 'replicas', 'fullyLabeledReplicas', 'updatedReplicas', 'readyReplicas'] as const),
  ...(['availableReplicas', 'unavailableReplicas', 'collisionCount'] as const),
]
const PARTS = ['fullyLabeledReplicas', 'updatedReplicas', 'readyReplicas', 'availableReplicas'] as const

export function replicaStatusErrors(status: ReplicaCounts, previous: ReplicaCounts, at: FieldPath): FieldError[] {
  const { replicas = 0, readyReplicas = 0, availableReplicas = 0, collisionCount = 0 } = status
  const errors = COUNTS.flatMap((field) => countErrors(status[field], at.child(field)))
  for (const field of PARTS)
    if ((status[field] ?? 0) > replicas)
      errors.push(invalidValue(at.child(field), status[field] ?? 0, 'cannot be greater than status.replicas'))
  if (availableReplicas > readyReplicas)
    errors.push(invalidValue(at.child('availableReplicas'), availableReplicas, 'cannot be greater than readyReplicas'))
  if (collisionCount < (previous.collisionCount ?? 0))
    errors.push(invalidValue(at.child('collisionCount'), collisionCount, 'cannot be decremented'))
  return errors
}

export const selectorTextOf = (selector: LabelSelectorObject | undefined): string => {
  const parsed = fromLabelSelector(selector)
  return parsed ? formatLabelSelector(parsed) : ''
}

const TEMPLATE = new FieldPath('spec').child('template')

/** Of what a workload makes Pods of: told when it is made, and when its spec changes. */
export function templateWarnings<T extends KubeObject & { readonly spec: unknown }>(
  next: T,
  previous: T | undefined,
  template: Template | undefined,
  at = TEMPLATE,
): string[] {
  if (!template || (previous && deepEqual(next.spec, previous.spec))) return []
  return podWarnings({ metadata: template.metadata, spec: podSpecOf(template) }, at)
}

/** Of a workload whose Pods, and so hosts, are named after it. */
export const workloadWarnings = <T extends KubeObject & { readonly spec: unknown }>(
  next: T,
  previous: T | undefined,
  template: Template | undefined,
  at = TEMPLATE,
): string[] => [
  ...(previous ? [] : hostnameWarnings(next.metadata.name, 'Pod names and hostnames')),
  ...templateWarnings(next, previous, template, at),
]
