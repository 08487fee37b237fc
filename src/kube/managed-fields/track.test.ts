import { describe, expect, it } from 'vitest'
import type { KubeObject, ObjectMeta } from '../object.ts'
import { by, deployment, entry, NOW, read, template, textOfEntries } from './testing.ts'
import { type Tracking, tracked, trackedNew } from './track.ts'

const update = (former: KubeObject, next: KubeObject, who: Tracking, sent?: ObjectMeta['managedFields']) =>
  read(tracked({ next, former, sent }, who))

describe('a new object', () => {
  it("is its creator's, item by item where items have keys", () => {
    const ports = [{ containerPort: 80, protocol: 'TCP' }]
    const containers = [{ name: 'main', image: 'a', ports, args: ['x'], resources: {} }]
    const labels = { app: 'web' }
    const made = deployment({ replicas: 1, selector: { matchLabels: labels }, ...template(...containers) }, { labels })
    expect(read(trackedNew(made, by('kubectl')))).toEqual([
      entry(
        'kubectl',
        {
          'f:metadata': { 'f:labels': { '.': {}, 'f:app': {} } },
          'f:spec': {
            'f:replicas': {},
            'f:selector': {},
            'f:template': {
              'f:spec': {
                'f:containers': {
                  'k:{"name":"main"}': {
                    '.': {},
                    'f:args': {},
                    'f:image': {},
                    'f:name': {},
                    'f:ports': {
                      '.': {},
                      'k:{"containerPort":80,"protocol":"TCP"}': { '.': {}, 'f:containerPort': {}, 'f:protocol': {} },
                    },
                    'f:resources': {},
                  },
                },
              },
            },
          },
        },
        { time: NOW },
      ),
    ])
  })
})

describe('an update', () => {
  const own = { 'f:spec': { 'f:paused': {}, 'f:replicas': {} } }
  const former = deployment({ replicas: 1, paused: true }, {}, textOfEntries(entry('a', own)))

  it('gives its author what changed, and takes it from the others', () => {
    expect(update(former, deployment({ replicas: 2, paused: true }), by('b'))).toEqual([
      entry('a', { 'f:spec': { 'f:paused': {} } }),
      entry('b', { 'f:spec': { 'f:replicas': {} } }, { time: NOW }),
    ])
  })

  it('takes what is gone from everyone, and moves no time by that', () => {
    expect(update(former, deployment({ replicas: 1 }), by('a'))).toEqual([
      entry('a', { 'f:spec': { 'f:replicas': {} } }),
    ])
    expect(update(former, deployment({}), by('b'))).toEqual([])
  })

  it('of the same manager adds to what it has, and moves the time', () => {
    const labels = { x: 'y' }
    expect(update(former, deployment({ replicas: 1, paused: true }, { labels }), by('a'))).toEqual([
      entry('a', { 'f:metadata': { 'f:labels': { '.': {}, 'f:x': {} } }, ...own }, { time: NOW }),
    ])
  })

  it('through a subresource, or of another version, is another entry', () => {
    const who = by('a', { subresource: 'scale' })
    expect(
      update(former, deployment({ replicas: 2, paused: true }), who).map(({ subresource }) => subresource),
    ).toEqual([undefined, 'scale'])
  })

  it('that changes nothing of its part leaves all as it is', () => {
    const next = { ...former, status: { replicas: 7 } } as KubeObject
    expect(tracked({ next, former, sent: undefined }, by('b'))).toBe(former.metadata.managedFields)
  })

  it('of an object without managed fields gives it none', () => {
    expect(update(deployment({ replicas: 1 }), deployment({ replicas: 2 }), by('a'))).toEqual([])
  })

  it.each<{ sends: string; sent: ObjectMeta['managedFields']; want: unknown }>([
    { sends: 'an empty entry', sent: [{}], want: [] },
    { sends: 'an empty list', sent: [], want: [] },
    { sends: 'what is none', sent: [{ operation: 'Guess' }], want: [entry('a', own)] },
    { sends: 'no fields known', sent: [{ ...entry('z', {}), fieldsV1: { x: {} } }], want: [entry('a', own)] },
    {
      sends: 'another manager',
      sent: [entry('z', own, { operation: 'Apply' })],
      want: [entry('z', own, { operation: 'Apply' })],
    },
  ])('that sends $sends as managed fields', ({ sent, want }) => {
    expect(update(former, deployment({ replicas: 1, paused: true }), by('b'), sent)).toEqual(want)
  })

  it('by ever new managers merges the oldest into one', () => {
    let object = deployment({ replicas: 0 }, {}, textOfEntries(entry('a', { 'f:spec': { 'f:replicas': {} } })))
    for (let index = 0; index < 15; index++) {
      const labels = { ...object.metadata.labels, [`l${index}`]: 'x' }
      const next = deployment({ replicas: 0 }, { labels })
      const time = `2026-01-02T00:00:${String(index).padStart(2, '0')}Z`
      const managedFields = tracked({ next, former: object, sent: undefined }, { ...by(`m${index}`), time })
      object = deployment({ replicas: 0 }, { labels }, managedFields)
    }
    const entries = update(object, object, by('z'))
    expect(entries.map(({ manager }) => manager)).toEqual([
      'ancient-changes',
      ...Array.from({ length: 9 }, (_, index) => `m${index + 6}`),
    ])
    expect(Object.keys(entries[0]?.fieldsV1['f:metadata']?.['f:labels'] ?? {})).toHaveLength(7)
  })

  it('of items that stand twice makes no one the owner of a part', () => {
    const env = (value: string) =>
      template({
        name: 'c',
        env: [
          { name: 'A', value: '1' },
          { name: 'A', value },
        ],
      })
    const twice = deployment(env('2'), {}, textOfEntries(entry('a', { 'f:spec': { 'f:x': {} } })))
    const item = { 'k:{"name":"A"}': {} }
    expect(update(twice, deployment(env('3')), by('b')).at(-1)?.fieldsV1).toEqual({
      'f:spec': { 'f:template': { 'f:spec': { 'f:containers': { 'k:{"name":"c"}': { 'f:env': item } } } } },
    })
  })
})
