/** How a definition says that objects go from one version to another. */
import { type FieldError, type FieldPath, forbiddenField, notSupported, required } from '../field.ts'
import { clientConfigErrors } from '../webhooks/client-config.ts'
import { reviewVersionErrors } from '../webhooks/review-versions.ts'
import type { Conversion } from './definition.ts'

export function conversionErrors(conversion: Conversion | undefined, at: FieldPath): FieldError[] {
  if (conversion === undefined) return []
  const { strategy, webhook } = conversion
  const config = at.child('webhookClientConfig')
  if (!strategy) return [required(at.child('strategy'))]
  if (strategy !== 'None' && strategy !== 'Webhook')
    return [notSupported(at.child('strategy'), strategy, ['None', 'Webhook'])]
  if (strategy === 'None')
    return [
      ...(webhook?.clientConfig
        ? [forbiddenField(config, 'should not be set when strategy is not set to Webhook')]
        : []),
      ...(webhook?.conversionReviewVersions?.length
        ? [
            forbiddenField(
              at.child('conversionReviewVersions'),
              'should not be set when strategy is not set to Webhook',
            ),
          ]
        : []),
    ]
  return [
    ...(webhook?.clientConfig
      ? clientConfigErrors(webhook.clientConfig, config)
      : [required(config, 'required when strategy is set to Webhook')]),
    ...(webhook?.conversionReviewVersions?.length
      ? reviewVersionErrors(webhook.conversionReviewVersions, at.child('conversionReviewVersions'))
      : [required(at.child('conversionReviewVersions'))]),
  ]
}
