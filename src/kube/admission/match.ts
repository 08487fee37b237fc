/**
 * Whether a webhook, a policy or a policy's binding is about a write: by its rules, and by the labels of the object and of
 * its namespace. Parsed once, asked with every write.
 * https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#matching-requests-rules
 */

import type { KubeObject } from '../object.ts'
import type { Resource } from '../resource.ts'
import type { MatchResources } from '../resources/admissionregistration/match-resources.ts'
import type { NamedRule } from '../resources/admissionregistration/rules.ts'
import { fromLabelSelector, type LabelSelector, type LabelSelectorObject, type Labels, matches } from '../selectors.ts'
import type { Attributes } from './attributes.ts'

/** What a cluster knows, and a rule has to. */
export interface Surroundings {
  /** The versions, in all groups, that the same objects are served in; the resource itself may be among them. */
  readonly versionsOf: (resource: Resource) => readonly Resource[]
  readonly labelsOf: (namespace: string) => Labels
}

export interface Match {
  /** The version in which the rules name what is written, which is the one to show it in; undefined where they do not. */
  resource(attributes: Attributes, versionsOf: Surroundings['versionsOf']): Resource | undefined
  /** By the labels of the namespace; of a Namespace by its own. */
  namespace(attributes: Attributes, labelsOf: Surroundings['labelsOf']): boolean
  /** By the labels of the object, before the write or after it. */
  object(attributes: Attributes): boolean
  /** Whether some write of a resource's objects could be matched: cheap, and asked before anything is prepared. */
  mayConcern(resource: Resource, versionsOf: Surroundings['versionsOf']): boolean
}

export type MatchPolicy = 'Exact' | 'Equivalent'

export interface Matched {
  /** Undefined of a binding that leaves it to its policy. */
  readonly rules: readonly NamedRule[] | undefined
  readonly excluded?: readonly NamedRule[] | undefined
  readonly matchPolicy?: MatchPolicy | undefined
  readonly namespaceSelector?: LabelSelectorObject | undefined
  readonly objectSelector?: LabelSelectorObject | undefined
}

const EVERYTHING: LabelSelector = { requirements: [] }

export function compileMatch(matched: Matched): Match {
  const { rules, excluded = [], matchPolicy = 'Exact' } = matched
  const inNamespace = fromLabelSelector(matched.namespaceSelector) ?? EVERYTHING
  const ofObject = fromLabelSelector(matched.objectSelector) ?? EVERYTHING
  return {
    resource(attributes, versionsOf) {
      if (isExempt(attributes.resource)) return undefined
      if (excluded.length > 0 && named(excluded, matchPolicy, attributes, versionsOf)) return undefined
      return rules === undefined ? attributes.resource : named(rules, matchPolicy, attributes, versionsOf)
    },
    namespace: (attributes, labelsOf) => isInNamespace(inNamespace, attributes, labelsOf),
    object: ({ object, oldObject }) =>
      selectsAll(ofObject) || hasLabels(ofObject, object) || hasLabels(ofObject, oldObject),
    mayConcern(resource, versionsOf) {
      if (isExempt(resource)) return false
      if (rules === undefined) return true
      const versions = matchPolicy === 'Exact' ? [resource] : [resource, ...versionsOf(resource)]
      return rules.some((rule) => versions.some((version) => namesVersion(rule, version) && namesAny(rule, version)))
    },
  }
}

/** Of a policy, and of a binding: one without rules leaves them to its policy. */
export const matchOf = ({ resourceRules = [], excludeResourceRules, ...rest }: MatchResources): Match =>
  compileMatch({
    ...rest,
    rules: resourceRules.length === 0 ? undefined : resourceRules,
    excluded: excludeResourceRules,
  })

/** The version in which a write is matched; undefined where it is not. */
export function matchedIn(match: Match, attributes: Attributes, surroundings: Surroundings): Resource | undefined {
  const resource = match.resource(attributes, surroundings.versionsOf)
  if (!resource || !match.object(attributes)) return undefined
  return match.namespace(attributes, surroundings.labelsOf) ? resource : undefined
}

const ADMISSION_GROUP = 'admissionregistration.k8s.io'
const REVIEW_GROUPS = new Set(['authentication.k8s.io', 'authorization.k8s.io'])

/**
 * What nobody may judge: those who judge, lest one locks out whoever would mend it, and questions about who may do what.
 */
const isExempt = ({ group }: Resource): boolean => group === ADMISSION_GROUP || REVIEW_GROUPS.has(group)

/** A rule that names the version of the request comes before one that names another of the same objects. */
function named(
  rules: readonly NamedRule[],
  matchPolicy: MatchPolicy,
  attributes: Attributes,
  versionsOf: Surroundings['versionsOf'],
): Resource | undefined {
  const { resource } = attributes
  const fitting = rules.filter((rule) => fits(rule, attributes))
  if (fitting.some((rule) => names(rule, resource, attributes.subresource))) return resource
  if (matchPolicy === 'Exact' || fitting.length === 0) return undefined
  const others = versionsOf(resource).filter((version) => !isSame(version, resource))
  for (const rule of fitting) {
    const found = others.find((version) => names(rule, version, attributes.subresource))
    if (found) return found
  }
  return undefined
}

const isSame = (a: Resource, b: Resource): boolean => a.group === b.group && a.version === b.version

/** All of a rule but what it says of group, version and resource. */
function fits({ operations = [], scope = '*', resourceNames = [] }: NamedRule, attributes: Attributes): boolean {
  return (
    holds(operations, attributes.operation) &&
    (resourceNames.length === 0 || resourceNames.includes(attributes.name)) &&
    (scope === '*' || (scope === 'Namespaced') === isNamespaced(attributes))
  )
}

/** A Namespace lies in itself, and is of the cluster's scope all the same. */
const isNamespaced = ({ resource, namespace }: Attributes): boolean => !isNamespaces(resource) && namespace !== ''

const isNamespaces = ({ group, plural }: Resource): boolean => group === '' && plural === 'namespaces'

const names = (rule: NamedRule, resource: Resource, subresource: string | undefined): boolean =>
  namesVersion(rule, resource) &&
  (rule.resources ?? []).some((text) => namesResource(text, resource.plural, subresource))

const namesVersion = ({ apiGroups = [], apiVersions = [] }: NamedRule, { group, version }: Resource): boolean =>
  holds(apiGroups, group) && holds(apiVersions, version)

/** Whatever the subresource. */
const namesAny = ({ resources = [] }: NamedRule, { plural }: Resource): boolean =>
  resources.some((text) => holds([resourceIn(text)], plural))

const resourceIn = (text: string): string => text.split('/', 1)[0] ?? ''

/** `pods`, `pods/status`, `pods/*`; with a star for the resource any. Without a slash no subresource is meant. */
function namesResource(text: string, plural: string, subresource = ''): boolean {
  const slash = text.indexOf('/')
  const sub = slash < 0 ? '' : text.slice(slash + 1)
  return holds([resourceIn(text)], plural) && (sub === '*' || sub === subresource)
}

const holds = (list: readonly string[], value: string): boolean => list.some((item) => item === '*' || item === value)

function isInNamespace(selector: LabelSelector, attributes: Attributes, labelsOf: Surroundings['labelsOf']): boolean {
  const { resource, namespace, object, subresource, operation } = attributes
  // What lies in no namespace is not exempted by any.
  if (selectsAll(selector) || namespace === '') return true
  // What a write makes of a Namespace counts for that very write.
  const isItself = isNamespaces(resource) && subresource === undefined && operation !== 'DELETE'
  return matches(selector, isItself ? object?.metadata.labels : labelsOf(namespace))
}

const selectsAll = ({ requirements }: LabelSelector): boolean => requirements.length === 0

const hasLabels = (selector: LabelSelector, object: KubeObject | undefined): boolean =>
  object !== undefined && matches(selector, object.metadata.labels)
