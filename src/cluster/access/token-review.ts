/**
 * TokenReview: whose a token is. ServiceAccounts' tokens are the cluster's own; others only the edge knows, where the
 * platform's tokens are: it is told which one is asked about, and asks again with the answer.
 */
import { ISSUER, isJwt, verifyAccountToken } from '../../protocol/account-token.ts'
import { type Identity, LOOK_UP_HEADER, LOOKED_UP_HEADER, userOf } from '../../protocol/identity.ts'

export interface TokenReviewOptions {
  /** JWK text. */
  readonly publicKey: () => string
  readonly now: () => number
  /** Throws 401 where what a token lives by is gone. */
  readonly checkAlive: (identity: Identity) => void
}

/** Answers a TokenReview's status, or the question for the edge. */
export type TokenReviewer = (token: string, audiences: readonly string[]) => Promise<object>

const invalidToken = (why: string) => ({ user: {}, error: why })

export const createTokenReviewer =
  ({ publicKey, now, checkAlive }: TokenReviewOptions) =>
  (http: Request): TokenReviewer =>
  async (token, audiences) => {
    const asked = audiences.length === 0 ? [ISSUER] : audiences
    if (!isJwt(token)) {
      const lookedUp = http.headers.get(LOOKED_UP_HEADER)
      // A header can't hold every character that a client may send for a token.
      if (lookedUp === null) return new Response(null, { headers: { [LOOK_UP_HEADER]: encodeURIComponent(token) } })
      return statusOf(JSON.parse(lookedUp) as Identity | null, [ISSUER], asked)
    }
    const verified = await verifyAccountToken(publicKey(), token, { now: now() })
    if (verified === undefined) return invalidToken('invalid bearer token')
    try {
      checkAlive(verified.identity)
    } catch {
      return invalidToken('[invalid bearer token, service account token has been invalidated]')
    }
    return statusOf(verified.identity, verified.audiences, asked)
  }

function statusOf(identity: Identity | null, held: readonly string[], asked: readonly string[]): object {
  if (identity === null) return invalidToken('invalid bearer token')
  const audiences = asked.filter((audience) => held.includes(audience))
  if (audiences.length === 0)
    return invalidToken(
      `[invalid bearer token, token audiences ${JSON.stringify(held)} is invalid for the target audiences ${JSON.stringify(asked)}]`,
    )
  return { authenticated: true, user: userOf(identity), audiences }
}
