/** What the three controllers of Services' endpoints hear of: all their keys are Services, by namespace and name. */
import { type Key, keyOf, keyText } from '../../kube/object.ts'
import { pods } from '../../kube/resources/core/pod.ts'
import { services } from '../../kube/resources/core/service.ts'
import { endpointSlices } from '../../kube/resources/discovery/endpoint-slice.ts'
import { fromSet } from '../../kube/selectors.ts'
import type { EndpointSlice } from '../../kube/types.ts'
import { type ClusterView, type Concern, on } from '../controller.ts'
import { keysOfPod } from './service-pods.ts'
import { MANAGED_BY, SERVICE_NAME } from './slices.ts'

export const onServices: Concern = on(services, (service) => [keyText(keyOf(service))])

export const onPodsBehind: Concern = on(pods, keysOfPod)

/** Slices that this controller keeps; others keep their own for the same Services. */
export const onSlicesOf = (manager: string): Concern =>
  on(endpointSlices, ({ metadata }) => {
    const name = metadata.labels?.[SERVICE_NAME]
    if (name === undefined || metadata.labels?.[MANAGED_BY] !== manager) return []
    return [keyText({ namespace: metadata.namespace ?? '', name })]
  })

export const slicesOf = (cluster: ClusterView, { namespace, name }: Key, manager: string): readonly EndpointSlice[] =>
  cluster.list(endpointSlices, { namespace, labels: fromSet({ [SERVICE_NAME]: name, [MANAGED_BY]: manager }) })
