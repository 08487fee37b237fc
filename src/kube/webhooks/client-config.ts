/** Where a webhook is called: a URL, or a Service of the cluster. Of conversions and of admission alike. */
import { type FieldError, type FieldPath, invalidValue, required } from '../field.ts'
import { dnsSubdomainErrors, portNumberErrors } from '../names.ts'

export interface ClientConfig {
  readonly url?: string
  readonly service?: {
    readonly namespace?: string
    readonly name?: string
    readonly path?: string
    readonly port?: number
  }
}

export function clientConfigErrors({ url, service }: ClientConfig, at: FieldPath): FieldError[] {
  if ((url === undefined) === (service === undefined))
    return [required(at, 'exactly one of url or service is required')]
  if (url !== undefined) return urlErrors(url, at.child('url'))
  const here = at.child('service')
  const errors: FieldError[] = []
  if (!service?.name) errors.push(required(here.child('name'), 'service name is required'))
  if (!service?.namespace) errors.push(required(here.child('namespace'), 'service namespace is required'))
  if (service?.port !== undefined)
    for (const why of portNumberErrors(service.port))
      errors.push(invalidValue(here.child('port'), service.port, `port is not valid: ${why}`))
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
  if (url.host === '') errors.push(invalidValue(at, url.host, `host must be provided; ${FORM}`))
  if (url.username !== '' || url.password !== '')
    errors.push(invalidValue(at, url.username, 'user information is not permitted in the URL'))
  if (text.includes('#')) errors.push(invalidValue(at, url.hash.slice(1), 'fragments are not permitted in the URL'))
  if (text.includes('?'))
    errors.push(invalidValue(at, url.search.slice(1), 'query parameters are not permitted in the URL'))
  return errors
}

function pathErrors(path: string, at: FieldPath): FieldError[] {
  if (path === '' || path === '/') return []
  const errors = path.startsWith('/') ? [] : [invalidValue(at, path, "must start with a '/'")]
  const parts = path.slice(1).replace(/\/$/, '').split('/')
  return [
    ...errors,
    ...parts.flatMap((part, index) =>
      part === ''
        ? [invalidValue(at, path, `segment[${index}] may not be empty`)]
        : dnsSubdomainErrors(part).map((why) => invalidValue(at, path, `segment[${index}]: ${why}`)),
    ),
  ]
}
