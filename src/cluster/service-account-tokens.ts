/**
 * ServiceAccount tokens: JWTs of the shape Kubernetes issues (KEP-1205), signed with the cluster's own key.
 * https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/#bound-service-account-tokens
 */
import { importPKCS8, SignJWT } from 'jose'
import type { ServiceAccount } from '../kube/types.ts'
import { type AccountClaims, ISSUER, keyIdOf, SIGNING_ALGORITHM } from '../protocol/account-token.ts'
import type { BoundObject } from '../protocol/identity.ts'

export interface TokenIssuer {
  issue(request: {
    account: ServiceAccount
    /** What the token is bound to, if anything: it ends with it. */
    bound: BoundObject | undefined
    /** Where the Pod runs that it is bound to. */
    node?: { readonly name: string; readonly uid?: string } | undefined
    audiences: readonly string[]
    /** Undefined: it never ends. */
    seconds: number | undefined
    /** Milliseconds since the epoch. */
    now: number
  }): Promise<IssuedToken>
}

export interface IssuedToken {
  readonly token: string
  /** Milliseconds since the epoch; infinite where it never ends. */
  readonly expiresAt: number
  readonly audiences: readonly string[]
}

export const timestampOf = (at: number): string => `${new Date(at).toISOString().slice(0, 19)}Z`

export interface SigningKey {
  /** PKCS#8 PEM of the cluster's ES256 key. */
  readonly privateKey: () => Promise<string>
  /** JWK text of its public half. */
  readonly publicKey: () => string
}

export function createTokenIssuer({ privateKey, publicKey }: SigningKey, uuid: () => string): TokenIssuer {
  let key: Promise<readonly [Awaited<ReturnType<typeof importPKCS8>>, string]> | undefined
  const load = async () =>
    [await importPKCS8(await privateKey(), SIGNING_ALGORITHM), await keyIdOf(publicKey())] as const
  return {
    async issue({ account, bound, node, audiences, seconds, now }) {
      key ??= load()
      const [imported, kid] = await key
      const issuedAt = Math.floor(now / 1000)
      const aud = audiences.length > 0 ? [...audiences] : [ISSUER]
      const { namespace = '', name, uid } = account.metadata
      const claims: AccountClaims = {
        namespace,
        serviceaccount: { name, uid },
        ...(node ? { node } : {}),
        ...(bound ? { [bound.kind.toLowerCase()]: { name: bound.name, uid: bound.uid } } : {}),
      }
      const unsigned = new SignJWT({ 'kubernetes.io': claims })
        .setProtectedHeader({ alg: SIGNING_ALGORITHM, kid })
        .setJti(uuid())
        .setIssuer(ISSUER)
        .setSubject(`system:serviceaccount:${namespace}:${name}`)
        .setAudience(aud)
        .setIssuedAt(issuedAt)
        .setNotBefore(issuedAt)
      if (seconds !== undefined) unsigned.setExpirationTime(issuedAt + seconds)
      const token = await unsigned.sign(imported)
      return { token, expiresAt: (issuedAt + (seconds ?? Number.POSITIVE_INFINITY)) * 1000, audiences: aud }
    },
  }
}
