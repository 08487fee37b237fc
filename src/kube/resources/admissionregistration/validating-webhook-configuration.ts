import { resource } from '../../define.ts'
import { deepEqual } from '../../json.ts'
import type { ValidatingWebhookConfiguration } from '../../types.ts'
import { defaultWebhook, webhookColumns, webhooksErrors } from './webhooks.ts'

export const validatingWebhookConfigurations = resource<ValidatingWebhookConfiguration>({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'ValidatingWebhookConfiguration',
  plural: 'validatingwebhookconfigurations',
  scope: 'cluster',
  categories: ['api-extensions'],
  schema: 'io.k8s.api.admissionregistration.v1.ValidatingWebhookConfiguration',
  columns: webhookColumns(),
  generation: (next, previous) => !deepEqual(next.webhooks, previous.webhooks),
  defaults(draft) {
    for (const webhook of draft.webhooks ?? []) defaultWebhook(webhook)
  },
  validate: ({ webhooks }, root, previous) =>
    webhooksErrors(webhooks, root.child('webhooks'), previous && (previous.webhooks ?? [])),
  unconditionalUpdate: false,
})
