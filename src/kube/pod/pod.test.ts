import { describe, expect, it } from 'vitest'
import { root } from '../field.ts'
import { clone } from '../json.ts'
import { pods } from '../resources/core/pod.ts'
import { requiredErrors } from '../schema/required.ts'
import type { Pod } from '../types.ts'

type Spec = Pod['spec']
type Container = Spec['containers'][number]

function pod(spec: Partial<Spec> = {}): Pod {
  const made: Pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: 'web',
      namespace: 'n',
      uid: 'u',
      resourceVersion: '1',
      creationTimestamp: '2026-01-01T00:00:00Z',
    },
    spec: { containers: [{ name: 'c', image: 'nginx' }], ...spec },
    status: {},
  }
  pods.defaults(made)
  pods.prepareForCreate(made, { now: 0 })
  return made
}

const withContainer = (fields: Partial<Container>): Partial<Spec> => ({
  containers: [{ name: 'c', image: 'nginx', ...fields }],
})

const errorsOf = (spec: Partial<Spec>): string[] => {
  const made = pod(spec)
  const errors = [...requiredErrors(pods.schema, made, root), ...pods.validate(made, root)]
  return errors.map(({ field, message }) => `${field}: ${message}`)
}

describe('defaults of Pods', () => {
  it('are those of Kubernetes', () => {
    const made = pod(
      withContainer({
        image: 'nginx:1.27',
        ports: [{ containerPort: 80 }],
        resources: { limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '500m' } },
        readinessProbe: { httpGet: { port: 80 } },
      }),
    )
    expect(made.status).toEqual({ phase: 'Pending', qosClass: 'Burstable' })
    expect(made.spec).toEqual({
      restartPolicy: 'Always',
      terminationGracePeriodSeconds: 30,
      dnsPolicy: 'ClusterFirst',
      securityContext: {},
      schedulerName: 'default-scheduler',
      enableServiceLinks: true,
      containers: [
        {
          name: 'c',
          image: 'nginx:1.27',
          imagePullPolicy: 'IfNotPresent',
          terminationMessagePath: '/dev/termination-log',
          terminationMessagePolicy: 'File',
          ports: [{ containerPort: 80, protocol: 'TCP' }],
          resources: { limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '500m', memory: '1Gi' } },
          readinessProbe: {
            httpGet: { port: 80, path: '/', scheme: 'HTTP' },
            timeoutSeconds: 1,
            periodSeconds: 10,
            successThreshold: 1,
            failureThreshold: 3,
          },
        },
      ],
    })
  })

  it.each([
    ['nginx', 'Always'],
    ['nginx:latest', 'Always'],
    ['nginx:1', 'IfNotPresent'],
    ['host:5000/nginx', 'Always'],
    ['host:5000/nginx:1', 'IfNotPresent'],
    ['nginx@sha256:0', 'IfNotPresent'],
  ])('pull %s %s', (image, want) => {
    expect(pod(withContainer({ image })).spec.containers[0]?.imagePullPolicy).toBe(want)
  })

  it.each([
    [{}, 'BestEffort'],
    [{ limits: { cpu: '1', memory: '1Gi' } }, 'Guaranteed'],
    [{ requests: { cpu: '1' } }, 'Burstable'],
    [{ limits: { cpu: '1' } }, 'Burstable'],
  ])('with resources %o are of class %s', (resources, want) => {
    expect(pod(withContainer({ resources })).status.qosClass).toBe(want)
  })
})

describe('a Pod', () => {
  it('of one container is right', () => expect(errorsOf({})).toEqual([]))

  it.each<[Partial<Spec>, string]>([
    [{ containers: [] }, 'spec.containers: Required value'],
    [{ containers: [{ image: 'x' } as Container] }, 'spec.containers[0].name: Required value'],
    [withContainer({ image: '' }), 'spec.containers[0].image: Required value'],
    [
      {
        containers: [
          { name: 'a', image: 'x' },
          { name: 'a', image: 'x' },
        ],
      },
      'spec.containers[1].name: Duplicate value: "a"',
    ],
    [{ initContainers: [{ name: 'c', image: 'x' }] }, 'spec.initContainers[0].name: Duplicate value: "c"'],
    [
      withContainer({ ports: [{ containerPort: 70_000 }] }),
      'spec.containers[0].ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive',
    ],
    [
      withContainer({ env: [{ name: 'A=B' }] }),
      'spec.containers[0].env[0].name: Invalid value: "A=B": a valid environment variable name must consist only of printable ASCII characters other than \'=\'',
    ],
    [
      withContainer({ volumeMounts: [{ name: 'v', mountPath: '/v' }] }),
      'spec.containers[0].volumeMounts[0].name: Not found: "v"',
    ],
    [
      { volumes: [{ name: 'v', emptyDir: {}, hostPath: { path: '/x' } }] },
      'spec.volumes[0].hostPath: Forbidden: may not specify more than 1 volume type',
    ],
    [
      withContainer({ resources: { requests: { cpu: '2' }, limits: { cpu: '1' } } }),
      'spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1',
    ],
    [
      { restartPolicy: 'Sometimes' as 'Always' },
      'spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "Never", "OnFailure"',
    ],
    [
      withContainer({ livenessProbe: {} }),
      'spec.containers[0].livenessProbe: Required value: must specify a handler type',
    ],
    [
      withContainer({ restartPolicy: 'Always' }),
      'spec.containers[0].restartPolicy: Forbidden: may not be set for non-init containers',
    ],
    [
      { tolerations: [{ key: '', operator: 'Equal' }] },
      'spec.tolerations[0].operator: Invalid value: "Equal": operator must be Exists when `key` is empty, which means "match all values and all keys"',
    ],
  ])('%o is refused', (spec, want) => {
    expect(errorsOf(spec)).toContain(want)
  })

  it('without a spec is refused for the containers it lacks', () => {
    const made = pod()
    delete (made as Partial<Pod>).spec
    pods.defaults(made)
    expect(requiredErrors(pods.schema, made, root)).toMatchObject([{ field: 'spec.containers' }])
  })
})

describe('an update of a Pod', () => {
  type Change = (spec: Spec) => void
  const updated = (change: Change, former: Change = () => undefined): string[] => {
    const previous = pod()
    former(previous.spec)
    const next = clone(previous)
    change(next.spec)
    return pods.validateUpdate(next, previous, root).map(({ field, message }) => `${field}: ${message}`)
  }
  const gated: Change = (spec) => {
    spec.schedulingGates = [{ name: 'a' }]
    spec.nodeSelector = { a: 'b' }
  }
  const near =
    (...keys: string[]): Change =>
    (spec) => {
      const matchExpressions = keys.map((key) => ({ key, operator: 'Exists' as const }))
      spec.affinity = {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions }] },
        },
      }
    }

  it.each<{ what: string; change: Change; former?: Change }>([
    { what: 'its images', change: ({ containers }) => Object.assign(containers[0] ?? {}, { image: 'other' }) },
    { what: 'that it has a deadline', change: (spec) => Object.assign(spec, { activeDeadlineSeconds: 5 }) },
    {
      what: 'to a deadline that is nearer',
      former: (spec) => Object.assign(spec, { activeDeadlineSeconds: 9 }),
      change: (spec) => Object.assign(spec, { activeDeadlineSeconds: 5 }),
    },
    { what: 'to more tolerations', change: (spec) => Object.assign(spec, { tolerations: [{ operator: 'Exists' }] }) },
    {
      what: 'how long a toleration lasts',
      former: (spec) => Object.assign(spec, { tolerations: [{ operator: 'Exists', tolerationSeconds: 5 }] }),
      change: (spec) => Object.assign(spec, { tolerations: [{ operator: 'Exists', tolerationSeconds: 9 }] }),
    },
    { what: 'to fewer gates', former: gated, change: (spec) => Object.assign(spec, { schedulingGates: [] }) },
    {
      what: 'to a narrower selector, while it is gated',
      former: gated,
      change: ({ nodeSelector }) => Object.assign(nodeSelector ?? {}, { c: 'd' }),
    },
    { what: 'to an affinity, while it is gated', former: gated, change: near('a') },
    {
      what: 'to a narrower affinity, while it is gated',
      former: (spec) => {
        gated(spec)
        near('a')(spec)
      },
      change: near('a', 'b'),
    },
    {
      what: 'from a negative grace to a second',
      former: (spec) => Object.assign(spec, { terminationGracePeriodSeconds: -5 }),
      change: (spec) => Object.assign(spec, { terminationGracePeriodSeconds: 1 }),
    },
  ])('may change $what', ({ change, former }) => expect(updated(change, former)).toEqual([]))

  const OTHERS = expect.stringMatching(/^spec: Forbidden: pod updates may not change fields other than/)

  it.each<{ what: string; change: Change; former?: Change; want: unknown }>([
    { what: 'its node', change: (spec) => Object.assign(spec, { nodeName: 'n' }), want: OTHERS },
    { what: 'its grace', change: (spec) => Object.assign(spec, { terminationGracePeriodSeconds: 1 }), want: OTHERS },
    { what: 'its affinity, once it is not gated', change: near('a'), want: OTHERS },
    {
      what: 'its containers',
      change: ({ containers }) => containers.push({ name: 'd', image: 'x' }),
      want: 'spec.containers: Forbidden: pod updates may not add or remove containers',
    },
    {
      what: 'its init containers',
      change: (spec) => Object.assign(spec, { initContainers: [{ name: 'd', image: 'x' }] }),
      want: 'spec.initContainers: Forbidden: pod updates may not add or remove containers',
    },
    {
      what: 'to a later deadline',
      former: (spec) => Object.assign(spec, { activeDeadlineSeconds: 5 }),
      change: (spec) => Object.assign(spec, { activeDeadlineSeconds: 9 }),
      want: 'spec.activeDeadlineSeconds: Invalid value: 9: must be less than or equal to previous value',
    },
    {
      what: 'to no deadline',
      former: (spec) => Object.assign(spec, { activeDeadlineSeconds: 5 }),
      change: (spec) => Object.assign(spec, { activeDeadlineSeconds: undefined }),
      want: 'spec.activeDeadlineSeconds: Invalid value: null: must not update from a positive integer to nil value',
    },
    {
      what: 'to more gates',
      change: gated,
      want: "spec.schedulingGates[0].name: Forbidden: only deletion is allowed, but found new scheduling gate 'a'",
    },
    {
      what: 'to a wider selector',
      former: gated,
      change: (spec) => Object.assign(spec, { nodeSelector: {} }),
      want: 'spec.nodeSelector: Invalid value: {}: only additions to spec.nodeSelector are allowed (no mutations or deletions)',
    },
    {
      what: 'to another affinity',
      former: (spec) => {
        gated(spec)
        near('a')(spec)
      },
      change: near('b'),
      want: expect.stringMatching(/nodeSelectorTerms\[0\]: Invalid value: .*: only additions are allowed/),
    },
  ])('may not change $what', ({ change, former, want }) => expect(updated(change, former)).toContainEqual(want))
})

describe('the grace of a Pod', () => {
  it.each([
    [{}, {}, 0],
    [{ nodeName: 'a' }, {}, 30],
    [{ nodeName: 'a', terminationGracePeriodSeconds: 5 }, {}, 5],
    [{ nodeName: 'a', terminationGracePeriodSeconds: -5 }, {}, 1],
    [{ nodeName: 'a' }, { phase: 'Succeeded' as const }, 0],
  ])('with %o %o is %s s', (spec, status, want) => {
    expect(pods.gracePeriod?.({ ...pod(spec), status })).toBe(want)
  })
})
