import { describe, expect, it } from 'vitest'
import { root } from './field.ts'
import { clone } from './json.ts'
import { objectErrors } from './object-errors.ts'
import { pods } from './resources/core/pod.ts'
import { services } from './resources/core/service.ts'
import { errorsOfUpdate, type Judge } from './standing-errors.ts'
import type { Pod, Service } from './types.ts'

type Change = (pod: Pod) => void

const pod = (change: Change = () => undefined): Pod => {
  const made = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'a', namespace: 'n', uid: 'u', resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' },
    spec: { containers: [{ name: 'c', image: 'x' }] },
    status: {},
  } as Pod
  pods.defaults(made)
  change(made)
  return made
}

const both: Judge<Pod> = (next, previous) => [
  ...objectErrors(pods, next, previous),
  ...pods.validateUpdate(next, previous, root),
]
const ofStatus: Judge<Pod> = (next, previous) => pods.validateStatus(next, previous, root)

function refused(existing: Pod, change: Change, judge = both): string[] {
  const next = clone(existing)
  change(next)
  return errorsOfUpdate(pods, { next, existing }, judge).map(({ field, message }) => `${field}: ${message}`)
}

const labelled: Change = ({ metadata }) => {
  metadata.labels = { a: 'b' }
}
const ips = (...all: string[]): Change => {
  return ({ status }) => {
    status.podIPs = all.map((ip) => ({ ip }))
  }
}

describe('an update of an object that was stored under looser rules', () => {
  it.each<{ what: string; old: Change }>([
    { what: 'an unknown value', old: ({ spec }) => Object.assign(spec, { os: { name: 'plan9' } }) },
    {
      what: 'a value that is missing',
      old: ({ spec }) => Object.assign(spec.containers[0] ?? {}, { image: undefined }),
    },
    { what: 'what may not be there', old: ({ spec }) => Object.assign(spec, { ephemeralContainers: [{ name: 'e' }] }) },
    { what: 'a label', old: ({ metadata }) => Object.assign(metadata, { labels: { '-': 'a' } }) },
    { what: 'a default that came later', old: ({ spec }) => Object.assign(spec, { enableServiceLinks: undefined }) },
  ])('goes through where it touches it not: $what', ({ old }) => {
    const next: Change = (draft) => {
      pods.defaults(draft)
      labelled(draft)
    }
    expect(refused(pod(old), next)).toEqual([])
  })

  it('is refused for what it makes wrong beside', () => {
    const old = pod(({ spec }) => Object.assign(spec, { os: { name: 'plan9' } }))
    const change: Change = ({ spec }) => Object.assign(spec.containers[0] ?? {}, { image: ' y' })
    expect(refused(old, change)).toEqual([
      'spec.containers[0].image: Invalid value: " y": must not have leading or trailing whitespace',
    ])
  })

  it('is refused where it makes one wrong value another', () => {
    const old = pod(({ spec }) => Object.assign(spec, { os: { name: 'plan9' } }))
    expect(refused(old, ({ spec }) => Object.assign(spec, { os: { name: 'multics' } }))).toContainEqual(
      expect.stringMatching(/^spec\.os: Unsupported value: "multics"/),
    )
  })

  it('is refused where the words are the same, and the value is not', () => {
    const service = (change: (made: Service) => void): Service => {
      const made = { metadata: { name: 'a' }, spec: { ports: [{ port: 80, nodePort: 30_000 }] }, status: {} } as Service
      services.defaults(made)
      change(made)
      return made
    }
    const judge: Judge<Service> = (next, previous) => objectErrors(services, next, previous)
    const existing = service(() => undefined)
    const errors = (change: (made: Service) => void) =>
      errorsOfUpdate(services, { next: service(change), existing }, judge).length
    expect(errors(({ metadata }) => Object.assign(metadata, { labels: { a: 'b' } }))).toBe(0)
    expect(errors(({ spec }) => Object.assign(spec.ports?.[0] ?? {}, { nodePort: 30_001 }))).toBe(1)
  })

  it('of the status alone goes through and is refused likewise', () => {
    const old = pod(ips('x'))
    const running: Change = ({ status }) => {
      status.phase = 'Running'
    }
    expect(refused(old, running, ofStatus)).toEqual([])
    expect(refused(old, ips('y'), ofStatus)).toEqual([
      'status.podIPs[0]: Invalid value: "y": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
    ])
  })

  it('costs one judgement where nothing is wrong', () => {
    let times = 0
    const counted: Judge<Pod> = (next, previous) => {
      times += 1
      return both(next, previous)
    }
    expect(refused(pod(), labelled, counted)).toEqual([])
    expect(times).toBe(1)
  })
})
