/**
 * Forms of names, labels and annotations, with the messages of k8s.io/apimachinery's `util/validation`.
 * Each function answers what is wrong, in words; nothing if it is right.
 */

const LABEL_FORM = '[a-z0-9]([-a-z0-9]*[a-z0-9])?'
const DNS_LABEL = new RegExp(`^${LABEL_FORM}$`)
const DNS_SUBDOMAIN = new RegExp(`^${LABEL_FORM}(\\.${LABEL_FORM})*$`)
const WILDCARD_SUBDOMAIN = new RegExp(`^\\*\\.${LABEL_FORM}(\\.${LABEL_FORM})*$`)
const DNS_1035 = /^[a-z]([-a-z0-9]*[a-z0-9])?$/
const QUALIFIED = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/
const LABEL_VALUE = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/
const CONFIG_KEY = /^[-._a-zA-Z0-9]+$/
/** Printable ASCII but `=` (KEP-4369, on by default since v1.32). */
const ENV_NAME = /^[ -<>-~]+$/
const PORT_NAME = /^[-a-z0-9]+$/

const longer = (max: number): string => `must be no more than ${max} characters`

export function dnsLabelErrors(name: string): string[] {
  const errors: string[] = []
  if (name.length > 63) errors.push(longer(63))
  if (!DNS_LABEL.test(name))
    errors.push(
      `a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '${LABEL_FORM}')`,
    )
  return errors
}

export function dnsSubdomainErrors(name: string): string[] {
  const errors: string[] = []
  if (name.length > 253) errors.push(longer(253))
  if (!DNS_SUBDOMAIN.test(name))
    errors.push(
      `a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '${LABEL_FORM}(\\.${LABEL_FORM})*')`,
    )
  return errors
}

/** `*.example.com`. */
export function wildcardSubdomainErrors(name: string): string[] {
  const errors: string[] = []
  if (name.length > 253) errors.push(longer(253))
  if (!WILDCARD_SUBDOMAIN.test(name))
    errors.push(
      `a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. '*.example.com', regex used for validation is '\\*\\.${LABEL_FORM}(\\.${LABEL_FORM})*')`,
    )
  return errors
}

export function dns1035Errors(name: string): string[] {
  const errors: string[] = []
  if (name.length > 63) errors.push(longer(63))
  if (!DNS_1035.test(name))
    errors.push(
      "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')",
    )
  return errors
}

export function pathSegmentErrors(name: string): string[] {
  if (name === '.' || name === '..') return [`may not be '${name}'`]
  return ['/', '%'].filter((part) => name.includes(part)).map((part) => `may not contain '${part}'`)
}

export function qualifiedNameErrors(key: string): string[] {
  const parts = key.split('/')
  const name = parts.at(-1) ?? ''
  const errors: string[] = []
  if (parts.length > 2)
    return [
      "a qualified name must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')",
    ]
  if (parts.length === 2) {
    const prefix = parts[0] ?? ''
    if (prefix === '') errors.push('prefix part must be non-empty')
    else errors.push(...dnsSubdomainErrors(prefix).map((error) => `prefix part ${error}`))
  }
  if (name === '') errors.push('name part must be non-empty')
  else if (name.length > 63) errors.push(`name part ${longer(63)}`)
  if (!QUALIFIED.test(name))
    errors.push(
      "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
    )
  return errors
}

export function labelValueErrors(value: string): string[] {
  const errors: string[] = []
  if (value.length > 63) errors.push(longer(63))
  if (!LABEL_VALUE.test(value))
    errors.push(
      "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
    )
  return errors
}

/** Keys of ConfigMaps and Secrets. */
export function configKeyErrors(key: string): string[] {
  const errors: string[] = []
  if (key.length > 253) errors.push(longer(253))
  if (!CONFIG_KEY.test(key))
    errors.push(
      "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')",
    )
  if (key === '.' || key === '..') errors.push(`must not be '${key}'`)
  else if (key.startsWith('..')) errors.push("must not start with '..'")
  return errors
}

export function envNameErrors(name: string): string[] {
  if (ENV_NAME.test(name)) return []
  return ["a valid environment variable name must consist only of printable ASCII characters other than '='"]
}

/** IANA service names, for ports (RFC 6335). */
export function portNameErrors(name: string): string[] {
  const errors: string[] = []
  if (name.length > 15) errors.push('must be no more than 15 characters')
  if (!PORT_NAME.test(name)) errors.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)')
  if (!/[a-z]/.test(name)) errors.push('must contain at least one letter (a-z)')
  if (name.includes('--')) errors.push('must not contain consecutive hyphens')
  if (name.startsWith('-') || name.endsWith('-')) errors.push('must not begin or end with a hyphen')
  return errors
}

export const portNumberErrors = (port: number): string[] =>
  Number.isInteger(port) && port >= 1 && port <= 65_535 ? [] : ['must be between 1 and 65535, inclusive']
