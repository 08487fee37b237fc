/**
 * PriorityLevelConfiguration: what share of the API a level of requests has (flowcontrol.apiserver.k8s.io/v1). Kept and
 * validated; nothing is queued by it, for here the platform's limits guard the API.
 */
import { column, resource, STATUS } from '../../define.ts'
import { type FieldError, type FieldPath, forbiddenField, invalidValue, notSupported, required } from '../../field.ts'
import { EXEMPT, MANDATORY_LEVELS } from '../../flow-control/default-objects.ts'
import { deepEqual } from '../../json.ts'
import { ALL_METADATA } from '../../resource.ts'
import type { PriorityLevelConfiguration } from '../../types.ts'
import { ageColumn, nameColumn } from '../columns.ts'
import { conditionErrors } from './conditions.ts'

type Spec = PriorityLevelConfiguration['spec']
type Limited = NonNullable<Spec['limited']>
type Queuing = NonNullable<NonNullable<Limited['limitResponse']>['queuing']>

const MAX_QUEUES = 10_000_000
/** Bits of a flow's hash, from which its queues are dealt. */
const MAX_HASH_BITS = 60
const SHARES = 30
const QUEUES = 64
const HAND_SIZE = 8
const QUEUE_LENGTH = 50

function validate({ metadata, spec, status }: PriorityLevelConfiguration, root: FieldPath): FieldError[] {
  const at = root.child('spec')
  return [
    ...((metadata.name === EXEMPT) === (spec.type === 'Exempt')
      ? []
      : [invalidValue(at.child('type'), spec.type ?? '', "must be 'Exempt' if and only if `name` is 'exempt'")]),
    ...specErrors(spec, at),
    ...fixedErrors(metadata.name, spec, at),
    ...conditionErrors(status?.conditions, root.child('status')),
  ]
}

function specErrors({ type, limited, exempt }: Spec, at: FieldPath): FieldError[] {
  switch (type) {
    case 'Exempt':
      return [
        ...(limited ? [forbiddenField(at.child('limited'), 'must be nil if the type is not Limited')] : []),
        ...(exempt ? shareErrors(exempt, at.child('exempt')) : []),
      ]
    case 'Limited':
      return [
        ...(exempt ? [forbiddenField(at.child('exempt'), 'must be nil if the type is Limited')] : []),
        ...(limited
          ? limitedErrors(limited, at.child('limited'))
          : [required(at.child('limited'), 'must not be empty when type is Limited')]),
      ]
    default:
      return [notSupported(at.child('type'), type ?? '', ['Exempt', 'Limited'])]
  }
}

/** An administrator may give the exempt level a share; all else of a mandatory level is fixed. */
function fixedErrors(name: string, spec: Spec, at: FieldPath): FieldError[] {
  const fixed = Object.hasOwn(MANDATORY_LEVELS, name) ? MANDATORY_LEVELS[name] : undefined
  if (!fixed) return []
  if (name === EXEMPT)
    return deepEqual({ ...spec, exempt: undefined }, { ...fixed, exempt: undefined })
      ? []
      : [invalidValue(at, spec, `spec of '${name}' except the 'spec.exempt' field must equal the fixed value`)]
  return deepEqual(spec, fixed) ? [] : [invalidValue(at, spec, `spec of '${name}' must equal the fixed value`)]
}

function shareErrors(
  shares: Pick<Limited, 'nominalConcurrencyShares' | 'lendablePercent'>,
  at: FieldPath,
): FieldError[] {
  const { nominalConcurrencyShares: nominal = 0, lendablePercent: lendable = 0 } = shares
  return [
    ...(nominal < 0
      ? [invalidValue(at.child('nominalConcurrencyShares'), nominal, 'must be a non-negative integer')]
      : []),
    ...(lendable < 0 || lendable > 100
      ? [invalidValue(at.child('lendablePercent'), lendable, 'must be between 0 and 100, inclusive')]
      : []),
  ]
}

function limitedErrors(limited: Limited, at: FieldPath): FieldError[] {
  const { limitResponse: response, borrowingLimitPercent: borrowing } = limited
  const here = at.child('limitResponse')
  return [
    ...shareErrors(limited, at),
    ...(borrowing !== undefined && borrowing < 0
      ? [invalidValue(at.child('borrowingLimitPercent'), borrowing, 'if specified, must be a non-negative integer')]
      : []),
    ...responseErrors(response, here),
  ]
}

function responseErrors(response: Limited['limitResponse'], at: FieldPath): FieldError[] {
  const queuing = response?.queuing
  const here = at.child('queuing')
  switch (response?.type) {
    case 'Reject':
      return queuing ? [forbiddenField(here, 'must be nil if limited.limitResponse.type is not Limited')] : []
    case 'Queue':
      return queuing
        ? queuingErrors(queuing, here)
        : [required(here, 'must not be empty if limited.limitResponse.type is Limited')]
    default:
      return [notSupported(at.child('type'), response?.type ?? '', ['Queue', 'Reject'])]
  }
}

function queuingErrors({ queues = 0, handSize = 0, queueLengthLimit = 0 }: Queuing, at: FieldPath): FieldError[] {
  return [
    ...(queueLengthLimit <= 0
      ? [invalidValue(at.child('queueLengthLimit'), queueLengthLimit, 'must be positive')]
      : []),
    ...queuesErrors(queues, at.child('queues')),
    ...handErrors(queues, handSize, at.child('handSize')),
  ]
}

function queuesErrors(queues: number, at: FieldPath): FieldError[] {
  if (queues <= 0) return [invalidValue(at, queues, 'must be positive')]
  return queues > MAX_QUEUES ? [invalidValue(at, queues, `must not be greater than ${MAX_QUEUES}`)] : []
}

/** A hand of 8 of 64 queues takes 8 · log2(64) = 48 bits of the hash; one of 8 of 256 takes 64, which are too many. */
function handErrors(queues: number, handSize: number, at: FieldPath): FieldError[] {
  if (handSize <= 0) return [invalidValue(at, handSize, 'must be positive')]
  if (handSize > queues) return [invalidValue(at, handSize, `should not be greater than queues (${queues})`)]
  return Math.ceil(Math.log2(queues) * handSize) > MAX_HASH_BITS
    ? [
        invalidValue(
          at,
          handSize,
          `required entropy bits of deckSize ${queues} and handSize ${handSize} should not be greater than ${MAX_HASH_BITS}`,
        ),
      ]
    : []
}

function defaultLimited(limited: Limited): void {
  limited.nominalConcurrencyShares ??= SHARES
  limited.lendablePercent ??= 0
  const queuing = limited.limitResponse?.queuing
  if (!queuing) return
  queuing.queues ||= QUEUES
  queuing.handSize ||= HAND_SIZE
  queuing.queueLengthLimit ||= QUEUE_LENGTH
}

const queuingOf = ({ spec }: PriorityLevelConfiguration): Queuing | undefined =>
  spec.type === 'Limited' ? spec.limited?.limitResponse?.queuing : undefined

export const priorityLevelConfigurations = resource<PriorityLevelConfiguration>({
  group: 'flowcontrol.apiserver.k8s.io',
  version: 'v1',
  kind: 'PriorityLevelConfiguration',
  plural: 'prioritylevelconfigurations',
  scope: 'cluster',
  subresources: [STATUS],
  schema: 'io.k8s.api.flowcontrol.v1.PriorityLevelConfiguration',
  hasStatus: true,
  keptByStatus: ALL_METADATA,
  columns: [
    nameColumn(),
    column('Type', 'string', ({ spec }) => spec.type ?? ''),
    column(
      'NominalConcurrencyShares',
      'string',
      ({ spec }) => (spec.type === 'Limited' ? spec.limited?.nominalConcurrencyShares : undefined) ?? '<none>',
    ),
    column('Queues', 'string', (level) => queuingOf(level)?.queues ?? '<none>'),
    column('HandSize', 'string', (level) => queuingOf(level)?.handSize ?? '<none>'),
    column('QueueLengthLimit', 'string', (level) => queuingOf(level)?.queueLengthLimit ?? '<none>'),
    ageColumn(),
  ],
  generation: (next, previous) => !deepEqual(next.spec, previous.spec),
  prepareForCreate(draft) {
    draft.status = {}
  },
  defaults(draft) {
    draft.spec ??= {} as Spec
    const { exempt, limited } = draft.spec
    if (exempt) {
      exempt.nominalConcurrencyShares ??= 0
      exempt.lendablePercent ??= 0
    }
    if (limited) defaultLimited(limited)
    draft.status ??= {}
  },
  validate,
  validateStatus: ({ status }, _previous, root) => conditionErrors(status?.conditions, root.child('status')),
})
