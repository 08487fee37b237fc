/** PriorityClass: a name for how important a Pod is (scheduling.k8s.io/v1). */
import { column, resource } from '../../define.ts'
import { type FieldError, type FieldPath, forbiddenField, notSupported } from '../../field.ts'
import { immutable } from '../../metadata.ts'
import type { PriorityClass } from '../../types.ts'
import { ageColumn, nameColumn } from '../columns.ts'

const MOST = 1_000_000_000
const RESERVED = 'system-'
const POLICIES = ['PreemptLowerPriority', 'Never']

export interface SystemClass {
  readonly value: number
  readonly description: string
}

export const SYSTEM_CLASSES: Readonly<Record<string, SystemClass>> = {
  'system-cluster-critical': {
    value: 2_000_000_000,
    description:
      'Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.',
  },
  'system-node-critical': {
    value: 2_000_001_000,
    description: 'Used for system critical pods that must not be moved from their current node.',
  },
}

/** Why it is not the system's class of that name; undefined where it is. */
function systemFault({ metadata: { name }, value, globalDefault }: PriorityClass): string | undefined {
  const known = Object.hasOwn(SYSTEM_CLASSES, name) ? SYSTEM_CLASSES[name] : undefined
  if (!known) return `${name} is not a known system priority class`
  if (value !== known.value) return `value of ${name} PriorityClass must be ${known.value}`
  return globalDefault ? `globalDefault of ${name} PriorityClass must be false` : undefined
}

function validate(one: PriorityClass, root: FieldPath): FieldError[] {
  const errors: FieldError[] = []
  if (one.metadata.name.startsWith(RESERVED)) {
    const fault = systemFault(one)
    if (fault !== undefined)
      errors.push(
        forbiddenField(
          root.child('metadata').child('name'),
          `priority class names with '${RESERVED}' prefix are reserved for system use only. error: ${fault}`,
        ),
      )
  } else if (one.value > MOST)
    errors.push(forbiddenField(root.child('value'), `maximum allowed value of a user defined priority is ${MOST}`))
  if (one.preemptionPolicy && !POLICIES.includes(one.preemptionPolicy))
    errors.push(notSupported(root.child('preemptionPolicy'), one.preemptionPolicy, POLICIES))
  return errors
}

export const priorityClasses = resource<PriorityClass>({
  group: 'scheduling.k8s.io',
  version: 'v1',
  kind: 'PriorityClass',
  plural: 'priorityclasses',
  shortNames: ['pc'],
  scope: 'cluster',
  schema: 'io.k8s.api.scheduling.v1.PriorityClass',
  columns: [
    nameColumn(),
    column('Value', 'integer', ({ value }) => value),
    column('Global-Default', 'boolean', ({ globalDefault }) => globalDefault ?? false),
    ageColumn(),
    column('PreemptionPolicy', 'string', ({ preemptionPolicy }) => preemptionPolicy ?? ''),
  ],
  defaults(draft) {
    draft.value ??= 0
    draft.preemptionPolicy ||= 'PreemptLowerPriority'
  },
  validate,
  validateUpdate: (next, previous, root) => [
    ...(next.value === previous.value ? [] : [forbiddenField(root.child('value'), 'may not be changed in an update.')]),
    ...immutable(next.preemptionPolicy, previous.preemptionPolicy, root.child('preemptionPolicy')),
  ],
})
