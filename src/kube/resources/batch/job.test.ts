import { describe, expect, it } from 'vitest'
import { root } from '../../field.ts'
import { refusals } from '../testing.ts'
import { jobs } from './job.ts'

const job = (spec: object, name = 'a') => ({
  metadata: { name, uid: 'u' },
  spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'x' }] } }, ...spec },
})
const indexed = (spec: object) => job({ completionMode: 'Indexed', completions: 5, ...spec })
const success = (...rules: object[]) => indexed({ successPolicy: { rules } })
const failure = (rule: object) => job({ podFailurePolicy: { rules: [{ action: 'FailJob', ...rule }] } })
const exit = (codes: object) => failure({ onExitCodes: { operator: 'In', values: [1], ...codes } })
const RULE = 'spec.podFailurePolicy.rules[0]'
const WINS = 'spec.successPolicy.rules'
const HIGH = 'when completions are above 100000 and used with backoff limit per index'
const LONG = 'a'.repeat(62)

describe('a Job', () => {
  it.each<[string, object, string[]]>([
    ['all of one', job({}), []],
    [
      'another policy of restarts',
      job({ template: { spec: { restartPolicy: 'Ever', containers: [{ name: 'c', image: 'x' }] } } }),
      [
        'spec.template.spec.restartPolicy: Unsupported value: "Ever": supported values: "Always", "Never", "OnFailure"',
        'spec.template.spec.restartPolicy: Unsupported value: "Ever": supported values: "Never", "OnFailure"',
      ],
    ],
    ['a policy of success', success({ succeededIndexes: '0,2-4', succeededCount: 4 }), []],
    [
      'no rules of success',
      success(),
      [`${WINS}: Required value: at least one rules must be specified when the successPolicy is specified`],
    ],
    [
      'a rule that says nothing',
      success({}),
      [`${WINS}[0]: Required value: at least one of succeededCount or succeededIndexes must be specified`],
    ],
    [
      'indexes that are none',
      success({ succeededIndexes: 'a-b' }),
      [
        `${WINS}[0].succeededIndexes: Invalid value: "a-b": error parsing succeededIndexes: cannot convert string to integer for index: "a"`,
      ],
    ],
    [
      'an index too many',
      success({ succeededIndexes: '1-5' }),
      [`${WINS}[0].succeededIndexes: Invalid value: "1-5": error parsing succeededIndexes: too large index: "5"`],
    ],
    [
      'indexes that fall',
      success({ succeededIndexes: '3,1' }),
      [
        `${WINS}[0].succeededIndexes: Invalid value: "3,1": error parsing succeededIndexes: non-increasing order, previous: 3, current: 1`,
      ],
    ],
    [
      'more successes than there are',
      success({ succeededIndexes: '1', succeededCount: 6 }),
      [
        `${WINS}[0].succeededCount: Invalid value: 6: must be less than or equal to 5 (the number of specified completions)`,
        `${WINS}[0].succeededCount: Invalid value: 6: must be less than or equal to 1 (the number of indexes in the specified succeededIndexes field)`,
      ],
    ],
    [
      'failed indexes without a limit of each',
      indexed({ maxFailedIndexes: 1 }),
      ['spec.backoffLimitPerIndex: Required value: when maxFailedIndexes is specified'],
    ],
    [
      'failed indexes above completions',
      indexed({ maxFailedIndexes: 6, backoffLimitPerIndex: 1 }),
      ['spec.maxFailedIndexes: Invalid value: 6: must be less than or equal to completions'],
    ],
    [
      'very many completions',
      indexed({ completions: 100_001, parallelism: 10_001, backoffLimitPerIndex: 1 }),
      [
        'spec.maxFailedIndexes: Required value: must be specified when completions is above 100000',
        `spec.parallelism: Invalid value: 10001: must be less than or equal to 10000 ${HIGH}`,
      ],
    ],
    [
      'a name too long for its hosts',
      { ...indexed({}), metadata: { name: LONG, uid: 'u' } },
      [`metadata.name: Invalid value: "${LONG}": will not able to create pod with invalid DNS label: ${LONG}-4`],
    ],
    [
      'a rule of failure without action',
      failure({ action: '', onExitCodes: { operator: 'In', values: [1] } }),
      [`${RULE}.action: Required value: valid values: ["Count" "FailIndex" "FailJob" "Ignore"]`],
    ],
    [
      'exit codes by no operator',
      exit({ operator: '' }),
      [`${RULE}.onExitCodes.operator: Required value: valid values: ["In" "NotIn"]`],
    ],
    [
      'no exit codes',
      exit({ values: [] }),
      [`${RULE}.onExitCodes.values: Invalid value: []: at least one value is required`],
    ],
    [
      'exit codes in no order',
      exit({ values: [2, 1, 2] }),
      [
        `${RULE}.onExitCodes.values[2]: Duplicate value: 2`,
        `${RULE}.onExitCodes.values: Invalid value: [2,1,2]: must be ordered`,
      ],
    ],
  ])('with %s', (_, given, expected) => expect(refusals(jobs, given)).toEqual(expected))

  it('tells of each Pod that is not counted yet once', () => {
    const status = { uncountedTerminatedPods: { succeeded: ['a', 'a'], failed: [''] } }
    const given = { ...job({}), status: {} } as never
    expect(
      jobs
        .validateStatus({ ...job({}), status } as never, given, root)
        .map(({ field, message }) => `${field}: ${message}`),
    ).toEqual([
      'status.uncountedTerminatedPods.succeeded[1]: Duplicate value: "a"',
      'status.uncountedTerminatedPods.failed[0]: Invalid value: "": must not be empty',
    ])
  })
})
