/**
 * Gives every ServiceAccount a Secret with a token, listed among its `secrets`, as Kubernetes did until v1.24: in clusters
 * that are made for clients of v1.20. What fills the Secrets is the same as for those that users ask for
 * (service-account-token.ts).
 */
import type { Compat } from '../kube/compat.ts'
import { isTerminating, type Key, keyText } from '../kube/object.ts'
import type { Resource } from '../kube/resource.ts'
import { namespaces } from '../kube/resources/core/namespace.ts'
import { secrets } from '../kube/resources/core/secret.ts'
import { serviceAccounts } from '../kube/resources/core/service-account.ts'
import {
  ACCOUNT_NAME,
  ACCOUNT_UID,
  accountNameOf,
  isFilled,
  isTokenSecret,
  TOKEN_TYPE,
  TOKENS_OF,
} from '../kube/service-account-secrets.ts'
import type { Secret, ServiceAccount } from '../kube/types.ts'
import {
  type ClusterView,
  type Controller,
  controller,
  create,
  type Outcome,
  on,
  settled,
  update,
  write,
} from './controller.ts'

export interface ServiceAccountSecretOptions {
  /** PEM of the cluster's CA. */
  readonly caCertificate: () => string
  readonly compat: () => Compat | undefined
}

export const serviceAccountSecret = ({ caCertificate, compat }: ServiceAccountSecretOptions): Controller =>
  controller({
    name: 'serviceaccount-secret',
    concerns: [
      on(serviceAccounts, ({ metadata: { name, namespace = '' } }) =>
        compat() === undefined ? [] : [keyText({ namespace, name })],
      ),
      on(secrets, (secret) =>
        compat() === undefined || !isTokenSecret(secret)
          ? []
          : [keyText({ namespace: secret.metadata.namespace ?? '', name: accountNameOf(secret) })],
      ),
    ],
    reconcile({ cluster, key }): Outcome {
      const account = cluster.get(serviceAccounts, key)
      const namespace = cluster.get(namespaces, { namespace: '', name: key.namespace })
      if (!account || isTerminating(account) || !namespace || isTerminating(namespace)) return settled
      const tokens = tokensOf(cluster, key, account)
      const listed = (account.secrets ?? []).filter(({ name = '' }) => !isGone(cluster, key, name))
      const isListed = tokens.some(({ metadata }) => listed.some(({ name }) => name === metadata.name))
      const own = tokens.find(({ metadata }) => metadata.name.startsWith(prefixOf(account)))
      // Listed once it can be used: who waits for the list reads the token next.
      const added = !isListed && own && isFilled(own, account, caCertificate()) ? [{ name: own.metadata.name }] : []
      const next = [...listed, ...added]
      const isSame = added.length === 0 && listed.length === (account.secrets ?? []).length
      return write(
        ...(isSame ? [] : [update(serviceAccounts, withSecrets(account, next))]),
        ...(isListed || own ? [] : [create(secrets as unknown as Resource, newSecret(account))]),
      )
    },
  })

const prefixOf = ({ metadata }: ServiceAccount): string => `${metadata.name}-token-`

/** Those that are of this very account, be they filled or not. */
const tokensOf = (cluster: ClusterView, { namespace, name }: Key, { metadata }: ServiceAccount): Secret[] =>
  cluster
    .list(secrets, { namespace, fields: { [TOKENS_OF]: name } })
    .filter(
      (secret) =>
        isTokenSecret(secret) &&
        !isTerminating(secret) &&
        (secret.metadata.annotations?.[ACCOUNT_UID] ?? metadata.uid) === metadata.uid,
    )

/** Of those that this controller names; what a user lists before it is there is the user's to take back. */
const isGone = (cluster: ClusterView, { namespace, name: account }: Key, name: string): boolean =>
  name.startsWith(`${account}-token-`) && cluster.get(secrets, { namespace, name }) === undefined

/** Built anew: the account is shared. */
function withSecrets(account: ServiceAccount, listed: NonNullable<ServiceAccount['secrets']>): ServiceAccount {
  const { secrets: _, ...rest } = account
  return listed.length > 0 ? { ...rest, secrets: listed } : rest
}

const newSecret = ({ metadata: { name, namespace, uid } }: ServiceAccount) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: {
    generateName: `${name}-token-`,
    namespace,
    annotations: { [ACCOUNT_NAME]: name, [ACCOUNT_UID]: uid },
  },
  type: TOKEN_TYPE,
})
