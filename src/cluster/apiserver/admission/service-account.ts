/**
 * ServiceAccount: gives a Pod its ServiceAccount, and mounts the token that speaks for it.
 * https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#serviceaccount
 */
import { forbidden } from '../../../kube/errors.ts'
import { mentionedBy } from '../../../kube/pod/mentions.ts'
import { pods } from '../../../kube/resources/core/pod.ts'
import { serviceAccounts } from '../../../kube/resources/core/service-account.ts'
import type { Pod, ServiceAccount } from '../../../kube/types.ts'
import type { Store } from '../../../store/store.ts'

/** Where in a container a ServiceAccount's token, CA and namespace are found; every client library looks there. */
export const SERVICE_ACCOUNT_PATH = '/var/run/secrets/kubernetes.io/serviceaccount'
const MIRROR = 'kubernetes.io/config.mirror'
const ENFORCED = 'kubernetes.io/enforce-mountable-secrets'
/** The kubelet's figure for mounted tokens (KEP-1205): an hour and 7 s, so that refreshes spread. */
const TOKEN_SECONDS = 3607

/** Gives a Pod its ServiceAccount and mounts the token, unless Pod or account opt out. */
export function serviceAccountOf(store: Store, pod: Pod, suffix: () => string): void {
  const { spec } = pod
  if (pod.metadata.annotations?.[MIRROR] !== undefined) {
    checkMirror(pod)
    return
  }
  spec.serviceAccountName = spec.serviceAccountName ?? spec.serviceAccount ?? 'default'
  spec.serviceAccount = spec.serviceAccountName
  const namespace = pod.metadata.namespace ?? ''
  const account = store.get(serviceAccounts, { namespace, name: spec.serviceAccountName })
  if (account === undefined)
    throw forbidden(
      pods,
      pod.metadata.name,
      `error looking up service account ${namespace}/${spec.serviceAccountName}: serviceaccount "${spec.serviceAccountName}" not found`,
    )
  if (account.metadata.annotations?.[ENFORCED] === 'true') checkMentioned(pod, account)
  if (!spec.imagePullSecrets?.length && account.imagePullSecrets) spec.imagePullSecrets = account.imagePullSecrets
  if (!(spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true)) return
  mountToken(pod, `kube-api-access-${suffix()}`)
}

/** What stands for a static Pod of a node speaks for nobody, and has nothing of the cluster's. Throws 403. */
function checkMirror(pod: Pod): void {
  const { secrets } = mentionedBy([pod])
  const refuse = (why: string) => {
    throw forbidden(pods, pod.metadata.name, `a mirror pod may not reference ${why}`)
  }
  if (pod.spec.serviceAccountName) refuse('service accounts')
  if (secrets.size > 0) refuse('secrets')
  if (pod.spec.volumes?.some(({ projected }) => projected?.sources?.some((source) => source.serviceAccountToken)))
    refuse('service account tokens')
}

/** An account may bind its Pods to the Secrets that it lists itself. Throws 403. */
function checkMentioned(pod: Pod, { metadata, secrets = [], imagePullSecrets = [] }: ServiceAccount): void {
  const pulled = new Set((pod.spec.imagePullSecrets ?? []).map(({ name }) => name))
  const listed = new Set([...secrets, ...imagePullSecrets].map(({ name }) => name))
  for (const { name } of mentionedBy([pod]).secrets.values())
    if (!listed.has(name))
      throw forbidden(
        pods,
        pod.metadata.name,
        pulled.has(name)
          ? `imagePullSecrets[].name=${JSON.stringify(name)} is not allowed because service account ${metadata.name} does not reference that imagePullSecret`
          : `secret ${JSON.stringify(name)} is not allowed because service account ${metadata.name} does not reference that secret`,
      )
}

function mountToken({ spec }: Pod, volumeName: string): void {
  const containers = [...(spec.initContainers ?? []), ...(spec.containers ?? [])]
  const unmounted = containers.filter(
    (container) => !container.volumeMounts?.some((mount) => mount.mountPath === SERVICE_ACCOUNT_PATH),
  )
  if (unmounted.length === 0) return
  for (const container of unmounted)
    container.volumeMounts = [
      ...(container.volumeMounts ?? []),
      { name: volumeName, readOnly: true, mountPath: SERVICE_ACCOUNT_PATH },
    ]
  spec.volumes = [
    ...(spec.volumes ?? []),
    {
      name: volumeName,
      projected: {
        sources: [
          { serviceAccountToken: { expirationSeconds: TOKEN_SECONDS, path: 'token' } },
          { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
          {
            downwardAPI: {
              items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }],
            },
          },
        ],
        defaultMode: 0o644,
      },
    },
  ]
}
