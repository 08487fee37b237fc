/** The health check node port, as a load balancer asks it. */
import { createServer } from 'node:net'
import { pino } from 'pino'
import { afterEach, expect, it } from 'vitest'
import { createHealthChecks, localEndpoints } from './health-checks.ts'
import { here, input, service, slice, there } from './testing/objects.ts'

const checks = createHealthChecks(pino({ level: 'silent' }))
afterEach(() => checks.stop())

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

it('says 200 where an endpoint is ready, 503 where none is, and nothing when the Service is gone', async () => {
  const port = await freePort()
  const local = service({ type: 'LoadBalancer', externalTrafficPolicy: 'Local', healthCheckNodePort: port })
  const ask = () => fetch(`http://127.0.0.1:${port}/healthz`)
  await checks.follow(localEndpoints(input([local], [slice([here('10.244.1.7'), there('10.244.2.7')])])))
  const good = await ask()
  expect(good.status).toBe(200)
  expect(await good.json()).toEqual({
    service: { namespace: 'ns', name: 'web' },
    localEndpoints: 1,
    serviceProxyHealthy: true,
  })
  await checks.follow(localEndpoints(input([local], [slice([here('10.244.1.7', { ready: false })])])))
  const bad = await ask()
  expect(bad.status).toBe(503)
  await bad.text()
  await checks.follow(localEndpoints(input([service({ type: 'LoadBalancer', healthCheckNodePort: port })], [])))
  await expect(ask()).rejects.toThrow()
})
