/** The Events of one object among very many: what `kubectl describe` asks. */
import { measure, spread, timed } from '../measure.ts'
import { createNamespace } from '../objects.ts'
import type { Scenario } from '../scenario.ts'

const EVENTS = 50_000
/** Events of each object. */
const EACH = 5
const LOOKS = 40

const eventOf = (index: number) => {
  const pod = Math.floor(index / EACH)
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: `pod-${pod}.${index}` },
    involvedObject: { kind: 'Pod', namespace: 'events', name: `pod-${pod}`, uid: `uid-${pod}` },
    reason: 'Scheduled',
    message: `Successfully assigned events/pod-${pod} to node-${index % 100}`,
    type: 'Normal',
  }
}

export const events: Scenario = {
  name: 'events',
  about: `the Events of one object among ${EVENTS}`,
  async run(world) {
    const { client, server, print } = world
    const path = '/api/v1/namespaces/events/events'
    await createNamespace(client, 'events')
    const { perSecond, ...rest } = await measure(world, { count: EVENTS }, (index) =>
      client.send('POST', path, eventOf(index)),
    )
    print({
      what: 'create Event',
      figure: `${Math.round(perSecond)}/s`,
      ...rest,
      kubernetes: 'budget 3 rows, with its end',
    })
    const times: number[] = []
    const cpu = server.cpuMs()
    for (let look = 0; look < LOOKS; look++) {
      const pod = (look * 199) % (EVENTS / EACH)
      const selector = `involvedObject.name=pod-${pod},involvedObject.namespace=events,involvedObject.uid=uid-${pod}`
      times.push(await timed(() => found(client, `${path}?fieldSelector=${encodeURIComponent(selector)}`)))
    }
    const cpuMs = (server.cpuMs() - cpu) / LOOKS
    print({
      what: `describe's Events, among ${EVENTS}`,
      figure: '',
      ...spread(times),
      cpuMs,
      kubernetes: 'bound: 10 ms',
    })
  },
}

async function found(client: Parameters<Scenario['run']>[0]['client'], path: string) {
  const answer = await client.send('GET', path)
  const { items } = JSON.parse(answer.text) as { items: readonly unknown[] }
  if (items.length !== EACH) throw new Error(`${items.length} Events instead of ${EACH}`)
  return answer
}
