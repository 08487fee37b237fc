/** Quotas, limits and priorities as kubectl's users meet them: real workerd, real kubectl, no nodes. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ControlPlane, startControlPlane } from './control-plane.ts'

let plane: ControlPlane

beforeAll(async () => {
  plane = await startControlPlane()
  await plane.kubectl('create', 'namespace', 'shop')
}, 60_000)

afterAll(() => plane?.stop(), 30_000)

const inShop = (...args: string[]) => plane.kubectl('-n', 'shop', ...args)

describe('kubectl', () => {
  it('makes a quota, is refused by it, and describes it', async () => {
    await inShop('create', 'quota', 'small', '--hard=pods=2,configmaps=2,requests.cpu=1')
    await plane.apply({
      apiVersion: 'v1',
      kind: 'LimitRange',
      metadata: { name: 'usual', namespace: 'shop' },
      spec: { limits: [{ type: 'Container', defaultRequest: { cpu: '600m' } }] },
    })
    await inShop('run', 'one', '--image=web:1')
    expect(await plane.refused('-n', 'shop', 'run', 'two', '--image=web:1')).toBe(
      'Error from server (Forbidden): pods "two" is forbidden: exceeded quota: small, requested: requests.cpu=600m, used: requests.cpu=600m, limited: requests.cpu=1\n',
    )
    expect(await inShop('get', 'pod', 'one', '-o', 'jsonpath={.spec.containers[0].resources.requests.cpu}')).toBe(
      '600m',
    )
    expect(await inShop('get', 'quota', 'small', '--no-headers')).toMatch(
      /^small\s+configmaps: 1\/2, pods: 1\/2, requests.cpu: 600m\/1\s/,
    )
    const described = await inShop('describe', 'quota', 'small')
    expect(described).toMatch(/configmaps\s+1\s+2/)
    expect(described).toMatch(/requests.cpu\s+600m\s+1/)
    expect(await plane.kubectl('describe', 'namespace', 'shop')).toMatch(/Container\s+cpu\s+-\s+-\s+600m\s+-\s+-/)
    await inShop('delete', 'pod', 'one', '--now')
    await inShop('run', 'two', '--image=web:1')
  })

  it('makes a priority class, which Pods have', async () => {
    await plane.kubectl('create', 'priorityclass', 'high', '--value=1000', '--description=first')
    expect(await plane.kubectl('get', 'pc', '--no-headers')).toMatch(/^high\s+1000\s+false\s/m)
    await plane.kubectl('run', 'urgent', '--image=web:1', '--overrides={"spec":{"priorityClassName":"high"}}')
    expect(await plane.kubectl('describe', 'pod', 'urgent')).toMatch(/Priority:\s+1000\nPriority Class Name:\s+high/)
  })
})
