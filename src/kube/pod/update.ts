/** What may change of a Pod once it is made: k8s.io/kubernetes pkg/apis/core/validation (ValidatePodUpdate). */
import { type FieldError, type FieldPath, forbiddenField, invalidValue } from '../field.ts'
import { clone, deepEqual } from '../json.ts'
import type { Pod } from '../types.ts'

const MUTABLE =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)'

/** Gates can only be lifted (KEP-3521). */
function gateErrors(next: Pod['spec'], previous: Pod['spec'], at: FieldPath): FieldError[] {
  const former = new Set((previous.schedulingGates ?? []).map(({ name }) => name))
  return (next.schedulingGates ?? [])
    .filter(({ name }) => !former.has(name))
    .map(({ name }) => forbiddenField(at, `only deletion is allowed, but found new scheduling gate '${name}'`))
}

/** A Pod's spec stands once it is made, but for images, the deadline and further tolerations. */
export function validatePodUpdate(next: Pod, previous: Pod, at: FieldPath): FieldError[] {
  const errors: FieldError[] = []
  const spec = at.child('spec')
  if ((next.spec.containers ?? []).length !== previous.spec.containers.length)
    return [forbiddenField(spec.child('containers'), 'pod updates may not add or remove containers')]
  const former = previous.spec.activeDeadlineSeconds
  const deadline = next.spec.activeDeadlineSeconds
  if (former !== undefined && (deadline === undefined || deadline > former))
    errors.push(
      invalidValue(spec.child('activeDeadlineSeconds'), deadline, 'must be less than or equal to previous value'),
    )
  const missing = (previous.spec.tolerations ?? []).some(
    (toleration) =>
      !(next.spec.tolerations ?? []).some((other) =>
        deepEqual({ ...other, tolerationSeconds: 0 }, { ...toleration, tolerationSeconds: 0 }),
      ),
  )
  if (missing)
    errors.push(
      forbiddenField(spec.child('tolerations'), 'existing toleration can not be modified except its tolerationSeconds'),
    )
  errors.push(...gateErrors(next.spec, previous.spec, spec.child('schedulingGates')))
  const levelled = clone(next.spec)
  for (const part of ['containers', 'initContainers'] as const) {
    for (const [index, container] of (levelled[part] ?? []).entries()) {
      const image = previous.spec[part]?.[index]?.image
      if (image !== undefined) container.image = image
    }
  }
  const judgedApart = { activeDeadlineSeconds: undefined, tolerations: undefined, schedulingGates: undefined }
  const isSame = deepEqual({ ...levelled, ...judgedApart }, { ...previous.spec, ...judgedApart })
  if (!isSame) errors.push(forbiddenField(spec, MUTABLE))
  return errors
}
