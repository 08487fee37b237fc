import { describe, expect, it } from 'vitest'
import type { Deployment, ReplicaSet } from '../kube/types.ts'
import { undo } from './rollout.ts'

const meta = (name: string, annotations: Record<string, string>) => ({
  name,
  namespace: 'default',
  uid: name,
  resourceVersion: '5',
  creationTimestamp: '2026-01-01T00:00:00Z',
  annotations,
})
const REVISION = 'deployment.kubernetes.io/revision'
const template = (image: string, labels: Record<string, string> = {}) => ({
  metadata: { labels: { app: 'web', ...labels } },
  spec: { containers: [{ name: 'web', image }] },
})
const deployment = (image: string, { paused = false } = {}): Deployment => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: meta('web', { [REVISION]: '3', note: 'of now' }),
  spec: { paused, selector: { matchLabels: { app: 'web' } }, template: template(image) },
  status: {},
})
const set = (revision: number, owner = 'web'): ReplicaSet => ({
  apiVersion: 'apps/v1',
  kind: 'ReplicaSet',
  metadata: {
    ...meta(`web-${revision}`, { [REVISION]: String(revision), note: `of ${revision}` }),
    ownerReferences: [{ apiVersion: 'apps/v1', kind: 'Deployment', name: owner, uid: owner, controller: true }],
  },
  spec: {
    selector: { matchLabels: { app: 'web' } },
    template: template(`web:${revision}`, { 'pod-template-hash': `h${revision}` }),
  },
  status: { replicas: 0 },
})
const sets = [set(10), set(9), set(2), set(11, 'another')]

const change = (image: string, revision: number) => [
  { op: 'test', path: '/metadata/resourceVersion', value: '5' },
  { op: 'replace', path: '/spec/template', value: template(image) },
  { op: 'add', path: '/metadata/annotations', value: { [REVISION]: '3', note: `of ${revision}` } },
]

describe('undo', () => {
  it('brings back the revision before the current, by number and not by text', () =>
    expect(undo(deployment('web:10'), sets, 0)).toEqual(change('web:9', 9)))

  it('brings back the revision that is named', () =>
    expect(undo(deployment('web:10'), sets, 2)).toEqual(change('web:2', 2)))

  it('has nothing to do where the template is that already', () =>
    expect(undo(deployment('web:10'), sets, 10)).toBeUndefined())

  it.each([
    { what: 'a revision that is not there', sets, revision: 5 },
    { what: "another Deployment's revision", sets, revision: 11 },
    { what: 'the one before the first', sets: [set(1)], revision: 0 },
  ])('does not find $what', ({ sets, revision }) =>
    expect(() => undo(deployment('web:10'), sets, revision)).toThrow(expect.objectContaining({ reason: 'NotFound' })),
  )

  it('refuses a paused Deployment', () =>
    expect(() => undo(deployment('web:10', { paused: true }), sets, 0)).toThrow('is paused'))
})
