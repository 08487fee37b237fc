import { describe, expect, it } from 'vitest'
import type { Compat } from '../kube/compat.ts'
import { secrets } from '../kube/resources/core/secret.ts'
import { serviceAccounts } from '../kube/resources/core/service-account.ts'
import { withToken } from '../kube/service-account-secrets.ts'
import type { Secret } from '../kube/types.ts'
import { serviceAccountSecret } from './service-account-secret.ts'
import { World } from './testing/world.ts'

const CA = 'the CA'

function newWorld({ compat }: { readonly compat: Compat | undefined } = { compat: '1.20' }) {
  const world = new World([serviceAccountSecret({ caCertificate: () => CA, compat: () => compat })])
  world.create('v1', 'ServiceAccount', { metadata: { name: 'robot' } })
  world.settle()
  return world
}

const ROBOT = { namespace: 'default', name: 'robot' }
const robot = (world: World) => {
  const account = world.get(serviceAccounts, ROBOT)
  if (!account) throw new Error('no account')
  return account
}
const tokens = (world: World): readonly Secret[] => world.list(secrets)

/** In place of the signatures of the control plane. */
function fill(world: World): void {
  for (const { metadata } of tokens(world))
    world.edit(secrets, metadata.name, (draft) => {
      Object.assign(draft, withToken(draft, robot(world), { token: 'a.b.c', ca: CA }))
    })
  world.settle()
}

describe('serviceAccountSecret', () => {
  it('makes a Secret for every account, and lists it once it holds a token', () => {
    const world = newWorld()
    const [secret, ...more] = tokens(world)
    expect(more).toEqual([])
    expect(secret).toMatchObject({
      type: 'kubernetes.io/service-account-token',
      metadata: {
        name: expect.stringMatching(/^robot-token-/),
        annotations: {
          'kubernetes.io/service-account.name': 'robot',
          'kubernetes.io/service-account.uid': robot(world).metadata.uid,
        },
      },
    })
    expect(robot(world).secrets).toBeUndefined()
    fill(world)
    expect(robot(world).secrets).toEqual([{ name: secret?.metadata.name }])
    expect(world.wishes()).toEqual([])
  })

  it('makes another when it was deleted, and lists that one', () => {
    const world = newWorld()
    fill(world)
    const [first] = tokens(world)
    if (first) world.delete(secrets, first)
    world.settle()
    fill(world)
    const [second, ...more] = tokens(world)
    expect(more).toEqual([])
    expect(second?.metadata.name).not.toBe(first?.metadata.name)
    expect(robot(world).secrets).toEqual([{ name: second?.metadata.name }])
  })

  it('keeps what a user lists, be it there or not', () => {
    const world = newWorld()
    fill(world)
    const [own] = tokens(world)
    world.edit(serviceAccounts, 'robot', (draft) => {
      draft.secrets = [{ name: 'of-mine' }, ...(draft.secrets ?? [])]
    })
    world.settle()
    expect(robot(world).secrets).toEqual([{ name: 'of-mine' }, { name: own?.metadata.name }])
  })

  it('makes none where a token of the account is listed already', () => {
    const world = newWorld()
    const [own] = tokens(world)
    world.create('v1', 'Secret', {
      metadata: { name: 'chosen', annotations: { 'kubernetes.io/service-account.name': 'robot' } },
      type: 'kubernetes.io/service-account-token',
    })
    world.edit(serviceAccounts, 'robot', (draft) => {
      draft.secrets = [{ name: 'chosen' }]
    })
    if (own) world.delete(secrets, own)
    world.settle()
    expect(tokens(world).map(({ metadata }) => metadata.name)).toEqual(['chosen'])
  })

  it('does nothing in a cluster that was not made for it', () =>
    expect(tokens(newWorld({ compat: undefined }))).toEqual([]))
})
