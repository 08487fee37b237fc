import { describe, expect, it } from 'vitest'
import { StatusError } from '../errors.ts'
import type { KubeObject } from '../object.ts'
import { applied } from './apply.ts'
import type { Entry } from './entries.ts'
import { by, deployment, entry, NOW, read, THEN, template, textOfEntries } from './testing.ts'

const OTHER = { operation: 'Apply' } as const

interface Step {
  readonly live?: KubeObject
  readonly config: KubeObject
  readonly manager?: string
  readonly force?: boolean
  readonly subresource?: string
}

function apply({ live, config, manager = 'me', force = false, subresource }: Step) {
  const { part, managedFields } = applied({
    ...by(manager, { operation: 'Apply', subresource }),
    live,
    config,
    force,
  })
  return {
    part: part as { spec?: Record<string, unknown>; metadata: KubeObject['metadata'] },
    entries: read(managedFields),
  }
}

/** The object that an apply makes, to be applied to again. */
function made(step: Step): KubeObject {
  const { part, entries } = apply(step)
  return deployment(part.spec ?? {}, part.metadata, textOfEntries(...entries))
}

const refusal = (step: Step): StatusError => {
  try {
    apply(step)
  } catch (error) {
    if (error instanceof StatusError) return error
  }
  throw new Error('not refused')
}

const managers = (entries: readonly Entry[]) => entries.map(({ manager, operation }) => `${manager} ${operation}`)
const replicas = { 'f:spec': { 'f:replicas': {} } }

describe('an apply', () => {
  it('creates, and owns just what it says', () => {
    const { part, entries } = apply({ config: deployment(template({ name: 'c', ports: [{ containerPort: 80 }] })) })
    expect(part.spec).toEqual(template({ name: 'c', ports: [{ containerPort: 80 }] }))
    const port = { 'k:{"containerPort":80,"protocol":"TCP"}': { '.': {}, 'f:containerPort': {} } }
    const container = { 'k:{"name":"c"}': { '.': {}, 'f:name': {}, 'f:ports': port } }
    expect(entries).toEqual([
      entry('me', { 'f:spec': { 'f:template': { 'f:spec': { 'f:containers': container } } } }, { ...OTHER, time: NOW }),
    ])
  })

  it('again changes nothing, its time included', () => {
    const config = deployment({ replicas: 2 }, { labels: { a: 'b' } })
    const live = deployment(
      { replicas: 2, paused: true },
      { labels: { a: 'b' } },
      textOfEntries(entry('me', { 'f:metadata': { 'f:labels': { 'f:a': {} } }, ...replicas }, OTHER)),
    )
    const { part, entries } = apply({ live, config })
    expect(part.spec).toEqual({ replicas: 2, paused: true })
    expect(entries).toEqual(read(live.metadata.managedFields as never))
  })

  it('takes away what it has and says no more, and leaves what others own or nobody does', () => {
    const labels = { mine: '1', shared: '2', theirs: '3', nobodys: '4' }
    const live = deployment(
      { replicas: 1, ...template({ name: 'a' }, { name: 'b' }) },
      { labels },
      textOfEntries(
        entry(
          'me',
          {
            'f:metadata': { 'f:labels': { 'f:mine': {}, 'f:shared': {} } },
            'f:spec': {
              'f:replicas': {},
              'f:template': { 'f:spec': { 'f:containers': { 'k:{"name":"a"}': { '.': {}, 'f:name': {} } } } },
            },
          },
          OTHER,
        ),
        entry('other', {
          'f:metadata': { 'f:labels': { 'f:shared': {}, 'f:theirs': {} } },
          'f:spec': { 'f:template': { 'f:spec': { 'f:containers': { 'k:{"name":"b"}': { '.': {}, 'f:name': {} } } } } },
        }),
      ),
    )
    const { part, entries } = apply({ live, config: deployment({}) })
    expect(part.metadata.labels).toEqual({ shared: '2', theirs: '3', nobodys: '4' })
    expect(part.spec).toEqual(template({ name: 'b' }))
    expect(managers(entries)).toEqual(['me Apply', 'other Update'])
    expect(entries[0]?.fieldsV1).toEqual({ 'f:spec': {} })
  })

  it('takes a struct away when nobody owns anything in it, with what was only filled in', () => {
    const live = deployment(
      { replicas: 1, strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 1 } } },
      {},
      textOfEntries(
        entry(
          'me',
          { 'f:spec': { 'f:replicas': {}, 'f:strategy': { 'f:rollingUpdate': { 'f:maxSurge': {} } } } },
          OTHER,
        ),
      ),
    )
    expect(apply({ live, config: deployment({ replicas: 1 }) }).part.spec).toEqual({ replicas: 1 })
  })

  it('shares what it says as it is, and neither then changes it alone', () => {
    const first = made({ config: deployment({ replicas: 1 }), manager: 'a' })
    const shared = made({ live: first, config: deployment({ replicas: 1 }), manager: 'b' })
    expect(managers(read(shared.metadata.managedFields as never))).toEqual(['a Apply', 'b Apply'])
    expect(refusal({ live: shared, config: deployment({ replicas: 2 }), manager: 'a' }).message).toBe(
      'Apply failed with 1 conflict: conflict with "b": .spec.replicas',
    )
  })

  it('is refused where an updater owns otherwise, and takes it by force', () => {
    const live = deployment({ replicas: 3 }, {}, textOfEntries(entry('scaler', replicas, { subresource: 'scale' })))
    const config = deployment({ replicas: 1 })
    expect(refusal({ live, config })).toMatchObject({
      code: 409,
      reason: 'Conflict',
      message:
        'Apply failed with 1 conflict: conflict with "scaler" with subresource "scale" using apps/v1: .spec.replicas',
      details: {
        causes: [
          {
            reason: 'FieldManagerConflict',
            message: 'conflict with "scaler" with subresource "scale" using apps/v1',
            field: '.spec.replicas',
          },
        ],
      },
    })
    const { part, entries } = apply({ live, config, force: true })
    expect(part.spec).toEqual(config['spec' as never])
    expect(entries).toEqual([entry('me', replicas, { ...OTHER, time: NOW })])
  })

  it('names every field and manager of several conflicts', () => {
    const image = { 'f:template': { 'f:spec': { 'f:containers': { 'k:{"name":"c"}': { 'f:image': {} } } } } }
    const live = deployment(
      { replicas: 3, paused: true, ...template({ name: 'c', image: 'a' }) },
      {},
      textOfEntries(
        entry('b', { 'f:spec': { 'f:paused': {}, ...image } }, OTHER),
        entry('a', { 'f:spec': { 'f:replicas': {} } }),
      ),
    )
    const config = deployment({ replicas: 1, paused: false, ...template({ name: 'c', image: 'b' }) })
    expect(refusal({ live, config }).message).toBe(
      [
        'Apply failed with 3 conflicts: conflicts with "a" using apps/v1:',
        '- .spec.replicas',
        'conflicts with "b":',
        '- .spec.paused',
        '- .spec.template.spec.containers[name="c"].image',
      ].join('\n'),
    )
  })

  it('of an object without managed fields finds all of it owned', () => {
    const live = deployment({ replicas: 3, paused: true })
    expect(refusal({ live, config: deployment({ replicas: 1 }) }).message).toBe(
      'Apply failed with 1 conflict: conflict with "before-first-apply" using apps/v1: .spec.replicas',
    )
    const { entries } = apply({ live, config: deployment({ replicas: 3 }) })
    expect(managers(entries)).toEqual(['me Apply', 'before-first-apply Update'])
  })

  it("takes what kubectl itself applied from the client's side, but not what changed since", () => {
    const last = JSON.stringify({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: {}, spec: { replicas: 3 } })
    const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': last }
    const live = (count: number) =>
      deployment({ replicas: count }, { annotations }, textOfEntries(entry('kubectl-client-side-apply', replicas)))
    const config = deployment({ replicas: 1 })
    const { part, entries } = apply({ live: live(3), config, manager: 'kubectl' })
    expect(managers(entries)).toEqual(['kubectl Apply'])
    const annotation = part.metadata.annotations?.['kubectl.kubernetes.io/last-applied-configuration'] ?? ''
    expect(JSON.parse(annotation).spec).toEqual({ replicas: 1 })
    expect(refusal({ live: live(3), config, manager: 'other' }).code).toBe(409)
    expect(refusal({ live: live(4), config, manager: 'kubectl' }).code).toBe(409)
  })

  it.each<{ live: string[]; config: string[]; want: string[] }>([
    { live: ['a', 'b', 'c'], config: ['c', 'x', 'a'], want: ['b', 'c', 'x', 'a'] },
    { live: ['a', 'b'], config: ['x', 'a'], want: ['x', 'a', 'b'] },
    { live: ['a', 'b'], config: ['y'], want: ['a', 'b', 'y'] },
    { live: ['1', 'a', '2', 'b', '3'], config: ['a', 'b'], want: ['1', 'a', '2', 'b', '3'] },
  ])('orders $live with $config as $want', ({ live, config, want }) => {
    const containers = (names: string[]) => deployment(template(...names.map((name) => ({ name }))))
    const step = { live: containers(live), config: containers(config), force: true }
    expect(apply(step).part.spec).toEqual(template(...want.map((name) => ({ name }))))
  })

  it('keeps the time of an entry of which nothing moved', () => {
    const live = deployment({ replicas: 1 }, {}, textOfEntries(entry('me', replicas, OTHER), entry('x', { 'f:y': {} })))
    expect(apply({ live, config: deployment({ replicas: 2 }) }).entries.map(({ time }) => time)).toEqual([NOW, THEN])
  })
})
