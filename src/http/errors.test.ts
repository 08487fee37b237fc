import { describe, expect, it, vi } from 'vitest'
import { notFound } from '../kube/errors.ts'
import { errorResponse } from './errors.ts'

/** As the platform marks its own errors between Worker and object. */
const platformError = (message: string, flags: { overloaded?: boolean; retryable?: boolean } = {}) =>
  Object.assign(new Error(message), flags)

describe('errorResponse', () => {
  it.each([
    [
      'an overloaded object',
      platformError('Durable Object is overloaded.', { overloaded: true, retryable: true }),
      429,
      'TooManyRequests',
    ],
    [
      'an object that was reset',
      platformError('Durable Object reset because its code was updated.', { retryable: true }),
      503,
      'ServiceUnavailable',
    ],
    ['a lost connection', platformError('Network connection lost.'), 503, 'ServiceUnavailable'],
    [
      'an evicted object',
      platformError('The Durable Object’s code has been evicted: broken.'),
      503,
      'ServiceUnavailable',
    ],
  ])('%s: a Status that clients wait for, then try again', async (_, error, code, reason) => {
    const response = errorResponse(error)
    expect(response.status).toBe(code)
    expect(response.headers.get('retry-after')).toBe('1')
    expect(await response.json()).toMatchObject({ kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason })
  })

  it('what we threw ourselves is answered as it is, without a promise to be better soon', async () => {
    const response = errorResponse(notFound({ group: '', plural: 'pods' }, 'a'))
    expect(response.headers.get('retry-after')).toBeNull()
    expect(await response.json()).toMatchObject({ code: 404, message: 'pods "a" not found' })
  })

  it('a bug of ours is 500, is logged, and shows the client nothing internal', async () => {
    const log = vi.spyOn(console, 'error').mockImplementation(() => undefined)
    const response = errorResponse(new TypeError('undefined is not a function at secret-place'))
    expect(response.status).toBe(500)
    expect(await response.text()).not.toContain('secret-place')
    expect(log).toHaveBeenCalledWith(expect.stringContaining('secret-place'))
    log.mockRestore()
  })
})
