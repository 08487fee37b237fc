import { describe, expect, it } from 'vitest'
import { flowSchemas } from '../kube/resources/flowcontrol/flow-schema.ts'
import { priorityLevelConfigurations } from '../kube/resources/flowcontrol/priority-level-configuration.ts'
import { flowSchema } from './flow-schema.ts'
import { World } from './testing/world.ts'

const KEY = { namespace: '', name: 's' }
const API_VERSION = 'flowcontrol.apiserver.k8s.io/v1'

const conditionIn = (world: World) => world.get(flowSchemas, KEY)?.status.conditions?.[0]

function schemaOf(world: World, level: string): void {
  world.create(API_VERSION, 'FlowSchema', {
    metadata: { name: KEY.name },
    spec: { matchingPrecedence: 500, priorityLevelConfiguration: { name: level } },
  })
  world.settle()
}

function level(world: World, name: string): void {
  world.create(API_VERSION, 'PriorityLevelConfiguration', {
    metadata: { name },
    spec: { type: 'Limited', limited: { limitResponse: { type: 'Reject' } } },
  })
  world.settle()
}

describe('a FlowSchema', () => {
  it('is dangling until its priority level is made, and again when that is gone', () => {
    const world = new World([flowSchema])
    schemaOf(world, 'mine')
    expect(conditionIn(world)).toEqual({
      type: 'Dangling',
      status: 'True',
      reason: 'NotFound',
      message:
        'This FlowSchema references the PriorityLevelConfiguration object named "mine" but there is no such object',
      lastTransitionTime: '2026-01-01T10:00:00Z',
    })
    world.advance(5000)
    level(world, 'other')
    expect(conditionIn(world)?.status).toBe('True')
    level(world, 'mine')
    expect(conditionIn(world)).toEqual({
      type: 'Dangling',
      status: 'False',
      reason: 'Found',
      message: 'This FlowSchema references the PriorityLevelConfiguration object named "mine" and it exists',
      lastTransitionTime: '2026-01-01T10:00:05Z',
    })
    const mine = world.get(priorityLevelConfigurations, { namespace: '', name: 'mine' })
    if (!mine) throw new Error('no level')
    world.delete(priorityLevelConfigurations, mine, {})
    world.settle()
    expect(conditionIn(world)?.status).toBe('True')
  })

  it('is told once', () => {
    const world = new World([flowSchema])
    level(world, 'mine')
    schemaOf(world, 'mine')
    const before = world.writes
    world.edit(flowSchemas, KEY, (draft) => {
      draft.metadata.labels = { some: 'label' }
    })
    world.settle()
    expect(world.writes).toBe(before + 1)
  })
})
