import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { SyncResponse } from '../../../src/protocol/agent.ts'
import { Desired } from './desired.ts'

const nothing = { changed: [], gone: [] }
const object = (name: string) => ({ metadata: { namespace: 'ns', name } })

const answer = (more: object = {}): SyncResponse =>
  ({
    cursor: '1',
    full: false,
    pods: nothing,
    configMaps: nothing,
    secrets: nothing,
    services: nothing,
    endpointSlices: nothing,
    node: { podCIDR: '10.244.7.0/24' },
    cluster: { serviceCIDR: '10.96.0.0/12', podCIDR: '10.244.0.0/16', dnsDomain: 'cluster.local' },
    idleMs: 1,
    pollMs: 1,
    ...more,
    // The objects are whole enough for what is looked at here.
  }) as unknown as SyncResponse

const desiredIn = () => new Desired(mkdtempSync(join(tmpdir(), 'skycrane-desired-')))

describe('what is desired', () => {
  it('says which ConfigMaps and Secrets an answer touched, and nothing when it said nothing', () => {
    const desired = desiredIn()
    const first = desired.take(answer({ full: true, configMaps: { changed: [object('a'), object('b')], gone: [] } }))
    expect(first).toMatchObject({ isAny: true, configMaps: new Set(['ns/a', 'ns/b']), secrets: new Set() })
    expect(desired.take(answer())).toMatchObject({ isAny: false })
    const second = desired.take(
      answer({
        configMaps: { changed: [], gone: [{ namespace: 'ns', name: 'a' }] },
        secrets: { changed: [object('s')], gone: [] },
      }),
    )
    expect(second).toMatchObject({ isAny: true, configMaps: new Set(['ns/a']), secrets: new Set(['ns/s']) })
    expect([...desired.configMaps.keys()]).toEqual(['ns/b'])
  })

  it('takes what a full answer leaves out for gone', () => {
    const desired = desiredIn()
    desired.take(answer({ full: true, secrets: { changed: [object('old')], gone: [] } }))
    const changes = desired.take(answer({ full: true, secrets: { changed: [object('new')], gone: [] } }))
    expect(changes.secrets).toEqual(new Set(['ns/old', 'ns/new']))
    expect([...desired.secrets.keys()]).toEqual(['ns/new'])
  })

  it('is read again as it was saved', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'skycrane-desired-'))
    const desired = new Desired(folder)
    expect(await desired.load()).toBe(false)
    desired.take(answer({ full: true, secrets: { changed: [object('s')], gone: [] } }))
    await desired.save()
    const again = new Desired(folder)
    expect(await again.load()).toBe(true)
    expect([...again.secrets.keys()]).toEqual(['ns/s'])
    expect(again.podCidr).toBe('10.244.7.0/24')
  })
})
