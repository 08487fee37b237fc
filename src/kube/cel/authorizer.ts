/**
 * Kubernetes' authorizer library: what an expression asks of what a user may do.
 * https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-authorizer-library
 */
import type { Environment } from '@marcbachmann/cel-js'
import { dnsLabelErrors, dnsSubdomainErrors } from '../names.ts'
import type { Action, ResourceAction } from '../rbac/rules.ts'
import { AUTHENTICATED, accountGroups, accountUser, type UserInfo } from '../rbac/user.ts'
import { type FieldTerm, parseFieldSelector } from '../selectors.ts'

export interface Ruling {
  readonly allowed: boolean
  /** Why; may be ''. */
  readonly reason: string
}

export type Decide = (user: UserInfo, action: Action) => Ruling

/** The names that the checker knows the library's types by. */
export const AUTHORIZER = 'kubernetes.authorization.Authorizer'
const GROUP_CHECK = 'kubernetes.authorization.GroupCheck'
export const RESOURCE_CHECK = 'kubernetes.authorization.ResourceCheck'
const PATH_CHECK = 'kubernetes.authorization.PathCheck'
const DECISION = 'kubernetes.authorization.Decision'

class CelDecision {
  readonly ruling: Ruling
  constructor(ruling: Ruling) {
    this.ruling = ruling
  }
}

/** Who is asked about, and who answers. */
interface Asked {
  readonly user: UserInfo
  readonly decide: Decide
}

class CelPathCheck {
  readonly asked: Asked
  readonly path: string
  constructor(asked: Asked, path: string) {
    this.asked = asked
    this.path = path
  }
}

class CelGroupCheck {
  readonly asked: Asked
  readonly group: string
  constructor(asked: Asked, group: string) {
    this.asked = asked
    this.group = group
  }
}

class CelResourceCheck {
  readonly asked: Asked
  readonly action: Omit<ResourceAction, 'verb'>
  constructor(asked: Asked, action: Omit<ResourceAction, 'verb'>) {
    this.asked = asked
    this.action = action
  }

  with(more: Partial<ResourceAction>): CelResourceCheck {
    return new CelResourceCheck(this.asked, { ...this.action, ...more })
  }
}

/** The value of the variable `authorizer`. */
export class CelAuthorizer {
  readonly asked: Asked
  readonly requestResource: CelResourceCheck
  /** `request`: what the request itself is about. */
  constructor(asked: Asked, request: Omit<ResourceAction, 'verb'>) {
    this.asked = asked
    this.requestResource = new CelResourceCheck(asked, request)
  }
}

export function registerAuthorizer(env: Environment): void {
  env.registerType(DECISION, { ctor: CelDecision, fields: {} })
  env.registerType(PATH_CHECK, { ctor: CelPathCheck, fields: {} })
  env.registerType(RESOURCE_CHECK, { ctor: CelResourceCheck, fields: {} })
  env.registerType(GROUP_CHECK, { ctor: CelGroupCheck, fields: {} })
  env.registerType(AUTHORIZER, { ctor: CelAuthorizer, fields: { requestResource: RESOURCE_CHECK } })
  env.registerFunction(`${AUTHORIZER}.path(string): ${PATH_CHECK}`, ({ asked }: CelAuthorizer, path: string) => {
    if (path.trim() === '') throw new Error('path must not be empty')
    return new CelPathCheck(asked, path)
  })
  env.registerFunction(
    `${AUTHORIZER}.group(string): ${GROUP_CHECK}`,
    ({ asked }: CelAuthorizer, group: string) => new CelGroupCheck(asked, group),
  )
  env.registerFunction(`${AUTHORIZER}.serviceAccount(string, string): ${AUTHORIZER}`, serviceAccount)
  env.registerFunction(
    `${GROUP_CHECK}.resource(string): ${RESOURCE_CHECK}`,
    ({ asked, group }: CelGroupCheck, resource: string) => {
      if (resource.trim() === '') throw new Error('resource must not be empty')
      return new CelResourceCheck(asked, { group, version: '*', resource, namespace: '', name: '' })
    },
  )
  registerChecks(env)
  registerDecisions(env)
}

function serviceAccount({ asked, requestResource }: CelAuthorizer, namespace: string, name: string): CelAuthorizer {
  const [wrongName] = dnsSubdomainErrors(name)
  if (wrongName !== undefined) throw new Error(`Invalid service account name: ${wrongName}`)
  const [wrongNamespace] = dnsLabelErrors(namespace)
  if (wrongNamespace !== undefined) throw new Error(`Invalid service account namespace: ${wrongNamespace}`)
  const user = { username: accountUser(namespace, name), groups: [...accountGroups(namespace), AUTHENTICATED] }
  return new CelAuthorizer({ ...asked, user }, requestResource.action)
}

function registerChecks(env: Environment): void {
  const narrowing = (name: string, narrow: (text: string) => Partial<ResourceAction>) =>
    env.registerFunction(
      `${RESOURCE_CHECK}.${name}(string): ${RESOURCE_CHECK}`,
      (check: CelResourceCheck, text: string) => check.with(narrow(text)),
    )
  narrowing('subresource', (subresource) => ({ subresource: subresource === '' ? undefined : subresource }))
  narrowing('namespace', (namespace) => ({ namespace }))
  narrowing('name', (name) => ({ name }))
  narrowing('fieldSelector', (text) => ({ fields: termsOf(text) }))
  // No authorizer of ours looks at labels.
  narrowing('labelSelector', () => ({}))
  env.registerFunction(
    `${RESOURCE_CHECK}.check(string): ${DECISION}`,
    ({ asked: { user, decide }, action }: CelResourceCheck, verb: string) =>
      new CelDecision(decide(user, { ...action, verb })),
  )
  env.registerFunction(
    `${PATH_CHECK}.check(string): ${DECISION}`,
    ({ asked: { user, decide }, path }: CelPathCheck, verb: string) => new CelDecision(decide(user, { path, verb })),
  )
}

/** A selector that can't be read narrows nothing. */
function termsOf(text: string): FieldTerm[] | undefined {
  try {
    return parseFieldSelector(text)
  } catch {
    return undefined
  }
}

function registerDecisions(env: Environment): void {
  env.registerFunction(`${DECISION}.allowed(): bool`, ({ ruling }: CelDecision) => ruling.allowed)
  env.registerFunction(`${DECISION}.reason(): string`, ({ ruling }: CelDecision) => ruling.reason)
  // A decision is reckoned from the cluster's own objects: there is nothing that could fail.
  env.registerFunction(`${DECISION}.errored(): bool`, () => false)
  env.registerFunction(`${DECISION}.error(): string`, () => '')
}
