import { describe, expect, it } from 'vitest'
import { root } from '../field.ts'
import { parseJson } from '../json.ts'
import { requiredErrors } from '../schema/required.ts'
import type { Deployment, ReplicationController, Secret } from '../types.ts'
import { deployments } from './apps/deployment.ts'
import { replicaSets } from './apps/replica-set.ts'
import { configMaps } from './core/config-map.ts'
import { namespaces } from './core/namespace.ts'
import { replicationControllers } from './core/replication-controller.ts'
import { secrets } from './core/secret.ts'

const metadata = {
  name: 'web',
  namespace: 'n',
  uid: 'u',
  resourceVersion: '1',
  creationTimestamp: '2026-01-01T00:00:00Z',
}
const template = (labels: Record<string, string> = { app: 'web' }) => ({
  metadata: { labels },
  spec: { containers: [{ name: 'c', image: 'nginx' }] },
})

function deployment(spec: Partial<Deployment['spec']> = {}): Deployment {
  const made: Deployment = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata,
    spec: { selector: { matchLabels: { app: 'web' } }, template: template(), ...spec },
    status: {},
  }
  deployments.defaults(made)
  return made
}

const errorsOf = (spec: Partial<Deployment['spec']>): string[] => {
  const made = deployment(spec)
  const errors = [...requiredErrors(deployments.schema, made, root), ...deployments.validate(made, root)]
  return errors.map(({ field, message }) => `${field}: ${message}`)
}

describe('deployments', () => {
  it('default to rolling by quarters', () => {
    const { spec } = deployment()
    expect(spec).toMatchObject({
      replicas: 1,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
      revisionHistoryLimit: 10,
      progressDeadlineSeconds: 600,
      template: { spec: { restartPolicy: 'Always', schedulerName: 'default-scheduler' } },
    })
    // Defaults of Pods only: they would change the hashes of templates made before.
    expect(spec.template.spec).not.toHaveProperty('enableServiceLinks')
  })

  it.each<[Partial<Deployment['spec']>, string]>([
    [
      { template: template({ app: 'other' }) },
      'spec.template.metadata.labels: Invalid value: {"app":"other"}: `selector` does not match template `labels`',
    ],
    [{ selector: {} }, 'spec.selector: Invalid value: {}: empty selector is invalid for deployment'],
    [{ replicas: -1 }, 'spec.replicas: Invalid value: -1: must be greater than or equal to 0'],
    [
      { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 0, maxUnavailable: 0 } } },
      'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when `maxSurge` is 0',
    ],
    [
      { strategy: { type: 'Recreate', rollingUpdate: {} } },
      "spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'",
    ],
    [
      { minReadySeconds: 600 },
      'spec.progressDeadlineSeconds: Invalid value: 600: must be greater than minReadySeconds',
    ],
    [
      { template: { ...template(), spec: { ...template().spec, restartPolicy: 'Never' } } },
      'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
    ],
    [{ template: { metadata: { labels: { app: 'web' } } } }, 'spec.template.spec.containers: Required value'],
  ])('refuse %o', (spec, want) => {
    expect(errorsOf(spec)).toContain(want)
  })

  it('keep their selector', () => {
    const next = deployment({ selector: { matchLabels: { app: 'other' } } })
    expect(deployments.validateUpdate(next, deployment(), root)).toMatchObject([
      { field: 'spec.selector', message: expect.stringContaining('field is immutable') },
    ])
  })

  it('have a new generation with their spec or annotations, not with labels or status', () => {
    const previous = deployment()
    const moves = (change: object): boolean | undefined =>
      deployments.generation?.({ ...previous, ...change }, previous)
    expect(moves({ spec: { ...previous.spec, replicas: 2 } })).toBe(true)
    expect(moves({ metadata: { ...metadata, annotations: { a: 'b' } } })).toBe(true)
    expect(moves({ metadata: { ...metadata, labels: { a: 'b' } } })).toBe(false)
    expect(moves({ status: { replicas: 1 } })).toBe(false)
  })

  it('scale', () => {
    const made = deployment({ replicas: 3 })
    expect(deployments.scale?.replicas(made)).toBe(3)
    expect(deployments.scale?.selector(made)).toBe('app=web')
    deployments.scale?.setReplicas(made, 0)
    expect(made.spec.replicas).toBe(0)
  })
})

describe('replicaSets', () => {
  it('need a template', () => {
    const made = {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata,
      spec: { selector: { matchLabels: { app: 'web' } } },
      status: { replicas: 0 },
    }
    replicaSets.defaults(made)
    const fields = [...requiredErrors(replicaSets.schema, made, root), ...replicaSets.validate(made, root)]
    expect(fields.map(({ field }) => field)).toEqual(['spec.template.spec.containers', 'spec.template.metadata.labels'])
  })
})

describe('replicationControllers', () => {
  it('take selector and labels from their template', () => {
    const made: ReplicationController = {
      apiVersion: 'v1',
      kind: 'ReplicationController',
      metadata: { ...metadata },
      spec: { template: template() },
      status: { replicas: 0 },
    }
    replicationControllers.defaults(made)
    expect(made.spec).toMatchObject({ replicas: 1, selector: { app: 'web' } })
    expect(made.metadata.labels).toEqual({ app: 'web' })
    expect(replicationControllers.validate(made, root)).toEqual([])
    expect(replicationControllers.defaultDeletion).toBe('Orphan')
  })
})

const secret = (fields: Partial<Secret>): Secret => {
  const made: Secret = { apiVersion: 'v1', kind: 'Secret', metadata, ...fields }
  secrets.defaults(made)
  return made
}

describe('secrets', () => {
  it('hold texts as base64 of their UTF-8, over what data says', () => {
    const stringData = parseJson('{"a":"ü","__proto__":"p"}') as Record<string, string>
    const made = secret({ data: { a: 'eA==', b: 'eQ==' }, stringData })
    expect(made).not.toHaveProperty('stringData')
    expect(Object.entries(made.data ?? {})).toEqual([
      ['a', 'w7w='],
      ['b', 'eQ=='],
      ['__proto__', 'cA=='],
    ])
    expect(made.type).toBe('Opaque')
  })

  it.each<[Partial<Secret>, string]>([
    [{ type: 'kubernetes.io/tls', data: { 'tls.crt': '' } }, 'data[tls.key]'],
    [{ type: 'kubernetes.io/dockerconfigjson' }, 'data[.dockerconfigjson]'],
    [{ type: 'kubernetes.io/dockerconfigjson', data: { '.dockerconfigjson': 'eA==' } }, 'data[.dockerconfigjson]'],
    [{ type: 'kubernetes.io/basic-auth' }, 'data[username]'],
    [{ type: 'kubernetes.io/service-account-token' }, 'metadata.annotations[kubernetes.io/service-account.name]'],
    [{ data: { 'a b': '' } }, 'data[a b]'],
    [{ data: { a: 'A'.repeat(1_500_000) } }, 'data'],
  ])('refuse %o', (fields, field) => {
    expect(secrets.validate(secret(fields), root).map((error) => error.field)).toContain(field)
  })

  it('keep their type, and when immutable their data', () => {
    const previous = secret({ data: { a: '' }, immutable: true })
    const next = secret({ type: 'other', data: {} })
    expect(secrets.validateUpdate(next, previous, root).map(({ field }) => field)).toEqual([
      'type',
      'immutable',
      'data',
    ])
  })
})

describe('configMaps', () => {
  it('hold a mebibyte, in bytes', () => {
    const sized = (text: string) =>
      configMaps.validate({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { a: text } }, root)
    expect(sized('a'.repeat(1024 * 1024))).toEqual([])
    expect(sized('ü'.repeat(600 * 1024))).toMatchObject([{ reason: 'FieldValueTooLong' }])
  })
})

describe('namespaces', () => {
  it('begin active, held by kubernetes, and bear their name as a label', () => {
    const made = { apiVersion: 'v1', kind: 'Namespace', metadata: { ...metadata, name: 'x' }, spec: {}, status: {} }
    namespaces.defaults(made)
    namespaces.prepareForCreate(made, { now: 0 })
    expect(made).toMatchObject({
      metadata: { labels: { 'kubernetes.io/metadata.name': 'x' } },
      spec: { finalizers: ['kubernetes'] },
      status: { phase: 'Active' },
    })
  })
})
