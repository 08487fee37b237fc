/** Rows of single writes, controllers quiet, beside their budgets: rows written are the bill. */
import { setTimeout as sleep } from 'node:timers/promises'
import { figuresOf } from '../measure.ts'
import type { Scenario } from '../scenario.ts'

/** What a write sets off has been done by then. */
const QUIET_MS = 300

const POD = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'rows', labels: { a: '1', b: '2', c: '3' } },
  spec: { schedulerName: 'none', containers: [{ name: 'c', image: 'i' }] },
}
const EVENT = {
  apiVersion: 'v1',
  kind: 'Event',
  metadata: { name: 'rows' },
  involvedObject: { kind: 'Pod', namespace: 'default', name: 'x', uid: 'u' },
  reason: 'R',
  message: 'm',
  type: 'Normal',
}
const LEASE = {
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  metadata: { name: 'rows' },
  spec: { holderIdentity: 'a', renewTime: '2026-01-01T00:00:00.000000Z' },
}
const PODS = '/api/v1/namespaces/default/pods'
const LEASES = '/apis/coordination.k8s.io/v1/namespaces/default/leases'
const MERGE = { type: 'application/merge-patch+json' }

export const rows: Scenario = {
  name: 'rows',
  about: 'rows written by one write of each sort',
  isQuick: true,
  async run({ client, print }) {
    const one = async (what: string, budget: string, write: () => Promise<unknown>) => {
      await sleep(QUIET_MS)
      const before = await figuresOf(client)
      await write()
      const after = await figuresOf(client)
      const written = after.rowsWritten - before.rowsWritten
      print({ what: `  rows: ${what}`, figure: '', rows: written, kubernetes: `budget ${budget}` })
    }
    await one('Pod with 3 labels, create', '9', () => client.send('POST', PODS, POD))
    await one('Pod status', '3', () =>
      client.send('PATCH', `${PODS}/rows/status`, { status: { phase: 'Running' } }, MERGE),
    )
    await one('Pod delete', '8', () => client.send('DELETE', `${PODS}/rows?gracePeriodSeconds=0`))
    await one('Event', '3', () => client.send('POST', '/api/v1/namespaces/default/events', EVENT))
    const made = JSON.parse((await client.send('POST', LEASES, LEASE)).text) as object
    const renewed = { ...made, spec: { ...LEASE.spec, renewTime: '2026-01-01T00:00:02.000000Z' } }
    await one('Lease renewal', '1', () => client.send('PUT', `${LEASES}/rows`, renewed))
  },
}
