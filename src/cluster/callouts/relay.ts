/** A relay behind a binding of the Worker, which speaks as an agent does. */
import type { TunnelRequest, TunnelResponse } from '../../protocol/agent.ts'
import type { Relay } from './transport.ts'

export const relayThrough =
  (binding: Fetcher): Relay =>
  async ({ url, ca, body, timeoutMs }) => {
    const request: TunnelRequest = { id: '', url, ...(ca === undefined ? {} : { ca }), body, timeoutMs }
    const answer = await binding.fetch('https://relay/', { method: 'POST', body: JSON.stringify(request) })
    // The relay is ours.
    const { reply } = (await answer.json()) as TunnelResponse
    if ('failure' in reply) throw new Error(reply.failure)
    return reply
  }
