/** What a request's path and query say. */
import { describe, expect, it } from 'vitest'
import { requestPath } from './request.ts'

describe('a watch', () => {
  it.each([
    { query: '', isWatch: false },
    { query: 'watch=true', isWatch: true },
    { query: 'watch=True', isWatch: true },
    { query: 'watch=1', isWatch: true },
    { query: 'watch=yes', isWatch: true },
    { query: 'watch', isWatch: true },
    { query: 'watch=false', isWatch: false },
    { query: 'watch=False', isWatch: false },
    { query: 'watch=0', isWatch: false },
  ])('is asked for by ?$query: $isWatch', ({ query, isWatch }) =>
    expect(requestPath('GET', '/api/v1/pods', new URLSearchParams(query))?.isWatch).toBe(isWatch),
  )
})
