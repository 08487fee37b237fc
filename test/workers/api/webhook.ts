/** A webhook outside of the control plane, as tests speak of it. */
import type { Behaviour } from '../webhooks-outside.ts'
import type { Json } from './client.ts'

export interface Webhook {
  readonly url: string
  /** From now on it answers so. */
  behave(behaviour: Behaviour): Promise<void>
  /** The reviews that it was sent since. */
  calls(): Promise<Json[]>
}

export async function newWebhook(name: string, behaviour: Behaviour = {}): Promise<Webhook> {
  const url = `https://webhooks.test/${name}`
  const webhook: Webhook = {
    url,
    async behave(next) {
      await (await fetch(url, { method: 'PUT', body: JSON.stringify(next) })).text()
    },
    calls: async () => (await fetch(url)).json(),
  }
  await webhook.behave(behaviour)
  return webhook
}
