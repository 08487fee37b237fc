/**
 * What a load balancer asks of a Service with externalTrafficPolicy Local: at its health check node port this node says
 * whether it has an endpoint of it (pkg/proxy/healthcheck/service_health.go).
 */
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { Log } from '../log.ts'
import { type RuleInput, readyHere } from './rules.ts'

export interface HealthCheck {
  readonly namespace: string
  readonly name: string
  readonly port: number
  /** Ready endpoints on this node. */
  readonly endpoints: number
}

export interface HealthChecks {
  follow(wanted: readonly HealthCheck[]): Promise<void>
  stop(): void
}

export function localEndpoints(input: RuleInput): HealthCheck[] {
  return input.services.flatMap((service) => {
    const { healthCheckNodePort: port, externalTrafficPolicy, type } = service.spec
    if (!port || type !== 'LoadBalancer' || externalTrafficPolicy !== 'Local') return []
    const { namespace = '', name } = service.metadata
    return [{ namespace, name, port, endpoints: readyHere(service, input) }]
  })
}

export function createHealthChecks(log: Log): HealthChecks {
  const servers = new Map<number, { server: Server; current: HealthCheck }>()
  return {
    async follow(wanted) {
      const byPort = new Map(wanted.map((check) => [check.port, check]))
      for (const [port, { server }] of servers) {
        if (byPort.has(port)) continue
        servers.delete(port)
        server.close()
        server.closeAllConnections()
      }
      for (const [port, check] of byPort) {
        const held = servers.get(port)
        if (held) held.current = check
        else await begin(port, check)
      }
    },
    stop() {
      for (const { server } of servers.values()) server.close()
      for (const { server } of servers.values()) server.closeAllConnections()
    },
  }

  async function begin(port: number, check: HealthCheck): Promise<void> {
    const held = { current: check, server: createServer((_, answer) => say(held.current, answer)) }
    await new Promise<void>((resolve) => {
      held.server.once('error', (error) => {
        // Somebody else has the port: the next change of Services tries again.
        servers.delete(port)
        log.warn({ port, error: error.message }, 'a health check port could not be opened')
        resolve()
      })
      held.server.listen(port, () => resolve())
      servers.set(port, held)
    })
  }
}

function say({ namespace, name, endpoints }: HealthCheck, answer: ServerResponse): void {
  answer.writeHead(endpoints > 0 ? 200 : 503, {
    'content-type': 'application/json',
    'x-content-type-options': 'nosniff',
    'x-load-balancing-endpoint-weight': String(endpoints),
  })
  answer.end(JSON.stringify({ service: { namespace, name }, localEndpoints: endpoints, serviceProxyHealthy: true }))
}
