/**
 * Who asks, as the edge Worker has found out; it tells the cluster's object in one header, which no client can set (the
 * Worker builds the request anew). The object trusts it: nothing but the Worker can reach it.
 */

export type Identity =
  | { readonly kind: 'admin'; readonly name: string; readonly groups: readonly string[] }
  | { readonly kind: 'node'; readonly node: string }
  | {
      readonly kind: 'serviceaccount'
      readonly namespace: string
      readonly name: string
      readonly uid: string
      /** What the token lives and dies with, beside its account (KEP-1205). */
      readonly bound?: BoundObject
    }

export interface BoundObject {
  readonly kind: 'Pod' | 'Secret' | 'Node'
  readonly name: string
  readonly uid: string
}

export const IDENTITY_HEADER = 'x-skycrane-identity'

/** The user name Kubernetes knows such an identity by. */
export function userName(identity: Identity): string {
  switch (identity.kind) {
    case 'admin':
      return identity.name
    case 'node':
      return `system:node:${identity.node}`
    case 'serviceaccount':
      return `system:serviceaccount:${identity.namespace}:${identity.name}`
    default:
      return identity satisfies never
  }
}
