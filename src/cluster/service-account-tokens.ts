/**
 * ServiceAccount tokens: JWTs of the shape Kubernetes issues (KEP-1205), signed with the cluster's own key.
 * https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/#bound-service-account-tokens
 */
import { importPKCS8, SignJWT } from 'jose'
import type { Pod, ServiceAccount } from '../kube/types.ts'
import type { BoundObject } from '../protocol/identity.ts'

export interface TokenIssuer {
  issue(request: {
    account: ServiceAccount
    /** What the token is bound to, if anything: it ends with it. */
    bound: BoundObject | undefined
    /** Where the Pod runs that it is bound to. */
    node?: Pod['spec']['nodeName']
    audiences: readonly string[]
    seconds: number
    /** Milliseconds since the epoch. */
    now: number
  }): Promise<{ token: string; expiresAt: number; audiences: readonly string[] }>
}

export const SIGNING_ALGORITHM = 'ES256'
export const DEFAULT_AUDIENCE = 'https://kubernetes.default.svc.cluster.local'

export const timestampOf = (at: number): string => `${new Date(at).toISOString().slice(0, 19)}Z`

/** `signingKey`: PKCS#8 PEM of the cluster's ES256 key. */
export function createTokenIssuer(signingKey: () => Promise<string>): TokenIssuer {
  let imported: ReturnType<typeof importPKCS8> | undefined
  return {
    async issue({ account, bound, node, audiences, seconds, now }) {
      imported ??= signingKey().then((key) => importPKCS8(key, SIGNING_ALGORITHM))
      const issuedAt = Math.floor(now / 1000)
      const aud = audiences.length > 0 ? [...audiences] : [DEFAULT_AUDIENCE]
      const { namespace = '', name, uid } = account.metadata
      const claims = {
        'kubernetes.io': {
          namespace,
          serviceaccount: { name, uid },
          ...(node ? { node: { name: node } } : {}),
          ...(bound ? { [bound.kind.toLowerCase()]: { name: bound.name, uid: bound.uid } } : {}),
        },
      }
      const token = await new SignJWT(claims)
        .setProtectedHeader({ alg: SIGNING_ALGORITHM })
        .setIssuer(DEFAULT_AUDIENCE)
        .setSubject(`system:serviceaccount:${namespace}:${name}`)
        .setAudience(aud)
        .setIssuedAt(issuedAt)
        .setNotBefore(issuedAt)
        .setExpirationTime(issuedAt + seconds)
        .sign(await imported)
      return { token, expiresAt: (issuedAt + seconds) * 1000, audiences: aud }
    },
  }
}
