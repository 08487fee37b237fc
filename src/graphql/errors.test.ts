import { GraphQLError } from 'graphql'
import { describe, expect, it } from 'vitest'
import { internalError, invalid, notFound, StatusError, unauthorized } from '../kube/errors.ts'
import { masking, refusal } from './errors.ts'

const mask = masking((error) => (error instanceof StatusError ? error : internalError('see the log')))
const shown = (error: unknown) => JSON.parse(JSON.stringify(mask(error)))

describe('errors', () => {
  it('of the cluster keep reason, code, causes and place', () => {
    const error = invalid({ group: '', kind: 'Pod' }, 'a', [
      { reason: 'FieldValueRequired', field: 'spec.containers', message: 'Required value' },
    ])
    expect(shown(new GraphQLError('outer', { originalError: error, path: ['apply', 0] }))).toEqual({
      message: 'Pod "a" is invalid: spec.containers: Required value',
      path: ['apply', 0],
      extensions: {
        code: 'Invalid',
        status: 422,
        causes: [{ reason: 'FieldValueRequired', field: 'spec.containers', message: 'Required value' }],
      },
    })
  })

  it('are the same however often the executor has wrapped them', () => {
    const error = notFound({ group: '', plural: 'pods' }, 'a')
    const wrapped = new GraphQLError('b', { originalError: new GraphQLError('a', { originalError: error }) })
    expect(shown(wrapped)).toMatchObject({ message: 'pods "a" not found', extensions: { code: 'NotFound' } })
  })

  it.each([
    new TypeError('secret in /src/x.ts'),
    'secret',
    undefined,
    new GraphQLError('secret', { originalError: new Error('secret') }),
  ])('of ours show nothing of %o', (error) => {
    const text = JSON.stringify(shown(error))
    expect(text).not.toContain('secret')
    expect(text).toContain('InternalError')
  })

  it("of GraphQL are the client's to read", () => {
    const error = new GraphQLError('Cannot query field "x"')
    expect(mask(error)).toBe(error)
  })

  it('of a missing token are 401, and say how to come again', async () => {
    const response = refusal(unauthorized())
    expect(response.status).toBe(401)
    expect(response.headers.get('www-authenticate')).toContain('Bearer')
    expect(await response.json()).toEqual({
      errors: [{ message: 'Unauthorized', extensions: { code: 'Unauthorized', status: 401 } }],
    })
  })
})
