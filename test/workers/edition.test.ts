/** A cluster that was made by an earlier edition is given, when it next wakes, what newer ones begin with. */
import { evictDurableObject, runInDurableObject } from 'cloudflare:test'
import { expect, it } from 'vitest'
import { newWorld, type World } from './world.ts'

const FLOWS = '/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas'
const ROLES = '/apis/rbac.authorization.k8s.io/v1/clusterroles'

const names = async (world: World, path: string): Promise<string[]> =>
  (await world.api<{ items: { metadata: { name: string } }[] }>(path)).items.map(({ metadata }) => metadata.name)

/** As if it had been made before there were roles. */
async function grownOld(world: World): Promise<void> {
  await runInDurableObject(world.stub, (_, state) => {
    state.storage.sql.exec("DELETE FROM meta WHERE key = 'furnished'")
  })
}

it('gets what it lacks, and keeps what it has', async () => {
  const world = await newWorld('edition')
  const before = await names(world, ROLES)
  const flows = await names(world, FLOWS)
  expect(flows).toEqual(expect.arrayContaining(['catch-all', 'exempt', 'global-default']))
  const changed = {
    method: 'PATCH',
    type: 'application/merge-patch+json',
    body: { metadata: { labels: { own: 'yes' } } },
  }
  await world.api(`${ROLES}/view`, changed)
  await world.api(`${ROLES}/system:discovery`, { method: 'DELETE' })
  await world.api(`${FLOWS}/probes`, { method: 'DELETE' })
  await grownOld(world)
  await evictDurableObject(world.stub)
  expect(await names(world, ROLES)).toEqual(before)
  expect(await names(world, FLOWS)).toEqual(flows)
  expect(await world.api(`${ROLES}/view`)).toMatchObject({ metadata: { labels: { own: 'yes' } } })
})

it('goes on where something of its own is in the way', async () => {
  const world = await newWorld('edition-full')
  await world.api('/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication', { method: 'DELETE' })
  await world.api('/api/v1/namespaces/kube-system/resourcequotas', {
    method: 'POST',
    body: { metadata: { name: 'full' }, spec: { hard: { configmaps: '0' } } },
  })
  await grownOld(world)
  await evictDurableObject(world.stub)
  expect(await names(world, ROLES)).toContain('view')
})
