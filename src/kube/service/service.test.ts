import { describe, expect, it } from 'vitest'
import { root } from '../field.ts'
import { clone } from '../json.ts'
import { services } from '../resources/core/service.ts'
import type { Service } from '../types.ts'

function service(spec: Partial<Service['spec']>): Service {
  const made: Service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name: 'web',
      namespace: 'n',
      uid: 'u',
      resourceVersion: '1',
      creationTimestamp: '2026-01-01T00:00:00Z',
    },
    spec: { ports: [{ port: 80 }], ...spec },
    status: {},
  }
  services.defaults(made)
  return made
}

const allocated = (spec: Partial<Service['spec']> = {}) =>
  service({ clusterIP: '10.96.0.7', clusterIPs: ['10.96.0.7'], ipFamilies: ['IPv4'], ...spec })

function updated(previous: Service, spec: Partial<Service['spec']>): { next: Service; errors: string[] } {
  const next = { ...clone(previous), spec: clone(spec) as Service['spec'] }
  services.prepareForUpdate(next, previous)
  services.defaults(next)
  const errors = [...services.validate(next, root), ...services.validateUpdate(next, previous, root)]
  return { next, errors: errors.map(({ field, message }) => `${field}: ${message}`) }
}

const errorsOf = (spec: Partial<Service['spec']>) =>
  services.validate(service(spec), root).map(({ field, message }) => `${field}: ${message}`)

describe('services', () => {
  it('keep their address and node ports when a client leaves them out (kubectl replace)', () => {
    const previous = allocated({ type: 'NodePort', ports: [{ port: 80, nodePort: 30_080 }] })
    const { next, errors } = updated(previous, { type: 'NodePort', ports: [{ port: 80 }] })
    expect(errors).toEqual([])
    expect(next.spec).toMatchObject({
      clusterIP: '10.96.0.7',
      clusterIPs: ['10.96.0.7'],
      ports: [{ nodePort: 30_080 }],
    })
  })

  it('lose node ports with their type', () => {
    const previous = allocated({ type: 'NodePort', ports: [{ port: 80, nodePort: 30_080 }] })
    const { next, errors } = updated(previous, { ...previous.spec, type: 'ClusterIP' })
    expect(errors).toEqual([])
    expect(next.spec.ports?.[0]).not.toHaveProperty('nodePort')
    expect(next.spec).not.toHaveProperty('externalTrafficPolicy')
  })

  it('lose their address when they become names', () => {
    const previous = allocated()
    const { next, errors } = updated(previous, { ...previous.spec, type: 'ExternalName', externalName: 'example.com' })
    expect(errors).toEqual([])
    expect(next.spec).not.toHaveProperty('clusterIP')
    expect(next.spec).not.toHaveProperty('ipFamilies')
  })

  it('may not change their address', () => {
    const previous = allocated()
    expect(updated(previous, { ...previous.spec, clusterIP: '10.96.0.8' }).errors).toEqual([
      'spec.clusterIPs[0]: Invalid value: ["10.96.0.8"]: may not change once set',
    ])
  })

  it.each([
    [{ ports: [] }, 'spec.ports: Required value'],
    [{ ports: [{ port: 80 }, { port: 81, name: 'b' }] }, 'spec.ports[0].name: Required value'],
    [{ ports: [{ port: 0 }] }, 'spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive'],
    [
      { ports: [{ port: 80, nodePort: 30_000 }] },
      "spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'",
    ],
    [{ ipFamilies: ['IPv4' as const, 'IPv4' as const] }, 'spec.ipFamilies[1]: Duplicate value: "IPv4"'],
    [
      { ipFamilyPolicy: 'Both' as 'SingleStack' },
      'spec.ipFamilyPolicy: Unsupported value: "Both": supported values: "PreferDualStack", "RequireDualStack", "SingleStack"',
    ],
    [{ type: 'ExternalName' as const }, 'spec.externalName: Required value'],
    [
      { type: 'Loud' as 'ClusterIP' },
      'spec.type: Unsupported value: "Loud": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"',
    ],
    [
      { clusterIP: 'x', clusterIPs: ['x'] },
      'spec.clusterIPs[0]: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
    ],
    [
      { externalIPs: ['127.0.0.1'] },
      'spec.externalIPs[0]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
    ],
  ])('refuse %o', (spec, want) => {
    expect(errorsOf(spec)).toContain(want)
  })

  it('need no ports when headless', () => {
    expect(errorsOf({ ports: [], clusterIP: 'None', clusterIPs: ['None'] })).toEqual([])
  })
})
