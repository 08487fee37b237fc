/**
 * The rules of roles: what one allows, and whether some rules allow all that others do.
 * https://kubernetes.io/docs/reference/access-authn-authz/rbac/
 */
import type {
  IIoK8sApiRbacV1PolicyRule,
  IIoK8sApiRbacV1RoleRef,
  IIoK8sApiRbacV1Subject,
} from 'kubernetes-models/rbac.authorization.k8s.io/v1'
import type { FieldTerm } from '../selectors.ts'

export const RBAC_GROUP = 'rbac.authorization.k8s.io'

export type PolicyRule = IIoK8sApiRbacV1PolicyRule
export type RoleRef = IIoK8sApiRbacV1RoleRef
export type Subject = IIoK8sApiRbacV1Subject

/** What is to be done to what, as the authorizer is asked (authorization.k8s.io ResourceAttributes). */
export interface ResourceAction {
  readonly verb: string
  readonly group: string
  /** `*` or '' only where a review asks for all. */
  readonly version?: string | undefined
  readonly resource: string
  readonly subresource?: string | undefined
  /** '' for cluster-scoped things and for all namespaces. */
  readonly namespace: string
  /** '' for lists and creates. */
  readonly name: string
  /** The request's field selector, which an authorizer may trust (KEP-4601). */
  readonly fields?: readonly FieldTerm[] | undefined
}

/** A path outside the API's resources, `/metrics`. */
export interface PathAction {
  readonly verb: string
  readonly path: string
}

export type Action = ResourceAction | PathAction

export const isPathAction = (action: Action): action is PathAction => 'path' in action

export function ruleAllows(rule: PolicyRule, action: Action): boolean {
  if (!holds(rule.verbs, action.verb)) return false
  if (isPathAction(action)) return (rule.nonResourceURLs ?? []).some((pattern) => urlMatches(pattern, action.path))
  return (
    holds(rule.apiGroups, action.group) &&
    (rule.resources ?? []).some((resource) => resourceMatches(resource, action)) &&
    (isEmpty(rule.resourceNames) || rule.resourceNames.includes(action.name))
  )
}

const ALL = '*'

const isEmpty = (list: readonly string[] | undefined): list is undefined => list === undefined || list.length === 0

const holds = (list: readonly string[] | undefined, value: string): boolean =>
  list?.some((item) => item === ALL || item === value) ?? false

const urlMatches = (pattern: string, path: string): boolean =>
  pattern === ALL || pattern === path || (pattern.endsWith(ALL) && path.startsWith(pattern.replace(/\*+$/, '')))

function resourceMatches(pattern: string, { resource, subresource }: ResourceAction): boolean {
  if (pattern === ALL) return true
  if (!subresource) return pattern === resource
  return pattern === `${resource}/${subresource}` || pattern === `*/${subresource}`
}

/** Those of `wanted` that `held` do not cover, taken apart as far as need be; none where all is covered. */
export const uncovered = (held: readonly PolicyRule[], wanted: readonly PolicyRule[]): PolicyRule[] =>
  wanted.flatMap(breakDown).filter((part) => !held.some((rule) => covers(rule, part)))

/** Rules of one verb and one group, resource and name, or one URL, each. */
function breakDown({ verbs = [], apiGroups, resources, resourceNames, nonResourceURLs }: PolicyRule): PolicyRule[] {
  const parts: PolicyRule[] = []
  for (const verb of verbs) {
    for (const url of nonResourceURLs ?? []) parts.push({ verbs: [verb], nonResourceURLs: [url] })
    for (const group of apiGroups ?? [])
      for (const resource of resources ?? [])
        for (const name of isEmpty(resourceNames) ? [undefined] : resourceNames)
          parts.push({
            verbs: [verb],
            apiGroups: [group],
            resources: [resource],
            ...(name === undefined ? {} : { resourceNames: [name] }),
          })
  }
  return parts
}

function covers(held: PolicyRule, part: PolicyRule): boolean {
  if (!part.verbs.every((verb) => holds(held.verbs, verb))) return false
  if (part.nonResourceURLs)
    return part.nonResourceURLs.every((url) => (held.nonResourceURLs ?? []).some((known) => urlMatches(known, url)))
  return (
    (part.apiGroups ?? []).every((group) => holds(held.apiGroups, group)) &&
    (part.resources ?? []).every((resource) => resourceCovered(held.resources, resource)) &&
    (isEmpty(held.resourceNames) || (part.resourceNames ?? []).some((name) => held.resourceNames?.includes(name)))
  )
}

function resourceCovered(held: readonly string[] | undefined, resource: string): boolean {
  if (holds(held, resource)) return true
  const slash = resource.indexOf('/')
  return slash >= 0 && (held?.includes(`*${resource.slice(slash)}`) ?? false)
}

/** Those of one group, resource and name together, with all their verbs: as people read them. */
export function compacted(parts: readonly PolicyRule[]): PolicyRule[] {
  const byThing = new Map<string, PolicyRule>()
  for (const { verbs, ...thing } of parts) {
    const key = JSON.stringify(thing)
    const known = byThing.get(key)
    byThing.set(key, { verbs: [...(known?.verbs ?? []), ...verbs], ...thing })
  }
  return [...byThing.values()]
}

/** `{APIGroups:["apps"], Resources:["deployments"], Verbs:["get" "list"]}`, as Kubernetes' refusals have it. */
export function ruleText({ apiGroups, resources, nonResourceURLs, resourceNames, verbs }: PolicyRule): string {
  const parts = [
    ['APIGroups', apiGroups],
    ['Resources', resources],
    ['NonResourceURLs', nonResourceURLs],
    ['ResourceNames', resourceNames],
    ['Verbs', verbs],
  ] as const
  const shown = parts.flatMap(([name, values]) => (isEmpty(values) ? [] : [`${name}:${quotedList(values)}`]))
  return `{${shown.join(', ')}}`
}

/** As Go prints a list of quoted strings. */
export const quotedList = (values: readonly string[]): string =>
  `[${values.map((value) => JSON.stringify(value)).join(' ')}]`
