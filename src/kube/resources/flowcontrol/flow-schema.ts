/**
 * FlowSchema: which requests are of one priority level (flowcontrol.apiserver.k8s.io/v1). Kept and validated; requests
 * are not classified by it, for here the platform's limits guard the API.
 */
import { column, resource, STATUS } from '../../define.ts'
import { type FieldError, type FieldPath, invalidEach, invalidValue, notSupported, required } from '../../field.ts'
import { EXEMPT, MANDATORY_SCHEMAS } from '../../flow-control/default-objects.ts'
import { deepEqual } from '../../json.ts'
import { dnsSubdomainErrors } from '../../names.ts'
import { ALL_METADATA } from '../../resource.ts'
import type { FlowSchema } from '../../types.ts'
import { ageColumn, nameColumn } from '../columns.ts'
import { conditionErrors } from './conditions.ts'
import { ruleErrors } from './flow-rules.ts'

const PRECEDENCE = 1000
const MAX_PRECEDENCE = 10_000
const METHODS = ['ByNamespace', 'ByUser']

function validate({ metadata, spec, status }: FlowSchema, root: FieldPath): FieldError[] {
  const at = root.child('spec')
  const { distinguisherMethod: method, rules = [] } = spec
  const fixed = Object.hasOwn(MANDATORY_SCHEMAS, metadata.name) ? MANDATORY_SCHEMAS[metadata.name] : undefined
  return [
    ...precedenceErrors(metadata.name, spec.matchingPrecedence ?? 0, at.child('matchingPrecedence')),
    ...(method && !METHODS.includes(method.type)
      ? [notSupported(at.child('distinguisherMethod').child('type'), method, METHODS)]
      : []),
    ...levelErrors(spec.priorityLevelConfiguration?.name ?? '', at.child('priorityLevelConfiguration').child('name')),
    ...rules.flatMap((rule, index) => ruleErrors(rule, at.child('rules').index(index))),
    ...(fixed && !deepEqual(spec, fixed)
      ? [invalidValue(at, spec, `spec of '${metadata.name}' must equal the fixed value`)]
      : []),
    ...conditionErrors(status?.conditions, root.child('status')),
  ]
}

function precedenceErrors(name: string, precedence: number, at: FieldPath): FieldError[] {
  if (precedence <= 0) return [invalidValue(at, precedence, 'must be a positive value')]
  if (precedence > MAX_PRECEDENCE) return [invalidValue(at, precedence, `must not be greater than ${MAX_PRECEDENCE}`)]
  return precedence === 1 && name !== EXEMPT
    ? [invalidValue(at, precedence, "only the schema named 'exempt' may have matchingPrecedence 1")]
    : []
}

const levelErrors = (name: string, at: FieldPath): FieldError[] =>
  name === '' ? [required(at, 'must reference a priority level')] : invalidEach(at, name, dnsSubdomainErrors(name))

export const flowSchemas = resource<FlowSchema>({
  group: 'flowcontrol.apiserver.k8s.io',
  version: 'v1',
  kind: 'FlowSchema',
  plural: 'flowschemas',
  scope: 'cluster',
  subresources: [STATUS],
  schema: 'io.k8s.api.flowcontrol.v1.FlowSchema',
  hasStatus: true,
  keptByStatus: ALL_METADATA,
  columns: [
    nameColumn(),
    column('PriorityLevel', 'string', ({ spec }) => spec.priorityLevelConfiguration?.name || '<none>'),
    column('MatchingPrecedence', 'string', ({ spec }) => spec.matchingPrecedence ?? 0),
    column('DistinguisherMethod', 'string', ({ spec }) => spec.distinguisherMethod?.type ?? '<none>'),
    ageColumn(),
    column(
      'MissingPL',
      'string',
      ({ status }) => status.conditions?.find(({ type }) => type === 'Dangling')?.status ?? '?',
    ),
  ],
  generation: (next, previous) => !deepEqual(next.spec, previous.spec),
  prepareForCreate(draft) {
    draft.status = {}
  },
  defaults(draft) {
    draft.spec ??= {} as FlowSchema['spec']
    draft.spec.matchingPrecedence ||= PRECEDENCE
    draft.status ??= {}
  },
  validate,
  validateStatus: ({ status }, _previous, root) => conditionErrors(status?.conditions, root.child('status')),
})
