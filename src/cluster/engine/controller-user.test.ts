import { describe, expect, it } from 'vitest'
import { controllersOf } from '../../controllers/index.ts'
import { userOfController } from './controller-user.ts'

describe('controllers', () => {
  it.each([
    { name: 'replicaset', is: 'system:serviceaccount:kube-system:replicaset-controller' },
    { name: 'garbagecollector', is: 'system:serviceaccount:kube-system:generic-garbage-collector' },
    { name: 'podgc', is: 'system:serviceaccount:kube-system:pod-garbage-collector' },
    { name: 'endpoints', is: 'system:serviceaccount:kube-system:endpoint-controller' },
    { name: 'nodetaints', is: 'system:serviceaccount:kube-system:node-controller' },
    { name: 'apiservice-registration-controller', is: 'system:apiserver' },
  ])('are who they are in other clusters: $name is $is', ({ name, is }) => {
    expect(controllersOf(() => '').map((controller) => controller.name)).toContain(name)
    expect(userOfController(name).username).toBe(is)
  })

  it('have names that are said once', () => {
    const names = controllersOf(() => '').map(({ name }) => userOfController(name).username)
    expect(names.filter((name) => /controller.*-controller|publisher-|collector-/.test(name))).toEqual([])
  })
})
