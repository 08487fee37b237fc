/** How a definition says that objects go from one version to another. */
import { type FieldError, type FieldPath, forbiddenField, invalidValue, notSupported, required } from '../field.ts'
import { dns1035Errors, dnsLabelErrors } from '../names.ts'
import type { ClientConfig, Conversion } from './definition.ts'

const REVIEW_VERSIONS = ['v1', 'v1beta1']

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
    ...reviewVersionErrors(webhook?.conversionReviewVersions ?? [], at.child('conversionReviewVersions')),
  ]
}

/** Where a webhook is called: a URL, or a Service of the cluster. */
export function clientConfigErrors({ url, service }: ClientConfig, at: FieldPath): FieldError[] {
  if ((url === undefined) === (service === undefined))
    return [required(at, 'exactly one of url or service is required')]
  if (url !== undefined) return urlErrors(url, at.child('url'))
  const here = at.child('service')
  const errors: FieldError[] = []
  if (!service?.name) errors.push(required(here.child('name'), 'service name is required'))
  if (!service?.namespace) errors.push(required(here.child('namespace'), 'service namespace is required'))
  if (service?.port !== undefined && (service.port < 1 || service.port > 65_535))
    errors.push(
      invalidValue(here.child('port'), service.port, 'port is not valid: must be between 1 and 65535, inclusive'),
    )
  if (service?.path !== undefined) errors.push(...pathErrors(service.path, here.child('path')))
  return errors
}

const FORM = 'desired format: https://host[/path]'

function urlErrors(text: string, at: FieldPath): FieldError[] {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url)
    return [required(at, `url must be a valid URL: parse ${JSON.stringify(text)}: invalid URI for request; ${FORM}`)]
  const errors: FieldError[] = []
  if (url.protocol !== 'https:')
    errors.push(invalidValue(at, url.protocol.slice(0, -1), `'https' is the only allowed URL scheme; ${FORM}`))
  if (url.host === '') errors.push(invalidValue(at, url.host, `host must be specified; ${FORM}`))
  if (url.username !== '' || url.password !== '')
    errors.push(invalidValue(at, url.username, 'user information is not permitted in the URL'))
  if (text.includes('#')) errors.push(invalidValue(at, url.hash.slice(1), 'fragments are not permitted in the URL'))
  if (text.includes('?'))
    errors.push(invalidValue(at, url.search.slice(1), 'query parameters are not permitted in the URL'))
  return errors
}

function pathErrors(path: string, at: FieldPath): FieldError[] {
  if (path === '/') return []
  if (!path.startsWith('/')) return [invalidValue(at, path, "must start with a '/'")]
  const parts = (path.endsWith('/') ? path.slice(1, -1) : path.slice(1)).split('/')
  return parts.flatMap((part, index) => {
    if (part === '') return [invalidValue(at, path, `segment[${index}] may not be empty`)]
    const wrong = part.split('.').flatMap(dnsLabelErrors)
    return wrong.map((why) => invalidValue(at, path, `segment[${index}]: ${why}`))
  })
}

function reviewVersionErrors(versions: readonly string[], at: FieldPath): FieldError[] {
  if (versions.length === 0) return [required(at)]
  const errors: FieldError[] = []
  for (const [index, version] of versions.entries()) {
    if (versions.indexOf(version) < index) errors.push(invalidValue(at.index(index), version, 'duplicate version'))
    else for (const why of dns1035Errors(version)) errors.push(invalidValue(at.index(index), version, why))
  }
  if (!versions.some((version) => REVIEW_VERSIONS.includes(version)))
    errors.push(invalidValue(at, versions, `must include at least one of ${REVIEW_VERSIONS.join(', ')}`))
  return errors
}
