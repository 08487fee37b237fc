/**
 * Keeps the local APIServices: those of what is built in, which are made anew when they were deleted, and those of
 * CustomResourceDefinitions, which come and go with them.
 */
import type { Compat } from '../kube/compat.ts'
import { isTrue } from '../kube/custom/definition.ts'
import { builtInApiServices, customApiServices, type LocalApiService, MANAGED } from '../kube/local-api-services.ts'
import { isTerminating, keyText } from '../kube/object.ts'
import { builtInFor } from '../kube/registry.ts'
import type { Resource } from '../kube/resource.ts'
import { customResourceDefinitions } from '../kube/resources/apiextensions/custom-resource-definition.ts'
import { apiServices } from '../kube/resources/apiregistration/api-service.ts'
import {
  type ClusterView,
  type Controller,
  controller,
  create,
  type Outcome,
  on,
  remove,
  settled,
  write,
} from './controller.ts'

const keyOf = ({ name }: { readonly name: string }): string => keyText({ namespace: '', name })

export const apiServiceRegistration = (compat: () => Compat | undefined): Controller =>
  controller({
    name: 'apiservice-registration-controller',
    concerns: [
      on(customResourceDefinitions, (definition) => customApiServices(definition).map(keyOf)),
      on(apiServices, ({ metadata }) => [keyOf(metadata)]),
    ],
    reconcile({ cluster, key }): Outcome {
      const wanted = ownOf(compat(), key.name) ?? customOf(cluster, key.name)
      const held = cluster.get(apiServices, key)
      if (held && isTerminating(held)) return settled
      if (wanted && !held)
        return write(
          create(apiServices as unknown as Resource, {
            apiVersion: 'apiregistration.k8s.io/v1',
            kind: 'APIService',
            metadata: { name: wanted.name, labels: wanted.labels },
            spec: wanted.spec,
          }),
        )
      // Of a definition that is gone; what users registered is theirs.
      if (!wanted && held?.metadata.labels?.[MANAGED] === 'true') return write(remove(apiServices, held))
      return settled
    },
  })

const ownOf = (compat: Compat | undefined, name: string): LocalApiService | undefined =>
  builtInApiServices(builtInFor(compat).resources).find((service) => service.name === name)

function customOf(cluster: ClusterView, name: string): LocalApiService | undefined {
  return cluster
    .list(customResourceDefinitions)
    .filter((definition) => isTrue(definition, 'Established') && !isTerminating(definition))
    .flatMap(customApiServices)
    .find((service) => service.name === name)
}
