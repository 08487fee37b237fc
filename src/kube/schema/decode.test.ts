import { describe, expect, it } from 'vitest'
import { root } from '../field.ts'
import { parseJson, stringify } from '../json.ts'
import { deployments } from '../resources/apps/deployment.ts'
import { leases } from '../resources/coordination/lease.ts'
import { configMaps } from '../resources/core/config-map.ts'
import { pods } from '../resources/core/pod.ts'
import { secrets } from '../resources/core/secret.ts'
import { decode } from './decode.ts'
import { requiredErrors } from './required.ts'

const deployment = (spec: unknown) => decode(deployments, { apiVersion: 'apps/v1', kind: 'Deployment', spec })
const container = (fields: object) => decode(pods, { spec: { containers: [{ name: 'c', ...fields }] } })
const PREFIX = 'Deployment in version "v1" cannot be handled as a Deployment: '

describe('decode', () => {
  it('takes null for absent, and takes out what a kind does not have, by path', () => {
    const { object, unknownFields } = decode(deployments, {
      metadata: { creationTimestamp: null, name: 'web' },
      spec: { replicaz: 3, template: { spec: { containers: [{ name: 'c', imagee: 'x' }] } } },
      status: null,
    })
    expect(object).toEqual({ metadata: { name: 'web' }, spec: { template: { spec: { containers: [{ name: 'c' }] } } } })
    expect(unknownFields).toEqual(['spec.replicaz', 'spec.template.spec.containers[0].imagee'])
  })

  it.each([
    [
      { replicas: 'three' },
      'json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32',
    ],
    [
      { replicas: 1.5 },
      'json: cannot unmarshal number 1.5 into Go struct field DeploymentSpec.spec.replicas of type int32',
    ],
    [
      { replicas: 2 ** 40 },
      `json: cannot unmarshal number ${2 ** 40} into Go struct field DeploymentSpec.spec.replicas of type int32`,
    ],
    [{ paused: 'yes' }, 'json: cannot unmarshal string into Go struct field DeploymentSpec.spec.paused of type bool'],
    [
      { template: { metadata: { annotations: { a: 1 } } } },
      'json: cannot unmarshal number into Go struct field ObjectMeta.spec.template.metadata.annotations of type string',
    ],
    [
      { template: { spec: { containers: {} } } },
      'json: cannot unmarshal object into Go struct field PodSpec.spec.template.spec.containers of type []v1.Container',
    ],
    [
      { template: { spec: { containers: [{ resources: { limits: { cpu: '1x' } } }] } } },
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    ],
  ])('refuses %o', (spec, why) => {
    expect(() => deployment(spec)).toThrow(expect.objectContaining({ code: 400, message: PREFIX + why }))
  })

  it('writes quantities, times and bytes as Go would', () => {
    expect(container({ resources: { limits: { cpu: 1, memory: '1024Mi' } } }).object['spec']).toMatchObject({
      containers: [{ resources: { limits: { cpu: '1', memory: '1Gi' } } }],
    })
    const lease = { spec: { renewTime: '2026-01-01T01:00:00.123456789+01:00' } }
    expect(decode(leases, lease).object['spec']).toEqual({ renewTime: '2026-01-01T00:00:00.123456Z' })
    expect(() => decode(secrets, { data: { a: '%' } })).toThrow('illegal base64 data at input byte 0')
  })

  it('keeps int64 beyond 2^53, and __proto__ among data', () => {
    const text = '{"spec":{"securityContext":{"runAsUser":9223372036854775807}}}'
    expect(stringify(decode(pods, parseJson(text)).object)).toBe(text)
    const data = '{"data":{"__proto__":"a","constructor":"b"}}'
    expect(stringify(decode(configMaps, parseJson(data)).object)).toBe(data)
  })

  it('has the zero of its type where a map or a list says null', () => {
    const quotas = { kind: 'ResourceQuota', version: 'v1', schema: 'io.k8s.api.core.v1.ResourceQuota' }
    expect(decode(quotas, { spec: { hard: { pods: null } } }).object).toEqual({ spec: { hard: { pods: '0' } } })
    const reviews = {
      kind: 'SubjectAccessReview',
      version: 'v1',
      schema: 'io.k8s.api.authorization.v1.SubjectAccessReview',
    }
    expect(decode(reviews, { spec: { extra: { a: null } } }).object).toEqual({ spec: { extra: { a: [] } } })
  })

  it('has an empty text where a map says null', () => {
    expect(decode(configMaps, { data: { a: null } }).object).toEqual({ data: { a: '' } })
  })
})

describe('requiredErrors', () => {
  it('takes an empty list or map for an absent one, as Go does, where the field may be left out', () => {
    expect(decode(configMaps, { data: {}, binaryData: { a: 'YQ==' } }).object).toEqual({ binaryData: { a: 'YQ==' } })
    expect(container({ env: [], volumeMounts: [], resources: { limits: {} }, securityContext: {} }).object).toEqual({
      spec: { containers: [{ name: 'c', resources: {}, securityContext: {} }] },
    })
    // Those that were only sent to be emptied, and those that stand for something.
    expect(
      decode(pods, {
        metadata: { labels: {}, managedFields: [] },
        spec: { containers: [], volumes: [{ emptyDir: {} }] },
      }).object,
    ).toEqual({
      metadata: { managedFields: [] },
      spec: { containers: [], volumes: [{ emptyDir: {} }] },
    })
  })

  it('names what is missing and what is not of the list', () => {
    const { object } = decode(deployments, {
      spec: { strategy: { type: 'Slow' }, template: { spec: { containers: [{ image: 'x' }] } } },
    })
    const errors = requiredErrors(deployments.schema, object, root).map(({ field, message }) => `${field}: ${message}`)
    expect(errors).toContain('spec.selector: Required value')
    expect(errors).toContain('spec.template.spec.containers[0].name: Required value')
    expect(errors).toContain(
      'spec.strategy.type: Unsupported value: "Slow": supported values: "Recreate", "RollingUpdate"',
    )
  })
})
