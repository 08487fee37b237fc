import { describe, expect, it } from 'vitest'
import type { Pod } from '../types.ts'
import { isPodActive, podAvailable } from './readiness.ts'
import { podRequests } from './requests.ts'
import { podFromTemplate, templateHash } from './template.ts'

const asks = (cpu: string, given: { restartPolicy?: string } = {}) => ({
  name: cpu,
  resources: { requests: { cpu } },
  ...given,
})

describe('podRequests', () => {
  it.each([
    { what: 'the sum of containers', spec: { containers: [asks('1'), asks('500m')] }, cpu: 1500 },
    {
      what: 'an init container that asks for more',
      spec: { containers: [asks('1')], initContainers: [asks('3')] },
      cpu: 3000,
    },
    {
      what: 'sidecars beside both',
      spec: { containers: [asks('1')], initContainers: [asks('1', { restartPolicy: 'Always' }), asks('3')] },
      cpu: 4000,
    },
    { what: 'overhead on top', spec: { containers: [asks('1')], overhead: { cpu: '250m' } }, cpu: 1250 },
  ])('counts $what', ({ spec, cpu }) => expect(podRequests({ spec })['cpu']).toBe(cpu))

  it('counts bytes and other things whole', () => {
    const requests = { memory: '1Gi', 'example.com/gpu': '2' }
    expect(podRequests({ spec: { containers: [{ name: 'c', resources: { requests } }] } })).toEqual({
      memory: 1024 ** 3,
      'example.com/gpu': 2,
    })
  })
})

const pod = (status: Pod['status'], deletionTimestamp?: string): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name: 'a',
    uid: 'u',
    resourceVersion: '1',
    creationTimestamp: '',
    ...(deletionTimestamp ? { deletionTimestamp } : {}),
  },
  spec: { containers: [] },
  status,
})

describe('podAvailable', () => {
  const at = Date.parse('2026-01-01T10:00:00Z')
  const ready = pod({ conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: '2026-01-01T10:00:00Z' }] })
  it.each([
    [ready, 0, at, { available: true }],
    [ready, 30, at + 29_000, { available: false, at: at + 30_000 }],
    [ready, 30, at + 30_000, { available: true }],
    [pod({}), 0, at, { available: false, at: undefined }],
  ])('%#', (of, seconds, now, want) => expect(podAvailable(of, seconds, now)).toEqual(want))
})

describe('isPodActive', () => {
  it('is neither finished nor on its way out', () => {
    expect(isPodActive(pod({ phase: 'Running' }))).toBe(true)
    expect(isPodActive(pod({ phase: 'Failed' }))).toBe(false)
    expect(isPodActive(pod({}, '2026-01-01T10:00:00Z'))).toBe(false)
  })
})

describe('templates', () => {
  const template = { metadata: { labels: { a: 'x' } }, spec: { containers: [{ name: 'c' }] } }
  it('have a hash of what they say, in whatever order', () => {
    const turned = { spec: { containers: [{ name: 'c' }] }, metadata: { labels: { a: 'x' } } }
    expect(templateHash(turned)).toBe(templateHash(template))
    expect(templateHash(template, 1)).not.toBe(templateHash(template))
    expect(templateHash(template)).toMatch(/^[bcdfghjklmnpqrstvwxz2456789]{1,10}$/)
  })

  it('make Pods of their own', () => {
    const owner = { ...pod({}), kind: 'ReplicaSet', apiVersion: 'apps/v1' }
    const made = podFromTemplate(owner, template, 'a-b')
    expect(made.metadata).toMatchObject({
      labels: { a: 'x' },
      ownerReferences: [{ kind: 'ReplicaSet', controller: true }],
    })
    made.spec.containers.push({ name: 'd' })
    expect(template.spec.containers).toHaveLength(1)
  })
})
