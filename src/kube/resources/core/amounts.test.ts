/** What LimitRanges, ResourceQuotas and the status of claims may say of amounts. */
import { describe, expect, it } from 'vitest'
import { root } from '../../field.ts'
import type { LimitRange, PersistentVolumeClaim, ResourceQuota } from '../../types.ts'
import { limitRanges } from './limit-range.ts'
import { persistentVolumeClaims } from './persistent-volume-claim.ts'
import { resourceQuotas } from './resource-quota.ts'

const shown = (errors: readonly { field: string; message: string }[]): string[] =>
  errors.map(({ field, message }) => `${field}: ${message}`)

describe('a LimitRange', () => {
  const errorsOf = (item: object, type = 'Container') =>
    shown(limitRanges.validate({ metadata: {}, spec: { limits: [{ type, ...item }] } } as unknown as LimitRange, root))
  const at = 'spec.limits[0]'

  it.each<[object, string[]]>([
    [{ min: { cpu: '1' }, max: { cpu: '4' }, maxLimitRequestRatio: { cpu: '4' } }, []],
    [{ min: { cpu: '0' }, max: { cpu: '4' }, maxLimitRequestRatio: { cpu: '4' } }, []],
    [
      { min: { cpu: '500m' }, max: { cpu: '750m' }, maxLimitRequestRatio: { cpu: '2' } },
      [`${at}.maxLimitRequestRatio[cpu]: Invalid value: "2": ratio 2 is greater than max/min = 1.500000`],
    ],
    [
      { maxLimitRequestRatio: { cpu: '500m' } },
      [`${at}.maxLimitRequestRatio[cpu]: Invalid value: "500m": ratio 500m is less than 1`],
    ],
    [
      { min: { cpu: '2' }, default: { cpu: '1' } },
      [`${at}.default[cpu]: Invalid value: "2": min value 2 is greater than default value 1`],
    ],
    [
      { default: { cpu: '3' }, max: { cpu: '2' } },
      [`${at}.default[cpu]: Invalid value: "2": default value 3 is greater than max value 2`],
    ],
    [{ default: { 'example.com/gpu': '2' }, defaultRequest: { 'example.com/gpu': '2' } }, []],
    [
      { default: { 'example.com/gpu': '2' }, defaultRequest: { 'example.com/gpu': '1' } },
      [
        `${at}.defaultRequest[example.com/gpu]: Invalid value: "1": default value 2 must equal to defaultRequest value 1 in example.com/gpu`,
      ],
    ],
    [
      { max: { storage: '1Gi' } },
      [`${at}.max[storage]: Invalid value: "storage": must be a standard resource for containers`],
    ],
  ])('%j: %j', (item, want) => expect(errorsOf(item)).toEqual(want))

  it('of claims is of storage', () =>
    expect(errorsOf({ max: { storage: '1Gi' } }, 'PersistentVolumeClaim')).toEqual([]))
})

describe('a ResourceQuota', () => {
  it.each<[string, string, boolean]>([
    ['pods', '1500m', false],
    ['count/deployments.apps', '500m', false],
    ['example.com/gpu', '500m', false],
    ['services.nodeports', '3', true],
    ['requests.cpu', '500m', true],
    ['requests.example.com/gpu', '500m', true],
  ])('of %s may be %s: %j', (name, quantity, is) => {
    const quota = { spec: { hard: { [name]: quantity } } } as unknown as ResourceQuota
    const want = `spec.hard[${name}]: Invalid value: "${quantity}": must be an integer`
    expect(shown(resourceQuotas.validate(quota, root))).toEqual(is ? [] : [want])
  })
})

describe("a claim's status", () => {
  const errorsOf = (status: object) => {
    const claim = { metadata: {}, spec: {}, status } as unknown as PersistentVolumeClaim
    return shown(persistentVolumeClaims.validateStatus(claim, claim, root))
  }
  const resizes =
    '"ControllerResizeInProgress", "ControllerResizeInfeasible", "NodeResizeInProgress", "NodeResizeInfeasible", "NodeResizePending"'

  it.each<[object, string[]]>([
    [{ capacity: { storage: '1Gi' }, allocatedResources: { storage: '2Gi', 'example.com/iops': '5' } }, []],
    [{ allocatedResourceStatuses: { storage: 'NodeResizePending' } }, []],
    [
      { capacity: { storage: '-1' } },
      ['status.capacity[storage]: Invalid value: "-1": must be a valid resource quantity'],
    ],
    [
      { allocatedResources: { cpu: '1' } },
      ['status.allocatedResources: Unsupported value: "cpu": supported values: "storage"'],
    ],
    [
      { allocatedResourceStatuses: { storage: 'Soon' } },
      [`status.allocatedResourceStatus: Unsupported value: "storage": supported values: ${resizes}`],
    ],
  ])('%j: %j', (status, want) => expect(errorsOf(status)).toEqual(want))
})
