/** The schema table is that of Kubernetes v1.32, whatever the package that it is made from knows. */
import { describe, expect, it } from 'vitest'
import { LATER_FIELDS, LATER_VALUES } from '../../../scripts/later-fields.ts'
import { definitions } from '../generated/schema.ts'
import { pods } from '../resources/core/pod.ts'
import { decode } from './decode.ts'

const decoded = (spec: object, status: object = {}) =>
  decode({ kind: 'Pod', version: 'v1', schema: pods.schema }, { metadata: { name: 'a' }, spec, status })

describe('the schema table', () => {
  it.each(Object.entries(LATER_FIELDS))('has of %s what v1.32 has', (name, fields) => {
    expect(Object.keys(definitions[name]?.fields ?? {})).not.toHaveLength(0)
    expect(fields.filter((field) => Object.hasOwn(definitions[name]?.fields ?? {}, field))).toEqual([])
  })

  it.each(Object.entries(LATER_VALUES))('takes for %s what v1.32 takes', (path, values) => {
    const dot = path.lastIndexOf('.')
    const taken = definitions[path.slice(0, dot)]?.enums?.[path.slice(dot + 1)] ?? []
    expect(taken).not.toHaveLength(0)
    expect(taken.filter((value) => values.includes(value))).toEqual([])
  })

  it('leaves out what only later fields lead to', () => {
    const names = Object.keys(definitions).map((name) => name.slice(name.lastIndexOf('.') + 1))
    for (const later of ['FileKeySelector', 'PodCertificateProjection', 'ContainerRestartRule', 'ForNode', 'ShardInfo'])
      expect(names).not.toContain(later)
  })

  it('does not know what came later: such fields are unknown, and pruned', () => {
    const { object, unknownFields } = decoded(
      {
        hostnameOverride: 'other',
        containers: [
          {
            name: 'c',
            image: 'c:1',
            restartPolicyRules: [],
            lifecycle: { stopSignal: 'SIGUSR1' },
            env: [{ name: 'A', valueFrom: { fileKeyRef: { key: 'a' } } }],
          },
        ],
        volumes: [{ name: 'v', projected: { sources: [{ podCertificate: {} }] } }],
      },
      { observedGeneration: 1, conditions: [{ type: 'Ready', status: 'True', observedGeneration: 1 }] },
    )
    expect(unknownFields).toEqual([
      'spec.hostnameOverride',
      'spec.containers[0].restartPolicyRules',
      'spec.containers[0].lifecycle.stopSignal',
      'spec.containers[0].env[0].valueFrom.fileKeyRef',
      'spec.volumes[0].projected.sources[0].podCertificate',
      'status.observedGeneration',
      'status.conditions[0].observedGeneration',
    ])
    expect(JSON.stringify(object)).not.toMatch(/hostnameOverride|stopSignal|fileKeyRef|observedGeneration/)
  })
})
