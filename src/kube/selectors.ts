/**
 * Label and field selectors: parsing of query strings and of `LabelSelector` objects, and matching.
 * https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors
 */
import { badRequest } from './errors.ts'
import { labelValueErrors, qualifiedNameErrors } from './names.ts'

/** A label selector's requirements, all of which must hold (labels.Requirement of apimachinery). */
export interface LabelSelector {
  readonly requirements: readonly LabelRequirement[]
}

export type LabelRequirement =
  | { readonly op: 'in' | 'notIn'; readonly key: string; readonly values: readonly string[] }
  | { readonly op: 'exists' | 'notExists'; readonly key: string }
  | { readonly op: 'greater' | 'less'; readonly key: string; readonly value: number }

export type Labels = Readonly<Record<string, string>> | undefined

export const matches = (selector: LabelSelector, labels: Labels): boolean =>
  selector.requirements.every((requirement) => meets(requirement, labelOf(labels, requirement.key)))

const labelOf = (labels: Labels, key: string): string | undefined =>
  labels && Object.hasOwn(labels, key) ? labels[key] : undefined

function meets(requirement: LabelRequirement, value: string | undefined): boolean {
  switch (requirement.op) {
    case 'in':
      return value !== undefined && requirement.values.includes(value)
    case 'notIn':
      return value === undefined || !requirement.values.includes(value)
    case 'exists':
      return value !== undefined
    case 'notExists':
      return value === undefined
    case 'greater':
      return isWhole(value) && Number(value) > requirement.value
    case 'less':
      return isWhole(value) && Number(value) < requirement.value
    default:
      return requirement satisfies never
  }
}

const isWhole = (value: string | undefined): boolean => value !== undefined && /^-?\d+$/.test(value)

export const fromSet = (labels: Readonly<Record<string, string>>): LabelSelector => ({
  requirements: Object.entries(labels).map(([key, value]) => ({ op: 'in', key, values: [value] })),
})

export interface LabelSelectorObject {
  readonly matchLabels?: Readonly<Record<string, string>>
  readonly matchExpressions?: readonly {
    readonly key: string
    readonly operator: string
    readonly values?: readonly string[]
  }[]
}

/** Of the API's LabelSelector object. An absent one selects nothing (undefined), an empty one everything. */
export function fromLabelSelector(selector: LabelSelectorObject | undefined | null): LabelSelector | undefined {
  if (!selector) return undefined
  const requirements: LabelRequirement[] = [...fromSet(selector.matchLabels ?? {}).requirements]
  for (const { key, operator, values = [] } of selector.matchExpressions ?? []) {
    switch (operator) {
      case 'In':
        requirements.push({ op: 'in', key, values })
        break
      case 'NotIn':
        requirements.push({ op: 'notIn', key, values })
        break
      case 'Exists':
        requirements.push({ op: 'exists', key })
        break
      case 'DoesNotExist':
        requirements.push({ op: 'notExists', key })
        break
      default:
        throw badRequest(`"${operator}" is not a valid label selector operator`)
    }
  }
  return { requirements }
}

export function formatLabelSelector(selector: LabelSelector): string {
  return selector.requirements.map(formatRequirement).join(',')
}

function formatRequirement(requirement: LabelRequirement): string {
  switch (requirement.op) {
    case 'in':
      return requirement.values.length === 1
        ? `${requirement.key}=${requirement.values[0]}`
        : `${requirement.key} in (${[...requirement.values].sort().join(',')})`
    case 'notIn':
      return requirement.values.length === 1
        ? `${requirement.key}!=${requirement.values[0]}`
        : `${requirement.key} notin (${[...requirement.values].sort().join(',')})`
    case 'exists':
      return requirement.key
    case 'notExists':
      return `!${requirement.key}`
    case 'greater':
      return `${requirement.key}>${requirement.value}`
    case 'less':
      return `${requirement.key}<${requirement.value}`
    default:
      return requirement satisfies never
  }
}

const KEY = String.raw`(?:[A-Za-z0-9](?:[-A-Za-z0-9.]*[A-Za-z0-9])?\/)?[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?`
const VALUE = `(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?)?`
const FORMS: readonly { pattern: RegExp; make: (key: string, value: string) => LabelRequirement }[] = [
  {
    pattern: new RegExp(`^(${KEY})\\s+in\\s*\\(([^()]*)\\)$`),
    make: (key, values) => ({ op: 'in', key, values: valuesOf(values) }),
  },
  {
    pattern: new RegExp(`^(${KEY})\\s+notin\\s*\\(([^()]*)\\)$`),
    make: (key, values) => ({ op: 'notIn', key, values: valuesOf(values) }),
  },
  {
    pattern: new RegExp(`^(${KEY})\\s*!=\\s*(${VALUE})$`),
    make: (key, value) => ({ op: 'notIn', key, values: [value] }),
  },
  {
    pattern: new RegExp(`^(${KEY})\\s*==?\\s*(${VALUE})$`),
    make: (key, value) => ({ op: 'in', key, values: [value] }),
  },
  {
    pattern: new RegExp(`^(${KEY})\\s*>\\s*(-?\\d+)$`),
    make: (key, value) => ({ op: 'greater', key, value: Number(value) }),
  },
  {
    pattern: new RegExp(`^(${KEY})\\s*<\\s*(-?\\d+)$`),
    make: (key, value) => ({ op: 'less', key, value: Number(value) }),
  },
  { pattern: new RegExp(`^(${KEY})$`), make: (key) => ({ op: 'exists', key }) },
  { pattern: new RegExp(`^!\\s*(${KEY})$`), make: (key) => ({ op: 'notExists', key }) },
]
const VALUE_ONLY = new RegExp(`^${VALUE}$`)

function valuesOf(text: string): string[] {
  const values = text.split(',').map((value) => value.trim())
  const bad = values.find((value) => !VALUE_ONLY.test(value))
  if (bad !== undefined) throw unparsable(bad)
  return [...new Set(values)]
}

const unparsable = (text: string) =>
  badRequest(
    `unable to parse requirement: found '${text}', expected: a label selector such as key=value, key in (a,b) or !key`,
  )

/** The query parameter's form. Throws 400. */
export function parseLabelSelector(text: string): LabelSelector {
  if (text.trim() === '') return { requirements: [] }
  return { requirements: splitOutside(text).map(parseRequirement) }
}

function parseRequirement(text: string): LabelRequirement {
  for (const { pattern, make } of FORMS) {
    const match = pattern.exec(text)
    if (match) return checked(make(match[1] ?? '', match[2] ?? ''))
  }
  throw unparsable(text)
}

/** A key or value that no label can have is a mistake, and not a selector that matches nothing. */
function checked(requirement: LabelRequirement): LabelRequirement {
  const values = 'values' in requirement ? requirement.values : []
  const [why] = [...qualifiedNameErrors(requirement.key), ...values.flatMap(labelValueErrors)]
  if (why !== undefined) throw badRequest(`unable to parse requirement: Invalid value: ${why}`)
  return requirement
}

/** Splits at the commas that are not within parentheses. */
function splitOutside(text: string): string[] {
  const parts: string[] = []
  let depth = 0
  let begin = 0
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '(') depth += 1
    else if (text[at] === ')') depth -= 1
    else if (text[at] === ',' && depth === 0) {
      parts.push(text.slice(begin, at).trim())
      begin = at + 1
    }
  }
  parts.push(text.slice(begin).trim())
  return parts
}

export interface FieldTerm {
  readonly field: string
  readonly op: '=' | '!='
  readonly value: string
}

/** `a=b,c!=d`; a backslash takes the meaning from comma, equals sign and backslash. Throws 400. */
export function parseFieldSelector(text: string): FieldTerm[] {
  const terms: FieldTerm[] = []
  for (const part of text.split(/(?<!\\),/)) {
    if (part === '') continue
    const match = /^((?:[^=!\\]|\\.)+)(!=|==|=)([\s\S]*)$/.exec(part)
    if (!match) throw badRequest(`invalid selector: '${part}'; can't understand '${part}'`)
    const [, field = '', op, value = ''] = match
    terms.push({ field, op: op === '!=' ? '!=' : '=', value: value.replaceAll(/\\([\\,=])/g, '$1') })
  }
  return terms
}
