/**
 * Secrets that hold a ServiceAccount's token, for who asks for one that does not end.
 * https://kubernetes.io/docs/concepts/configuration/secret/#serviceaccount-token-secrets
 */
import type { Secret, ServiceAccount } from './types.ts'

export const TOKEN_TYPE = 'kubernetes.io/service-account-token'
export const ACCOUNT_NAME = 'kubernetes.io/service-account.name'
export const ACCOUNT_UID = 'kubernetes.io/service-account.uid'
/** The field that such Secrets are indexed by: the account's name. */
export const TOKENS_OF = 'serviceAccountName'

export const isTokenSecret = ({ type }: Secret): boolean => type === TOKEN_TYPE

export const accountNameOf = ({ metadata }: Secret): string => metadata.annotations?.[ACCOUNT_NAME] ?? ''

/** Whether it holds all that it is for. `ca`: PEM. */
export function isFilled({ metadata, data }: Secret, account: ServiceAccount, ca: string): boolean {
  return (
    metadata.annotations?.[ACCOUNT_UID] === account.metadata.uid &&
    Boolean(data?.['token']) &&
    data?.['ca.crt'] === btoa(ca) &&
    data['namespace'] === btoa(metadata.namespace ?? '')
  )
}

export const withToken = (
  secret: Secret,
  account: ServiceAccount,
  { token, ca }: { readonly token: string; readonly ca: string },
): Secret => ({
  ...secret,
  metadata: {
    ...secret.metadata,
    annotations: { ...secret.metadata.annotations, [ACCOUNT_UID]: account.metadata.uid },
  },
  data: {
    ...secret.data,
    token: btoa(token),
    'ca.crt': btoa(ca),
    namespace: btoa(secret.metadata.namespace ?? ''),
  },
})
