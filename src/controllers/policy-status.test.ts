import { describe, expect, it } from 'vitest'
import { validatingAdmissionPolicies } from '../kube/resources/admissionregistration/validating-admission-policy.ts'
import { policyStatus } from './policy-status.ts'
import { World } from './testing/world.ts'

const KEY = { namespace: '', name: 'p' }

function newWorld(expression: string) {
  const world = new World([policyStatus])
  world.create('admissionregistration.k8s.io/v1', 'ValidatingAdmissionPolicy', {
    metadata: { name: 'p' },
    spec: {
      matchConstraints: {
        resourceRules: [{ apiGroups: ['apps'], apiVersions: ['v1'], operations: ['*'], resources: ['deployments'] }],
      },
      validations: [{ expression }],
    },
  })
  world.settle()
  return world
}

const statusIn = (world: World) => world.get(validatingAdmissionPolicies, KEY)?.status

describe('policyStatus', () => {
  it('says that all is well, once', () => {
    const world = newWorld('object.spec.replicas > 1')
    expect(statusIn(world)).toEqual({ observedGeneration: 1, typeChecking: {} })
    const before = world.writes
    world.settle()
    expect(world.writes).toBe(before)
  })

  it('warns of a field that there is not, until it is mended', () => {
    const world = newWorld('object.replicas > 1')
    expect(statusIn(world)?.typeChecking?.expressionWarnings).toMatchObject([
      { fieldRef: 'spec.validations[0].expression' },
    ])
    world.edit(validatingAdmissionPolicies, KEY, ({ spec }) => {
      spec.validations = [{ expression: 'object.spec.replicas > 1' }]
    })
    world.settle()
    expect(statusIn(world)).toEqual({ observedGeneration: 2, typeChecking: {} })
  })
})
