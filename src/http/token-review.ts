/**
 * TokenReviews of tokens that are not the cluster's own: the object says which, the edge looks it up where the platform's
 * tokens are, and asks the object again with what it found.
 */
import { StatusError } from '../kube/errors.ts'
import type { RequestPath } from '../kube/request.ts'
import { type Identity, LOOK_UP_HEADER, LOOKED_UP_HEADER } from '../protocol/identity.ts'
import type { Tenancy } from '../tenancy/tenancy.ts'
import { accessTo } from './authenticate.ts'

export const isTokenReview = (method: string, { group, plural }: RequestPath): boolean =>
  method === 'POST' && group === 'authentication.k8s.io' && plural === 'tokenreviews'

/** `ask` sends the request to the object, with more headers. */
export async function reviewed(
  tenancy: Tenancy,
  cluster: string,
  ask: (headers: Record<string, string>) => Promise<Response>,
): Promise<Response> {
  const first = await ask({})
  const token = first.headers.get(LOOK_UP_HEADER)
  if (token === null) return first
  return ask({ [LOOKED_UP_HEADER]: JSON.stringify(await whose(tenancy, cluster, decodeURIComponent(token))) })
}

/** What a header can hold (RFC 6750). */
const FORM = /^[\x21-\x7e]+$/

async function whose(tenancy: Tenancy, cluster: string, token: string): Promise<Identity | null> {
  if (!FORM.test(token)) return null
  try {
    const access = await accessTo(tenancy, cluster, new Headers({ authorization: `Bearer ${token}` }))
    return access?.identity ?? null
  } catch (error) {
    // Unknown, or ended.
    if (error instanceof StatusError) return null
    throw error
  }
}
