/**
 * The documents by which others verify ServiceAccounts' tokens: OpenID Connect discovery and the key set.
 * https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/#service-account-issuer-discovery
 */
import { ISSUER, keyIdOf, SIGNING_ALGORITHM } from '../protocol/account-token.ts'

export const issuerConfiguration = () => ({
  issuer: ISSUER,
  // Under the issuer's own name, which every Pod can reach and trusts.
  jwks_uri: `${ISSUER}/openid/v1/jwks`,
  response_types_supported: ['id_token'],
  subject_types_supported: ['public'],
  id_token_signing_alg_values_supported: [SIGNING_ALGORITHM],
})

/** RFC 7517. `publicKey`: JWK text. */
export async function keySetOf(publicKey: string): Promise<object> {
  const { kty, crv, x, y } = JSON.parse(publicKey)
  return { keys: [{ use: 'sig', kty, kid: await keyIdOf(publicKey), crv, alg: SIGNING_ALGORITHM, x, y }] }
}
