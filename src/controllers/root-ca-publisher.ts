/**
 * Keeps each namespace's kube-root-ca.crt as it is: makes it anew when it was deleted, and puts back the CA when it was
 * changed. The first one comes with the namespace. https://kubernetes.io/docs/reference/command-line-tools-reference/kube-controller-manager/
 */
import { deepEqual } from '../kube/json.ts'
import { isTerminating, keyText } from '../kube/object.ts'
import type { Resource } from '../kube/resource.ts'
import { configMaps } from '../kube/resources/core/config-map.ts'
import { namespaces } from '../kube/resources/core/namespace.ts'
import { ROOT_CA_NAME, rootCaConfigMap } from '../kube/root-ca.ts'
import { type Controller, controller, create, type Outcome, on, settled, update, write } from './controller.ts'

/** `certificate`: PEM of the cluster's CA. */
export const rootCaPublisher = (certificate: () => string): Controller =>
  controller({
    name: 'root-ca-certificate-publisher',
    concerns: [
      on(namespaces, ({ metadata }) => [keyText({ namespace: metadata.name, name: ROOT_CA_NAME })]),
      on(configMaps, ({ metadata }) =>
        metadata.name === ROOT_CA_NAME ? [keyText({ namespace: metadata.namespace ?? '', name: ROOT_CA_NAME })] : [],
      ),
    ],
    reconcile({ cluster, key }): Outcome {
      const namespace = cluster.get(namespaces, { namespace: '', name: key.namespace })
      if (!namespace || isTerminating(namespace)) return settled
      const wanted = rootCaConfigMap(key.namespace, certificate())
      const held = cluster.get(configMaps, key)
      if (held === undefined) return write(create(configMaps as unknown as Resource, wanted))
      if (isTerminating(held) || deepEqual(held.data, wanted.data)) return settled
      return write(update(configMaps, { ...held, data: wanted.data }))
    },
  })
