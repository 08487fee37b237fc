import { describe, expect, it } from 'vitest'
import { checksOf, healthOf } from './health.ts'

const broken = () => Promise.reject(new Error('reset'))
const ask = (query: string, name?: string) =>
  healthOf('readyz', name, new URLSearchParams(query), checksOf('readyz', broken))

describe('health, where the store does not answer', () => {
  it('is 500, and says which checks failed but not why', async () => {
    expect(await ask('')).toEqual({
      status: 500,
      text: '[+]ping ok\n[+]log ok\n[-]etcd failed: reason withheld\n[-]etcd-readiness failed: reason withheld\n[+]informer-sync ok\n[+]shutdown ok\nreadyz check failed\n',
    })
  })

  it('is ok without the checks that fail', async () => {
    expect(await ask('exclude=etcd&exclude=etcd-readiness')).toEqual({ status: 200, text: 'ok' })
  })

  it('is told check by check', async () => {
    expect(await ask('', 'etcd')).toMatchObject({ status: 500 })
    expect(await ask('', 'ping')).toEqual({ status: 200, text: 'ok' })
    expect(await ask('', 'none')).toBeUndefined()
  })
})
