/**
 * The named formats of Kubernetes' format library.
 * https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-format-library
 */
import { type Environment, Optional } from '@marcbachmann/cel-js'
import { isOfFormat } from '../custom/formats.ts'
import { dns1035Errors, dnsLabelErrors, dnsSubdomainErrors, labelValueErrors, qualifiedNameErrors } from '../names.ts'

type Check = (text: string) => string[]

class CelFormat {
  readonly check: Check
  constructor(check: Check) {
    this.check = check
  }
}

class FormatLibrary {}

const prefixed =
  (check: Check): Check =>
  (text) =>
    // What a name is generated from may end with a dash.
    check(text.endsWith('-') ? `${text.slice(0, -1)}a` : text)
const form =
  (format: string, why: string): Check =>
  (text) =>
    isOfFormat(format, text) ? [] : [why]

const FORMATS: Readonly<Record<string, Check>> = {
  dns1123Label: dnsLabelErrors,
  dns1123Subdomain: dnsSubdomainErrors,
  dns1035Label: dns1035Errors,
  qualifiedName: qualifiedNameErrors,
  dns1123LabelPrefix: prefixed(dnsLabelErrors),
  dns1123SubdomainPrefix: prefixed(dnsSubdomainErrors),
  dns1035LabelPrefix: prefixed(dns1035Errors),
  labelValue: labelValueErrors,
  uri: form('uri', 'must be a valid URI'),
  uuid: form('uuid', 'does not match the UUID format'),
  byte: form('byte', 'invalid base64'),
  date: form('date', 'invalid date'),
  datetime: form('date-time', 'invalid datetime'),
}

const NAME = 'kubernetes.NamedFormat'
const LIBRARY = 'kubernetes.Formats'

export function registerFormats(env: Environment): void {
  env.registerType(NAME, { ctor: CelFormat, fields: {} })
  env.registerType(LIBRARY, { ctor: FormatLibrary, fields: {} })
  env.registerConstant('format', LIBRARY, new FormatLibrary())
  for (const [name, check] of Object.entries(FORMATS))
    env.registerFunction(`${LIBRARY}.${name}(): ${NAME}`, () => new CelFormat(check))
  env.registerFunction(`${LIBRARY}.named(string): optional<${NAME}>`, (_: unknown, name: string) => {
    const check = Object.hasOwn(FORMATS, name) ? FORMATS[name] : undefined
    return check ? Optional.of(new CelFormat(check)) : Optional.none()
  })
  env.registerFunction(`${NAME}.validate(string): optional<list<string>>`, ({ check }: CelFormat, text: string) => {
    const errors = check(text)
    return errors.length > 0 ? Optional.of(errors) : Optional.none()
  })
}
