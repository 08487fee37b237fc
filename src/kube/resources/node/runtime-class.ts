import { column, resource } from '../../define.ts'
import { labelWarnings } from '../../deprecated-labels.ts'
import { type FieldError, type FieldPath, invalidEach } from '../../field.ts'
import { deepEqual, stringify } from '../../json.ts'
import { immutable, labelErrors } from '../../metadata.ts'
import { dnsLabelErrors } from '../../names.ts'
import { validateTolerations } from '../../pod/validate-placement.ts'
import { validateResources } from '../../pod/validate-resources.ts'
import type { RuntimeClass } from '../../types.ts'
import { ageColumn, nameColumn } from '../columns.ts'

type Scheduling = NonNullable<RuntimeClass['scheduling']>

/** An overhead is limits of Pods, and is told of as such. */
function overheadErrors({ podFixed }: NonNullable<RuntimeClass['overhead']>, at: FieldPath): FieldError[] {
  const errors: FieldError[] = []
  if (podFixed) validateResources({ limits: podFixed }, at, errors)
  return errors
}

function schedulingErrors({ nodeSelector, tolerations = [] }: Scheduling, at: FieldPath): FieldError[] {
  const errors = labelErrors(nodeSelector, at.child('nodeSelector'))
  const here = at.child('tolerations')
  validateTolerations(tolerations, here, errors)
  for (const [index, toleration] of tolerations.entries())
    if (tolerations.slice(0, index).some((earlier) => deepEqual(earlier, toleration)))
      errors.push({
        reason: 'FieldValueDuplicate',
        field: here.index(index).text,
        message: `Duplicate value: ${stringify(toleration)}`,
      })
  return errors
}

export const runtimeClasses = resource<RuntimeClass>({
  group: 'node.k8s.io',
  version: 'v1',
  kind: 'RuntimeClass',
  plural: 'runtimeclasses',
  scope: 'cluster',
  schema: 'io.k8s.api.node.v1.RuntimeClass',
  columns: [nameColumn(), column('Handler', 'string', ({ handler }) => handler ?? ''), ageColumn()],
  validate({ handler = '', overhead, scheduling }, at) {
    return [
      ...invalidEach(at.child('handler'), handler, dnsLabelErrors(handler)),
      ...(overhead ? overheadErrors(overhead, at.child('overhead')) : []),
      ...(scheduling ? schedulingErrors(scheduling, at.child('scheduling')) : []),
    ]
  },
  validateUpdate: (next, previous, at) => immutable(next.handler, previous.handler, at.child('handler')),
  warnings: ({ scheduling }) => labelWarnings(scheduling?.nodeSelector, () => 'scheduling.nodeSelector'),
  unconditionalUpdate: false,
  createOnUpdate: true,
})
