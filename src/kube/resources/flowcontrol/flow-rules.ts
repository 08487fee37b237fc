/** Whose requests, and for what, a FlowSchema takes: rules and words of k8s.io/kubernetes pkg/apis/flowcontrol/validation. */
import {
  type FieldError,
  type FieldPath,
  forbiddenField,
  invalidEach,
  invalidValue,
  notSupported,
  required,
} from '../../field.ts'
import { dnsLabelErrors, dnsSubdomainErrors } from '../../names.ts'
import type { FlowSchema } from '../../types.ts'

type Rule = NonNullable<FlowSchema['spec']['rules']>[number]
type Subject = Rule['subjects'][number]
type ResourceRule = NonNullable<Rule['resourceRules']>[number]
type NonResourceRule = NonNullable<Rule['nonResourceRules']>[number]

const ALL = '*'
const VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'proxy', 'update', 'watch']

export function ruleErrors(rule: Rule, at: FieldPath): FieldError[] {
  const { subjects = [], resourceRules = [], nonResourceRules = [] } = rule
  return [
    ...(subjects.length === 0 ? [required(at.child('subjects'), 'subjects must contain at least one value')] : []),
    ...subjects.flatMap((subject, index) => subjectErrors(subject, at.child('subjects').index(index))),
    ...(resourceRules.length === 0 && nonResourceRules.length === 0
      ? [required(at, 'at least one of resourceRules and nonResourceRules has to be non-empty')]
      : []),
    ...resourceRules.flatMap((each, index) => resourceRuleErrors(each, at.child('resourceRules').index(index))),
    ...nonResourceRules.flatMap((each, index) => urlRuleErrors(each, at.child('nonResourceRules').index(index))),
  ]
}

/** Where the subject of each kind stands. */
const PLACES = { ServiceAccount: 'serviceAccount', User: 'user', Group: 'group' } as const
type SubjectKind = keyof typeof PLACES

const isSubjectKind = (kind: string | undefined): kind is SubjectKind => Object.hasOwn(PLACES, kind ?? '')

function subjectErrors(subject: Subject, at: FieldPath): FieldError[] {
  const { kind } = subject
  if (!isSubjectKind(kind)) return [notSupported(at.child('kind'), kind ?? '', ['Group', 'ServiceAccount', 'User'])]
  const others = (Object.keys(PLACES) as SubjectKind[]).filter((other) => other !== kind)
  const place = PLACES[kind]
  const here = at.child(place)
  return [
    ...(subject[place] === undefined
      ? [required(here, `${place} is required when subject kind is '${kind}'`)]
      : namedErrors(subject, kind, here)),
    ...others
      .filter((other) => subject[PLACES[other]] !== undefined)
      .map((other) =>
        forbiddenField(at.child(PLACES[other]), `${PLACES[other]} is forbidden when subject kind is not '${other}'`),
      ),
  ]
}

function namedErrors({ serviceAccount, user, group }: Subject, kind: SubjectKind, at: FieldPath): FieldError[] {
  if (kind !== 'ServiceAccount') return (user ?? group)?.name ? [] : [required(at.child('name'))]
  const { name = '', namespace = '' } = serviceAccount ?? {}
  return [
    ...(name === '' ? [required(at.child('name'))] : []),
    ...(name === '' || name === ALL ? [] : invalidEach(at.child('name'), name, dnsSubdomainErrors(name))),
    ...(namespace === ''
      ? [required(at.child('namespace'), 'must specify namespace for service account')]
      : invalidEach(at.child('namespace'), namespace, dnsLabelErrors(namespace))),
  ]
}

function verbErrors(verbs: readonly string[], at: FieldPath): FieldError[] {
  if (verbs.length === 0) return [required(at, 'verbs must contain at least one value')]
  if (verbs.includes(ALL)) return aloneErrors(verbs, at, 'verbs')
  return verbs.every((verb) => VERBS.includes(verb)) ? [] : [notSupported(at, verbs, VERBS)]
}

/** What stands for all stands alone. */
const aloneErrors = (values: readonly string[], at: FieldPath, what: string): FieldError[] =>
  values.includes(ALL) && values.length > 1
    ? [invalidValue(at, values, `if '*' is present, must not specify other ${what}`)]
    : []

function listErrors(values: readonly string[], at: FieldPath, one: string, many: string): FieldError[] {
  if (values.length === 0) return [required(at, `resource rules must supply at least one ${one}`)]
  return aloneErrors(values, at, many)
}

function resourceRuleErrors(rule: ResourceRule, at: FieldPath): FieldError[] {
  const { verbs = [], apiGroups = [], resources = [], namespaces = [], clusterScope = false } = rule
  const where = at.child('namespaces')
  return [
    ...verbErrors(verbs, at.child('verbs')),
    ...listErrors(apiGroups, at.child('apiGroups'), 'api group', 'api groups'),
    ...listErrors(resources, at.child('resources'), 'resource', 'resources'),
    ...(namespaces.length === 0 && !clusterScope
      ? [required(where, 'resource rules that are not cluster scoped must supply at least one namespace')]
      : []),
    ...aloneErrors(namespaces, where, 'namespaces'),
    ...(namespaces.includes(ALL) ? [] : namespaces.flatMap((name, index) => namespaceErrors(name, where.index(index)))),
  ]
}

const namespaceErrors = (name: string, at: FieldPath): FieldError[] =>
  dnsLabelErrors(name).map((why) =>
    invalidValue(at, name, `each member of this list must be '*' or a DNS-1123 label; ${why}`),
  )

function urlRuleErrors({ verbs = [], nonResourceURLs: urls = [] }: NonResourceRule, at: FieldPath): FieldError[] {
  const here = at.child('nonResourceURLs')
  return [
    ...verbErrors(verbs, at.child('verbs')),
    ...(urls.length === 0 ? [required(here, 'nonResourceURLs must contain at least one value')] : []),
    ...aloneErrors(urls, here, 'non-resource URLs'),
    ...(urls.includes(ALL) ? [] : urls.flatMap((url, index) => urlErrors(url, here.index(index)))),
  ]
}

function urlErrors(url: string, at: FieldPath): FieldError[] {
  const fault = urlFault(url)
  return fault === undefined ? [] : [invalidValue(at, url, fault)]
}

function urlFault(url: string): string | undefined {
  if (url === '') return 'must not be empty'
  if (url === '/') return undefined
  if (!url.startsWith('/')) return 'must start with slash'
  if (url.includes(' ')) return 'must not contain white-space'
  if (url.includes('//')) return 'must not contain double slash'
  const stars = url.split(ALL).length - 1
  return stars > 1 || (stars === 1 && !url.endsWith('/*')) ? 'wildcard can only do suffix matching' : undefined
}
