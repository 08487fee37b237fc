/** What may change of a Pod once it is made: k8s.io/kubernetes pkg/apis/core/validation (ValidatePodUpdate). */
import { type FieldError, type FieldPath, forbiddenField, invalidValue } from '../field.ts'
import { deepEqual, toNumber } from '../json.ts'
import type { Pod } from '../types.ts'
import { podAnnotationUpdateErrors } from './validate-annotations.ts'

type Spec = Pod['spec']
type NodeAffinity = NonNullable<NonNullable<Spec['affinity']>['nodeAffinity']>
type Term = NonNullable<
  NonNullable<NodeAffinity['requiredDuringSchedulingIgnoredDuringExecution']>['nodeSelectorTerms']
>[number]

const MUTABLE =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)'
const MAX_DEADLINE_SECONDS = 2 ** 31 - 1

/** A Pod's spec stands once it is made, but for images, the deadline, further tolerations, and gates that are lifted. */
export function validatePodUpdate(next: Pod, previous: Pod, root: FieldPath): FieldError[] {
  const at = root.child('spec')
  const errors = podAnnotationUpdateErrors(
    next.metadata.annotations,
    previous.metadata.annotations,
    root.child('metadata').child('annotations'),
  )
  for (const part of ['containers', 'initContainers'] as const)
    if ((next.spec[part] ?? []).length !== (previous.spec[part] ?? []).length)
      return [...errors, forbiddenField(at.child(part), 'pod updates may not add or remove containers')]
  const deadline = deadlineError(next.spec, previous.spec, at.child('activeDeadlineSeconds'))
  if (deadline) errors.push(deadline)
  if (deadline && next.spec.activeDeadlineSeconds !== undefined) return errors
  errors.push(
    ...tolerationErrors(next.spec, previous.spec, at.child('tolerations')),
    ...gateErrors(next.spec, previous.spec, at.child('schedulingGates')),
  )
  const levelled = { ...next.spec, ...judgedApart(next.spec, previous.spec) }
  // Nobody has placed it yet: where it may go can be said more exactly (KEP-3838).
  if (previous.spec.schedulingGates?.length) {
    errors.push(...placementErrors(next.spec, previous.spec, at))
    levelled.nodeSelector = previous.spec.nodeSelector
    levelled.affinity = withNodeAffinity(levelled.affinity, previous.spec.affinity)
  }
  return deepEqual(levelled, previous.spec) ? errors : [...errors, forbiddenField(at, MUTABLE)]
}

/** What has rules of its own, as it was before. */
function judgedApart(next: Spec, previous: Spec): Partial<Spec> {
  const { activeDeadlineSeconds, tolerations, schedulingGates, terminationGracePeriodSeconds: grace } = previous
  const withImages = (part: 'containers' | 'initContainers') =>
    next[part]?.map((container, index) => ({ ...container, image: previous[part]?.[index]?.image }))
  const isMended = grace !== undefined && toNumber(grace) < 0 && next.terminationGracePeriodSeconds === 1
  // A spec without init containers stays without.
  return {
    ...{ activeDeadlineSeconds, tolerations, schedulingGates },
    ...(isMended ? { terminationGracePeriodSeconds: grace } : {}),
    containers: withImages('containers') as Spec['containers'],
    initContainers: withImages('initContainers') as Spec['initContainers'],
  }
}

/** A deadline comes nearer only, and does not go. */
function deadlineError(next: Spec, previous: Spec, at: FieldPath): FieldError | undefined {
  const [deadline, former] = [next.activeDeadlineSeconds, previous.activeDeadlineSeconds]
  if (deadline === undefined)
    return former === undefined
      ? undefined
      : invalidValue(at, undefined, 'must not update from a positive integer to nil value')
  if (toNumber(deadline) < 0 || toNumber(deadline) > MAX_DEADLINE_SECONDS)
    return invalidValue(at, deadline, `must be between 0 and ${MAX_DEADLINE_SECONDS}, inclusive`)
  return former !== undefined && toNumber(former) < toNumber(deadline)
    ? invalidValue(at, deadline, 'must be less than or equal to previous value')
    : undefined
}

function tolerationErrors(next: Spec, previous: Spec, at: FieldPath): FieldError[] {
  const isKept = (toleration: object): boolean =>
    (next.tolerations ?? []).some((other) =>
      deepEqual({ ...other, tolerationSeconds: 0 }, { ...toleration, tolerationSeconds: 0 }),
    )
  return (previous.tolerations ?? []).every(isKept)
    ? []
    : [forbiddenField(at, 'existing toleration can not be modified except its tolerationSeconds')]
}

/** Gates can only be lifted (KEP-3521). */
function gateErrors(next: Spec, previous: Spec, at: FieldPath): FieldError[] {
  const former = new Set((previous.schedulingGates ?? []).map(({ name }) => name))
  return (next.schedulingGates ?? []).flatMap(({ name }, index) =>
    former.has(name)
      ? []
      : [
          forbiddenField(
            at.index(index).child('name'),
            `only deletion is allowed, but found new scheduling gate '${name}'`,
          ),
        ],
  )
}

const REQUIRED = 'requiredDuringSchedulingIgnoredDuringExecution'

const nodeAffinityOf = ({ affinity }: Spec): NodeAffinity | undefined => affinity?.nodeAffinity
const termsOf = (affinity: NodeAffinity | undefined): readonly Term[] => affinity?.[REQUIRED]?.nodeSelectorTerms ?? []

function placementErrors(next: Spec, previous: Spec, at: FieldPath): FieldError[] {
  const errors: FieldError[] = []
  const { nodeSelector = {} } = next
  if (Object.entries(previous.nodeSelector ?? {}).some(([key, value]) => nodeSelector[key] !== value))
    errors.push(
      invalidValue(
        at.child('nodeSelector'),
        nodeSelector,
        'only additions to spec.nodeSelector are allowed (no mutations or deletions)',
      ),
    )
  const [terms, former] = [termsOf(nodeAffinityOf(next)), termsOf(nodeAffinityOf(previous))]
  const here = at.child('affinity').child('nodeAffinity').child(REQUIRED).child('nodeSelectorTerms')
  if (former.length > 0 && terms.length !== former.length)
    return [
      ...errors,
      invalidValue(here, terms, 'no additions/deletions to non-empty NodeSelectorTerms list are allowed'),
    ]
  for (const [index, term] of former.entries())
    if (!isNarrower(terms[index] ?? {}, term))
      errors.push(
        invalidValue(here.index(index), terms[index], 'only additions are allowed (no mutations or deletions)'),
      )
  return errors
}

/** Requirements were added to those that were there; a term without any selects nothing, and stays so. */
function isNarrower(next: Term, previous: Term): boolean {
  const parts = ['matchExpressions', 'matchFields'] as const
  if (parts.every((part) => !previous[part]?.length)) return parts.every((part) => !next[part]?.length)
  return parts.every((part) => {
    const former = previous[part] ?? []
    return former.length === 0 || deepEqual((next[part] ?? []).slice(0, former.length), former)
  })
}

/** With the node affinity that was there before; an affinity of nothing is none. */
function withNodeAffinity(next: Spec['affinity'], previous: Spec['affinity']): Spec['affinity'] {
  const { nodeAffinity: _, ...others } = next ?? {}
  const affinity = { ...others, ...(previous?.nodeAffinity ? { nodeAffinity: previous.nodeAffinity } : {}) }
  return Object.keys(affinity).length === 0 && previous === undefined ? undefined : affinity
}
