/** What may change of a kind once it is made, where that is more than a field or two. */
import { describe, expect, it } from 'vitest'
import { statefulSets } from './apps/stateful-set.ts'
import { jobs } from './batch/job.ts'
import { persistentVolumes } from './core/persistent-volume.ts'
import { persistentVolumeClaims } from './core/persistent-volume-claim.ts'
import { updateRefusals } from './testing.ts'

const template = (spec: object = {}, labels: object = { app: 'a' }) => ({
  metadata: { labels },
  spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'main:1' }], ...spec },
})
const selector = { matchLabels: { app: 'a' } }
const IMMUTABLE = /field is immutable$/

describe('a Job, once made', () => {
  const job = (spec: object = {}, status: object = {}) => ({
    spec: { selector, completions: 3, parallelism: 2, template: template(), ...spec },
    status,
  })
  const indexed = (completions: number, parallelism: number) =>
    job({ completionMode: 'Indexed', completions, parallelism })
  const placed = template({ nodeSelector: { disk: 'fast' } }, { app: 'a', queue: 'b' })

  it.each([
    { what: 'how many Pods run at once', from: job(), to: job({ parallelism: 5 }) },
    { what: 'whether it rests', from: job(), to: job({ suspend: true }) },
    { what: 'its deadlines', from: job(), to: job({ activeDeadlineSeconds: 60, ttlSecondsAfterFinished: 5 }) },
    { what: 'how many indexes it has, with its parallelism', from: indexed(3, 3), to: indexed(5, 5) },
    { what: 'where its Pods go, before any has', from: job({ suspend: true }), to: job({ template: placed }) },
  ])('may change $what', ({ from, to }) => expect(updateRefusals(jobs, from, to)).toEqual([]))

  it.each([
    { what: 'what it selects', to: job({ selector: { matchLabels: { app: 'b' } } }), field: 'spec.selector' },
    { what: 'how many Pods must end well', to: job({ completions: 4 }), field: 'spec.completions' },
    { what: 'how they are counted', to: job({ completionMode: 'Indexed' }), field: 'spec.completionMode' },
    { what: 'who runs it', to: job({ managedBy: 'example.com/other' }), field: 'spec.managedBy' },
    { what: 'what its Pods run', to: job({ template: template({ hostname: 'b' }) }), field: 'spec.template' },
    { what: 'where its Pods go', to: job({ template: placed }), field: 'spec.template' },
    {
      what: 'what failures mean',
      to: job({ podFailurePolicy: { rules: [{ action: 'Ignore', onPodConditions: [{ type: 'A' }] }] } }),
      field: 'spec.podFailurePolicy',
    },
  ])('may not change $what', ({ to, field }) => {
    const refused = updateRefusals(jobs, job(), to)
    expect(refused.map((text) => text.slice(0, text.indexOf(':')))).toContain(field)
    expect(refused.every((text) => IMMUTABLE.test(text))).toBe(true)
  })

  it('has as many indexes as it runs at once, if they change', () =>
    expect(updateRefusals(jobs, indexed(3, 3), indexed(5, 3))).toEqual([
      'spec.completions: Invalid value: 5: can only be modified in tandem with spec.parallelism',
    ]))

  it('stays where it went, though it rests', () =>
    expect(
      updateRefusals(
        jobs,
        job({ suspend: true }, { startTime: '2026-01-01T00:00:00Z' }),
        job({ suspend: true, template: placed }),
      ),
    ).toEqual([expect.stringMatching(/^spec\.template: .*field is immutable$/)]))

  it('runs what it ran, though it rests and never began', () =>
    expect(
      updateRefusals(jobs, job({ suspend: true }), job({ suspend: true, template: template({ hostname: 'b' }) })),
    ).toHaveLength(1))
})

describe('a PersistentVolumeClaim, once made', () => {
  const claim = (spec: object = {}, status: object = { phase: 'Pending' }) => ({
    spec: {
      accessModes: ['ReadWriteOnce'],
      storageClassName: 'fast',
      resources: { requests: { storage: '2Gi' } },
      ...spec,
    },
    status,
  })
  const bound = (storage: string, capacity = '1Gi', spec: object = {}) =>
    claim(
      { volumeName: 'v', resources: { requests: { storage } }, ...spec },
      { phase: 'Bound', capacity: { storage: capacity } },
    )

  it.each([
    { what: 'gets its volume', from: claim(), to: claim({ volumeName: 'v' }) },
    { what: 'gets the class that it lacked', from: claim({ storageClassName: undefined }), to: claim() },
    { what: 'grows when it is bound', from: bound('2Gi'), to: bound('3Gi') },
    { what: 'takes back what it did not get', from: bound('3Gi'), to: bound('2Gi') },
    {
      what: 'changes its attributes when it is bound',
      from: bound('2Gi'),
      to: bound('2Gi', '1Gi', { volumeAttributesClassName: 'gold' }),
    },
  ])('$what', ({ from, to }) => expect(updateRefusals(persistentVolumeClaims, from, to)).toEqual([]))

  it.each([
    { what: 'other modes', from: claim(), to: claim({ accessModes: ['ReadOnlyMany'] }) },
    { what: 'another class', from: claim(), to: claim({ storageClassName: 'slow' }) },
    { what: 'more before it is bound', from: claim(), to: claim({ resources: { requests: { storage: '3Gi' } } }) },
    { what: 'another volume', from: bound('2Gi'), to: bound('2Gi', '1Gi', { volumeName: 'w' }) },
  ])('does not get $what', ({ from, to }) =>
    expect(updateRefusals(persistentVolumeClaims, from, to)).toEqual([
      'spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims',
    ]),
  )

  it('never asks for less than it has', () =>
    expect(updateRefusals(persistentVolumeClaims, bound('3Gi', '2Gi'), bound('1Gi', '2Gi'))).toEqual([
      'spec.resources.requests.storage: Forbidden: field can not be less than status.capacity',
    ]))
})

describe('a PersistentVolume, once made', () => {
  const volume = (spec: object = {}) => ({
    spec: { accessModes: ['ReadWriteOnce'], capacity: { storage: '1Gi' }, nfs: { server: 'a', path: '/b' }, ...spec },
  })
  const near = (host: string) => ({
    required: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'host', operator: 'In', values: [host] }] }] },
  })

  it.each([
    { what: 'how much it holds', to: volume({ capacity: { storage: '2Gi' } }) },
    { what: 'whose it is', to: volume({ claimRef: { namespace: 'a', name: 'b' } }) },
    { what: 'what becomes of it', to: volume({ persistentVolumeReclaimPolicy: 'Delete' }) },
    { what: 'which nodes reach it, if nobody said', to: volume({ nodeAffinity: near('a') }) },
  ])('may change $what', ({ to }) => expect(updateRefusals(persistentVolumes, volume(), to)).toEqual([]))

  it.each([
    {
      what: 'where it is',
      from: volume(),
      to: volume({ nfs: { server: 'c', path: '/b' } }),
      want: 'spec.persistentvolumesource: Forbidden: spec.persistentvolumesource is immutable after creation',
    },
    {
      what: 'what it is',
      from: volume(),
      to: volume({ nfs: undefined, hostPath: { path: '/b' } }),
      want: 'spec.persistentvolumesource: Forbidden: spec.persistentvolumesource is immutable after creation',
    },
    {
      what: 'how it is mounted',
      from: volume(),
      to: volume({ volumeMode: 'Block' }),
      want: 'spec.volumeMode: Invalid value: "Block": field is immutable',
    },
    {
      what: 'which nodes reach it',
      from: volume({ nodeAffinity: near('a') }),
      to: volume({ nodeAffinity: near('b') }),
      want: expect.stringMatching(/^spec\.nodeAffinity: Invalid value: .*: field is immutable, except for updating/),
    },
  ])('may not change $what', ({ from, to, want }) =>
    expect(updateRefusals(persistentVolumes, from, to)).toEqual([want]),
  )
})

describe('a StatefulSet, once made', () => {
  const set = (spec: object = {}) => ({
    spec: { selector, serviceName: 'a', template: template({ restartPolicy: 'Always' }), ...spec },
  })

  it.each([
    { what: 'how many Pods it has', to: set({ replicas: 5 }) },
    { what: 'what its Pods run', to: set({ template: template({ restartPolicy: 'Always', hostname: 'b' }) }) },
    { what: 'how it is updated', to: set({ updateStrategy: { type: 'OnDelete' } }) },
    { what: 'what becomes of claims', to: set({ persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Delete' } }) },
    { what: 'the first ordinal', to: set({ ordinals: { start: 3 } }) },
    { what: 'when a Pod counts', to: set({ minReadySeconds: 5 }) },
  ])('may change $what', ({ to }) => expect(updateRefusals(statefulSets, set(), to)).toEqual([]))

  it.each([
    { what: 'what it selects', to: set({ selector: { matchLabels: { app: 'b' } } }) },
    { what: 'the Service that names its Pods', to: set({ serviceName: 'b' }) },
    { what: 'in what order they come', to: set({ podManagementPolicy: 'Parallel' }) },
    { what: 'how much it remembers (before v1.33)', to: set({ revisionHistoryLimit: 2 }) },
    { what: 'what they claim', to: set({ volumeClaimTemplates: [{ metadata: { name: 'data' }, spec: {} }] }) },
  ])('may not change $what', ({ to }) =>
    expect(updateRefusals(statefulSets, set(), to)).toEqual([
      expect.stringMatching(/^spec: Forbidden: updates to statefulset spec for fields other than .* are forbidden$/),
    ]),
  )
})
