import { describe, expect, it } from 'vitest'
import type { KubeObject } from '../../kube/object.ts'
import { remainingObjects } from './remaining.ts'

const remaining = (resource: string, name: string, metadata: object = {}) => ({
  resource,
  object: { metadata: { name, deletionTimestamp: '2026-01-01T10:00:00Z', ...metadata } } as unknown as KubeObject,
})

describe('remainingObjects', () => {
  it('names an object as kubectl takes it, what holds it, and since when', () => {
    expect(
      remainingObjects([
        remaining('pods.', 'web', { deletionGracePeriodSeconds: 30 }),
        remaining('deployments.apps', 'api', { finalizers: ['foregroundDeletion', 'example.com/hold'] }),
        remaining('configmaps.', 'plain', { deletionTimestamp: '2026-01-01T10:00:10Z' }),
      ]),
    ).toBe(
      'deployments.apps/api since 2026-01-01T10:00:00Z (finalizers foregroundDeletion, example.com/hold), ' +
        'pods/web since 2026-01-01T09:59:30Z (grace until 2026-01-01T10:00:00Z), ' +
        'configmaps/plain since 2026-01-01T10:00:10Z',
    )
  })

  it('names the ten that matter most, and counts the rest', () => {
    const many = Array.from({ length: 30 }, (_, index) => remaining('pods.', `p-${String(index).padStart(2, '0')}`))
    const text = remainingObjects([...many, remaining('secrets.', 'held', { finalizers: ['example.com/hold'] })])
    expect(text).toMatch(/^secrets\/held since .*, pods\/p-08 since 2026-01-01T10:00:00Z, and 21 more$/)
  })
})
