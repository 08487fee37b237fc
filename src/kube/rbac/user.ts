/**
 * A user as authorizers and reviews know one (authentication.k8s.io/v1 UserInfo), and the names of those that Kubernetes
 * itself has.
 */
export interface UserInfo {
  readonly username: string
  readonly uid?: string | undefined
  readonly groups: readonly string[]
  readonly extra?: Readonly<Record<string, readonly string[]>> | undefined
}

export const MASTERS = 'system:masters'
export const AUTHENTICATED = 'system:authenticated'
export const UNAUTHENTICATED = 'system:unauthenticated'
export const ANONYMOUS = 'system:anonymous'
export const NODES = 'system:nodes'
export const SERVICE_ACCOUNTS = 'system:serviceaccounts'

const NODE_PREFIX = 'system:node:'
const ACCOUNT_PREFIX = 'system:serviceaccount:'

export const isMaster = ({ groups }: UserInfo): boolean => groups.includes(MASTERS)

export const nodeUser = (node: string): string => `${NODE_PREFIX}${node}`

/** The node whose agent this is, if it is one's. */
export const nodeOf = ({ username, groups }: UserInfo): string | undefined =>
  username.startsWith(NODE_PREFIX) && groups.includes(NODES) ? username.slice(NODE_PREFIX.length) : undefined

export const accountUser = (namespace: string, name: string): string => `${ACCOUNT_PREFIX}${namespace}:${name}`

export const accountGroups = (namespace: string): string[] => [SERVICE_ACCOUNTS, `${SERVICE_ACCOUNTS}:${namespace}`]

/** Namespace and name of the ServiceAccount that goes by this name; undefined where it is no ServiceAccount's. */
export function accountOf(username: string): { readonly namespace: string; readonly name: string } | undefined {
  if (!username.startsWith(ACCOUNT_PREFIX)) return undefined
  const [namespace, name, ...more] = username.slice(ACCOUNT_PREFIX.length).split(':')
  return namespace && name && more.length === 0 ? { namespace, name } : undefined
}
