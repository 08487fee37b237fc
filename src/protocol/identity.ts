/**
 * Who asks, as the edge Worker has found out; it tells the cluster's object in one header, which no client can set (the
 * Worker builds the request anew). The object trusts it: nothing but the Worker can reach it.
 */
import {
  ANONYMOUS,
  AUTHENTICATED,
  accountGroups,
  accountUser,
  NODES,
  nodeUser,
  UNAUTHENTICATED,
  type UserInfo,
} from '../kube/rbac/user.ts'

export type Identity =
  | { readonly kind: 'user'; readonly name: string; readonly groups: readonly string[] }
  | { readonly kind: 'node'; readonly node: string }
  /** Without credentials. */
  | { readonly kind: 'anonymous' }
  | {
      readonly kind: 'serviceaccount'
      readonly namespace: string
      readonly name: string
      readonly uid: string
      /** The token's own id (its `jti` claim). */
      readonly token?: string
      /** What the token lives and dies with, beside its account (KEP-1205). */
      readonly bound?: BoundObject
      /** Where the Pod runs that the token is bound to. */
      readonly node?: { readonly name: string; readonly uid: string }
    }

export interface BoundObject {
  readonly kind: 'Pod' | 'Secret' | 'Node'
  readonly name: string
  readonly uid: string
}

export const IDENTITY_HEADER = 'x-skycrane-identity'
/** On an object's answer: a token (percent-encoded) of which only the edge can say whose it is. */
export const LOOK_UP_HEADER = 'x-skycrane-look-up'
/** On the request asked again: what the edge found, an Identity or null. */
export const LOOKED_UP_HEADER = 'x-skycrane-looked-up'

/** The user that Kubernetes knows such an identity as. */
export function userOf(identity: Identity): UserInfo {
  switch (identity.kind) {
    case 'user':
      return { username: identity.name, groups: [...identity.groups, AUTHENTICATED] }
    case 'node':
      return { username: nodeUser(identity.node), groups: [NODES, AUTHENTICATED] }
    case 'anonymous':
      return { username: ANONYMOUS, groups: [UNAUTHENTICATED] }
    case 'serviceaccount': {
      const { namespace, name, uid } = identity
      const extra = extraOf(identity)
      return {
        username: accountUser(namespace, name),
        uid,
        groups: [...accountGroups(namespace), AUTHENTICATED],
        ...(Object.keys(extra).length === 0 ? {} : { extra }),
      }
    }
    default:
      return identity satisfies never
  }
}

/** What a token says of itself beside its account (KEP-4193). */
function extraOf({ token, bound, node }: Identity & { kind: 'serviceaccount' }): Record<string, string[]> {
  const extra: Record<string, string[]> = {}
  const note = (key: string, value: string | undefined) => {
    if (value) extra[`authentication.kubernetes.io/${key}`] = [value]
  }
  note('credential-id', token && `JTI=${token}`)
  if (bound?.kind === 'Pod') {
    note('pod-name', bound.name)
    note('pod-uid', bound.uid)
  }
  const at = bound?.kind === 'Node' ? bound : node
  note('node-name', at?.name)
  note('node-uid', at?.uid)
  return extra
}
