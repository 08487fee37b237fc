/**
 * ServiceAccount: gives a Pod its ServiceAccount, and mounts the token that speaks for it.
 * https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#serviceaccount
 */
import { forbidden } from '../../../kube/errors.ts'
import { pods } from '../../../kube/resources/core/pod.ts'
import { serviceAccounts } from '../../../kube/resources/core/service-account.ts'
import type { Pod } from '../../../kube/types.ts'
import type { Store } from '../../../store/store.ts'

/** Where in a container a ServiceAccount's token, CA and namespace are found; every client library looks there. */
export const SERVICE_ACCOUNT_PATH = '/var/run/secrets/kubernetes.io/serviceaccount'
/** The kubelet's figure for mounted tokens (KEP-1205): an hour and 7 s, so that refreshes spread. */
const TOKEN_SECONDS = 3607

/** Gives a Pod its ServiceAccount and mounts the token, unless Pod or account opt out. */
export function serviceAccountOf(store: Store, pod: Pod, suffix: () => string): void {
  const { spec } = pod
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
  if (spec.imagePullSecrets === undefined && account.imagePullSecrets) spec.imagePullSecrets = account.imagePullSecrets
  if (!(spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true)) return
  mountToken(pod, `kube-api-access-${suffix()}`)
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
