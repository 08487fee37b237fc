/** A controller's writes that wait for a webhook are not lost with the object's memory, and none is made twice. */
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { expect, it } from 'vitest'
import { newWebhook } from './api/webhook.ts'
import { eventually, newWorld } from './world.ts'

const REPLICAS = 3
const labels = { app: 'web' }
const container = { name: 'main', image: 'main:1' }

const deployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web' },
  spec: {
    replicas: REPLICAS,
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: { containers: [container] } },
  },
}

it('the object crashes while a webhook thinks about the Pods of a Deployment: they are made when it is back', async () => {
  const world = await newWorld('webhook-eviction')
  const webhook = await newWebhook('evicted', { delayMs: 3_000 })
  await world.api('/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations', {
    method: 'POST',
    body: {
      metadata: { name: 'slow' },
      webhooks: [
        {
          name: 'slow.example.com',
          clientConfig: { url: webhook.url },
          rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }],
          sideEffects: 'None',
          admissionReviewVersions: ['v1'],
        },
      ],
    },
  })
  await world.api('/apis/apps/v1/namespaces/default/deployments', { method: 'POST', body: deployment })
  await eventually('the webhook is asked', async () => (await webhook.calls()).length >= REPLICAS)
  // An eviction would wait for the calls; a crash does not.
  await runInDurableObject(world.stub, (_, state) => state.abort('a crash')).catch(() => undefined)
  await webhook.behave({})
  // Nobody asks for anything: the alarm that was set while work was left wakes it.
  const revived = env.CLUSTERS.get(env.CLUSTERS.idFromName(world.cluster))
  expect(await runDurableObjectAlarm(revived)).toBe(true)
  await eventually('it is asked again', async () => (await webhook.calls()).length >= REPLICAS)
  const podsNow = async () =>
    (await world.api<{ items: unknown[] }>('/api/v1/namespaces/default/pods?labelSelector=app%3Dweb')).items.length
  await eventually('the Pods are there', async () => (await podsNow()) === REPLICAS)
  // Whatever else is to be done is done anew from what is stored.
  await evictDurableObject(revived)
  await eventually('it is settled', async () => {
    const { status } = await world.api<{ status: { observedGeneration: number; replicas: number } }>(
      '/apis/apps/v1/namespaces/default/deployments/web',
    )
    return status.observedGeneration === 1 && status.replicas === REPLICAS
  })
  expect(await podsNow()).toBe(REPLICAS)
})
