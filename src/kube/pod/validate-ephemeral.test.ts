import { describe, expect, it } from 'vitest'
import { root } from '../field.ts'
import { clone } from '../json.ts'
import { deployments } from '../resources/apps/deployment.ts'
import { pods } from '../resources/core/pod.ts'
import type { Deployment, Pod } from '../types.ts'

type Ephemeral = NonNullable<Pod['spec']['ephemeralContainers']>[number]

function podWith(ephemeralContainers: Ephemeral[] = [], annotations?: Record<string, string>): Pod {
  const made: Pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: 'web',
      namespace: 'n',
      uid: 'u',
      resourceVersion: '1',
      creationTimestamp: '2026-01-01T00:00:00Z',
      ...(annotations ? { annotations } : {}),
    },
    spec: {
      initContainers: [{ name: 'init', image: 'init:1' }],
      containers: [{ name: 'main', image: 'main:1' }],
      volumes: [{ name: 'data', emptyDir: {} }],
      ephemeralContainers,
    },
    status: {},
  }
  pods.defaults(made)
  return made
}

const debug = (fields: Partial<Ephemeral> = {}): Ephemeral => ({ name: 'debug', image: 'tools:1', ...fields })

const texts = (errors: readonly { field: string; message: string }[]) =>
  errors.map(({ field, message }) => `${field}: ${message}`)

function added(container: Ephemeral): string[] {
  const [next, previous] = [podWith([container]), podWith()]
  return texts([...pods.validate(next, root, previous), ...pods.validateEphemeralContainers(next, previous, root)])
}

describe('ephemeral containers', () => {
  it.each<[string, Partial<Ephemeral>]>([
    ['with nothing but an image', {}],
    ['that look into a container', { targetContainerName: 'main' }],
    ['that look into an init container', { targetContainerName: 'init' }],
    ['with a terminal', { stdin: true, stdinOnce: true, tty: true, command: ['sh'] }],
    ['with a volume', { volumeMounts: [{ name: 'data', mountPath: '/data' }] }],
    ['with a security context', { securityContext: { privileged: true } }],
    ['with resources that say nothing', { resources: {} }],
  ])('may be added: %s', (_, fields) => {
    expect(added(debug(fields))).toEqual([])
  })

  const FORBIDDEN = 'Forbidden: cannot be set for an Ephemeral Container'
  it.each<[Partial<Ephemeral>, string]>([
    [{ ports: [{ containerPort: 80 }] }, `ports: ${FORBIDDEN}`],
    [{ resources: { requests: { cpu: '1' } } }, `resources: ${FORBIDDEN}`],
    [{ resizePolicy: [{ resourceName: 'cpu', restartPolicy: 'NotRequired' }] }, `resizePolicy: ${FORBIDDEN}`],
    [{ restartPolicy: 'Always' }, `restartPolicy: ${FORBIDDEN}`],
    [{ livenessProbe: { exec: { command: ['x'] } } }, `livenessProbe: ${FORBIDDEN}`],
    [{ readinessProbe: { exec: { command: ['x'] } } }, `readinessProbe: ${FORBIDDEN}`],
    [{ startupProbe: { exec: { command: ['x'] } } }, `startupProbe: ${FORBIDDEN}`],
    [{ lifecycle: { preStop: { exec: { command: ['x'] } } } }, `lifecycle: ${FORBIDDEN}`],
    [{ volumeMounts: [{ name: 'data', mountPath: '/data', subPath: 'a' }] }, `volumeMounts[0].subPath: ${FORBIDDEN}`],
    [
      { volumeMounts: [{ name: 'data', mountPath: '/data', subPathExpr: '$(A)' }] },
      `volumeMounts[0].subPathExpr: ${FORBIDDEN}`,
    ],
    [{ volumeMounts: [{ name: 'none', mountPath: '/data' }] }, 'volumeMounts[0].name: Not found: "none"'],
    [{ targetContainerName: 'other' }, 'targetContainerName: Not found: "other"'],
    [{ targetContainerName: 'debug' }, 'targetContainerName: Not found: "debug"'],
    [{ name: 'main' }, 'name: Duplicate value: "main"'],
    [{ name: 'init' }, 'name: Duplicate value: "init"'],
    [{ image: '' }, 'image: Required value'],
  ])('are refused: %j', (fields, want) => {
    expect(added(debug(fields))).toEqual([`spec.ephemeralContainers[0].${want}`])
  })

  it('stand once they are added, in whatever order they are sent', () => {
    const previous = podWith([debug(), debug({ name: 'other' })])
    const refusals = (containers: Ephemeral[]) =>
      texts(pods.validateEphemeralContainers(podWith(containers), previous, root))
    expect(refusals([debug({ name: 'third' }), debug({ name: 'other' }), debug()])).toEqual([])
    expect(refusals([debug()])).toEqual([
      'spec.ephemeralContainers: Forbidden: existing ephemeral containers "other" may not be removed\n',
    ])
    expect(refusals([debug({ image: 'tools:2' }), debug({ name: 'other' })])).toEqual([
      'spec.ephemeralContainers: Forbidden: existing ephemeral containers "debug" may not be changed\n',
    ])
  })

  it('are not for what stands for a static Pod', () => {
    const mirror = { 'kubernetes.io/config.mirror': 'x' }
    const errors = pods.validateEphemeralContainers(podWith([debug()], mirror), podWith([], mirror), root)
    expect(texts(errors)).toEqual([': Forbidden: static pods do not support ephemeral containers'])
  })

  it('come by their subresource only: no Pod is created with them, and no update brings or takes them', () => {
    expect(texts(pods.validate(podWith([debug()]), root))).toEqual([
      'spec.ephemeralContainers: Forbidden: cannot be set on create',
    ])
    const refusal = expect.stringMatching(/^spec: Forbidden: pod updates may not change fields other than/)
    expect(texts(pods.validateUpdate(podWith([debug()]), podWith(), root))).toEqual([refusal])
    expect(texts(pods.validateUpdate(podWith(), podWith([debug()]), root))).toEqual([refusal])
    const same = podWith([debug()])
    expect(texts([...pods.validate(same, root, same), ...pods.validateUpdate(clone(same), same, root)])).toEqual([])
  })

  it('are in no template', () => {
    const { metadata, spec } = podWith([debug()])
    const deployment = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata,
      spec: { selector: { matchLabels: { app: 'web' } }, template: { metadata: { labels: { app: 'web' } }, spec } },
      status: {},
    } as Deployment
    expect(texts(deployments.validate(deployment, root))).toEqual([
      'spec.template.spec.ephemeralContainers: Forbidden: ephemeral containers not allowed in pod template',
    ])
  })
})
