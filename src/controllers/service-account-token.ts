/**
 * Fills the Secrets that are to hold a ServiceAccount's token, and deletes them with their account.
 * https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/#token-controller
 */
import { isTerminating, keyText } from '../kube/object.ts'
import { secrets } from '../kube/resources/core/secret.ts'
import { serviceAccounts } from '../kube/resources/core/service-account.ts'
import { ACCOUNT_UID, accountNameOf, isFilled, isTokenSecret, TOKENS_OF } from '../kube/service-account-secrets.ts'
import { type Controller, controller, type Outcome, on, remove, settled, sign, write } from './controller.ts'

/** A signature may be lost, with the object that was about to make it. */
const AGAIN_MS = 30_000

/** `certificate`: PEM of the cluster's CA. */
export const serviceAccountToken = (certificate: () => string): Controller =>
  controller({
    name: 'serviceaccount-token',
    concerns: [
      on(secrets, (secret) =>
        isTokenSecret(secret)
          ? [keyText({ namespace: secret.metadata.namespace ?? '', name: secret.metadata.name })]
          : [],
      ),
      on(serviceAccounts, ({ metadata: { name, namespace = '' } }, cluster) =>
        cluster
          .list(secrets, { namespace, fields: { [TOKENS_OF]: name } })
          .map((secret) => keyText({ namespace, name: secret.metadata.name })),
      ),
    ],
    reconcile({ cluster, key, now }): Outcome {
      const secret = cluster.get(secrets, key)
      if (!secret || !isTokenSecret(secret) || isTerminating(secret)) return settled
      const account = cluster.get(serviceAccounts, { namespace: key.namespace, name: accountNameOf(secret) })
      const meant = secret.metadata.annotations?.[ACCOUNT_UID]
      // Of an account that is gone, or was made anew.
      if (!account || (meant !== undefined && meant !== account.metadata.uid)) return write(remove(secrets, secret))
      if (isFilled(secret, account, certificate())) return settled
      return { writes: [sign('token', secret)], lookAgainAt: now + AGAIN_MS }
    },
  })
