/**
 * ServiceAccounts' tokens: JWTs with the claims that Kubernetes gives them (KEP-1205, KEP-4193), and their verification.
 * https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/#bound-service-account-tokens
 */
import { calculateJwkThumbprint, errors, importJWK, jwtVerify } from 'jose'
import { accountOf } from '../kube/rbac/user.ts'
import type { BoundObject, Identity } from './identity.ts'

export const SIGNING_ALGORITHM = 'ES256'
/** Who signs, and for whom unless somebody else is named. */
export const ISSUER = 'https://kubernetes.default.svc.cluster.local'

export const isJwt = (token: string): boolean => token.split('.').length === 3

/** The key's name in tokens and in the JWKS (RFC 7638). `publicKey`: JWK text. */
export const keyIdOf = (publicKey: string): Promise<string> => calculateJwkThumbprint(JSON.parse(publicKey))

interface Claim {
  readonly name: string
  readonly uid?: string
}

/** The claim `kubernetes.io`. */
export interface AccountClaims {
  readonly namespace: string
  readonly serviceaccount: Claim
  readonly pod?: Claim
  readonly secret?: Claim
  /** Of a Pod's token: where it ran. Bound to the node is a token without Pod. */
  readonly node?: Claim
}

export interface VerifiedToken {
  readonly identity: Identity & { kind: 'serviceaccount' }
  readonly audiences: readonly string[]
}

/**
 * Undefined where the token is not the cluster's, or has ended. Whether what it speaks of still exists is the cluster's
 * to say. `publicKey`: JWK text; `now`: milliseconds since the epoch; `audience`: one that it must be for, if any.
 */
export async function verifyAccountToken(
  publicKey: string,
  token: string,
  { now, audience }: { readonly now: number; readonly audience?: string },
): Promise<VerifiedToken | undefined> {
  try {
    const key = await importJWK(JSON.parse(publicKey), SIGNING_ALGORITHM)
    const { payload } = await jwtVerify(token, key, {
      algorithms: [SIGNING_ALGORITHM],
      issuer: ISSUER,
      currentDate: new Date(now),
      ...(audience === undefined ? {} : { audience }),
    })
    const account = accountOf(payload.sub ?? '')
    // The cluster wrote it: nobody else has the key.
    const claims = payload['kubernetes.io'] as AccountClaims | undefined
    if (account === undefined || claims === undefined) return undefined
    const bound = boundTo(claims)
    const { pod, node, serviceaccount } = claims
    return {
      identity: {
        kind: 'serviceaccount',
        ...account,
        uid: serviceaccount.uid ?? '',
        ...(payload.jti ? { token: payload.jti } : {}),
        ...(bound ? { bound } : {}),
        ...(pod && node ? { node: { name: node.name, uid: node.uid ?? '' } } : {}),
      },
      audiences: typeof payload.aud === 'string' ? [payload.aud] : (payload.aud ?? []),
    }
  } catch (error) {
    if (error instanceof errors.JOSEError) return undefined
    throw error
  }
}

function boundTo({ pod, secret, node }: AccountClaims): BoundObject | undefined {
  if (pod) return { kind: 'Pod', name: pod.name, uid: pod.uid ?? '' }
  if (secret) return { kind: 'Secret', name: secret.name, uid: secret.uid ?? '' }
  return node && { kind: 'Node', name: node.name, uid: node.uid ?? '' }
}
