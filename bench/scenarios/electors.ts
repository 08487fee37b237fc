/** A cluster that nobody uses but ten operators, each of which renews its Lease: what that idleness costs. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from '../client.ts'
import { figuresOf, spread, timed } from '../measure.ts'
import type { Scenario } from '../scenario.ts'

const ELECTORS = 10
/** client-go's retry period, at which a leader renews. */
const RENEWAL_MS = 2000
const RENEWALS = 30
const LEASES = '/apis/coordination.k8s.io/v1/namespaces/default/leases'

export const electors: Scenario = {
  name: 'electors',
  about: `${ELECTORS} leader electors for ${(RENEWALS * RENEWAL_MS) / 1000} s, and nothing else`,
  async run({ client, server, print }) {
    const held = await Promise.all(Array.from({ length: ELECTORS }, (_, index) => acquire(client, `elector-${index}`)))
    await sleep(RENEWAL_MS)
    const before = await figuresOf(client)
    const cpu = server.cpuMs()
    const begun = performance.now()
    const times = await Promise.all(held.map((lease, index) => renewAgain(client, lease, index)))
    const seconds = (performance.now() - begun) / 1000
    const renewals = ELECTORS * RENEWALS
    const cpuMs = server.cpuMs() - cpu
    const rows = (await figuresOf(client)).rowsWritten - before.rowsWritten
    const inFlight = times.flat().reduce((sum, time) => sum + time, 0)
    print({
      what: `renewal of a Lease, ${ELECTORS} electors`,
      figure: `${(renewals / seconds).toFixed(1)}/s`,
      ...spread(times.flat()),
      cpuMs: cpuMs / renewals,
      rows: rows / renewals,
      kubernetes: 'budget 1 row',
    })
    print({
      what: '  a day of it',
      figure: `${Math.round((rows / seconds) * 86_400)} rows`,
      kubernetes: `awake ${((inFlight / seconds / 1000) * 100).toFixed(2)} % of the time with requests, CPU ${(cpuMs / seconds / 10).toFixed(2)} % of one core`,
    })
  },
}

interface Lease {
  readonly metadata: { readonly name: string }
  readonly spec: object
}

async function acquire(client: Client, name: string): Promise<Lease> {
  const spec = { holderIdentity: name, leaseDurationSeconds: 15, renewTime: microTime() }
  const lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name }, spec }
  const { status, text } = await client.send('POST', LEASES, lease)
  if (status !== 201) throw new Error(text)
  return JSON.parse(text) as Lease
}

/** Each begins a little later than the one before, as operators that were not started together. */
async function renewAgain(client: Client, lease: Lease, index: number): Promise<number[]> {
  const times: number[] = []
  let held = lease
  await sleep((index * RENEWAL_MS) / ELECTORS)
  for (let renewal = 0; renewal < RENEWALS; renewal++) {
    const took = await timed(async () => {
      const spec = { ...held.spec, renewTime: microTime() }
      const answer = await client.send('PUT', `${LEASES}/${held.metadata.name}`, { ...held, spec })
      held = JSON.parse(answer.text) as Lease
      return answer
    })
    times.push(took)
    await sleep(Math.max(0, RENEWAL_MS - took))
  }
  return times
}

const microTime = (): string => new Date().toISOString().replace('Z', '000Z')
