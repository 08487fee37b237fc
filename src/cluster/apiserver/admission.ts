/**
 * What Kubernetes' admission plugins do to an object before it is validated, one function a plugin: NamespaceLifecycle,
 * ServiceAccount, DefaultTolerationSeconds. Allocation of Service addresses stands in allocation.ts.
 * https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/
 */
import { forbidden, notFound } from '../../kube/errors.ts'
import { isTerminating, type KubeObject } from '../../kube/object.ts'
import type { Resource } from '../../kube/resource.ts'
import { namespaces } from '../../kube/resources/core/namespace.ts'
import { pods } from '../../kube/resources/core/pod.ts'
import { serviceAccounts } from '../../kube/resources/core/service-account.ts'
import type { Pod } from '../../kube/types.ts'
import type { Store } from '../../store/store.ts'

/** Nothing is created in a namespace that is missing or on its way out. */
export function namespaceLifecycle(store: Store, resource: Resource, object: KubeObject): void {
  const name = object.metadata.namespace
  if (resource.scope === 'cluster' || name === undefined) return
  const namespace = store.get(namespaces, { namespace: '', name })
  if (namespace === undefined) throw notFound(namespaces, name)
  if (!isTerminating(namespace)) return
  throw forbidden(
    resource,
    object.metadata.name,
    `unable to create new content in namespace ${name} because it is being terminated`,
    [{ reason: 'NamespaceTerminating', message: `namespace ${name} is being terminated`, field: 'metadata.namespace' }],
  )
}

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

const DEFAULT_TOLERATION_SECONDS = 300

/** A Pod stays five minutes on a node that is not ready or unreachable, unless it says otherwise. */
export function defaultTolerationSeconds({ spec }: Pod): void {
  for (const key of ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable']) {
    const tolerated = spec.tolerations?.some(
      (toleration) =>
        (toleration.key === key || toleration.key === undefined || toleration.key === '') &&
        (toleration.effect === 'NoExecute' || toleration.effect === undefined),
    )
    if (tolerated) continue
    spec.tolerations = [
      ...(spec.tolerations ?? []),
      { key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: DEFAULT_TOLERATION_SECONDS },
    ]
  }
}
