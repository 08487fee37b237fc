/** At rest EndpointSlices and Endpoints list exactly the Pods behind their Service, each once. */
import { keyOf, keyText } from '../../../src/kube/object.ts'
import { endpoints as endpointsResource } from '../../../src/kube/resources/core/endpoints.ts'
import { pods } from '../../../src/kube/resources/core/pod.ts'
import { services } from '../../../src/kube/resources/core/service.ts'
import { endpointSlices } from '../../../src/kube/resources/discovery/endpoint-slice.ts'
import type { Pod, Service } from '../../../src/kube/types.ts'
import type { State } from '../history.ts'
import { promise } from '../violation.ts'
import type { Checker } from './checker.ts'
import { isFinished } from './owners.ts'

export function endpoints(): Checker {
  return {
    rest({ history }) {
      for (const service of history.all(services))
        if (service.spec.selector) listsItsPods(service, history)
        else mirrorsItsEndpoints(service, history)
      // One without an owner was orphaned by choice.
      for (const slice of history.all(endpointSlices))
        if (slice.metadata.ownerReferences) belongsToAService(slice.metadata, history)
      for (const found of history.all(endpointsResource)) {
        const service = history.get(services, keyOf(found))
        promise('Endpoints go with their Service', service !== undefined, () => keyText(keyOf(found)))
      }
    },
  }
}

function listsItsPods(service: Service, state: State): void {
  const key = keyOf(service)
  const behind = state.all(pods).filter((pod) => isBehind(pod, service))
  const wanted = behind.map((pod) => `${pod.status.podIP} ${isReady(pod)}`).sort()
  const sliced = slicesOf(service, state).flatMap((slice) =>
    slice.endpoints.map(({ addresses, conditions }) => `${addresses[0]} ${conditions?.ready}`),
  )
  promise(
    'EndpointSlices list the Pods behind their Service',
    sliced.sort().join() === wanted.join(),
    () => `${keyText(key)}: ${sliced.join(', ')}; there are ${wanted.join(', ')}`,
  )
  const subsets = state.get(endpointsResource, key)?.subsets ?? []
  const listed = subsets.flatMap(({ addresses, notReadyAddresses }) => [
    ...(addresses ?? []).map(({ ip }) => `${ip} true`),
    ...(notReadyAddresses ?? []).map(({ ip }) => `${ip} false`),
  ])
  promise(
    'Endpoints list the Pods behind their Service',
    listed.sort().join() === wanted.join(),
    () => `${keyText(key)}: ${listed.join(', ')}; there are ${wanted.join(', ')}`,
  )
}

function mirrorsItsEndpoints(service: Service, state: State): void {
  const { namespace, name } = keyOf(service)
  const kept = (state.get(endpointsResource, { namespace, name })?.subsets ?? []).flatMap((subset) =>
    (subset.addresses ?? []).map(({ ip }) => ip),
  )
  const mirrored = slicesOf(service, state).flatMap((slice) => slice.endpoints.map(({ addresses }) => addresses[0]))
  promise(
    'EndpointSlices mirror Endpoints that a user keeps',
    mirrored.sort().join() === kept.sort().join(),
    () => `${namespace}/${name}: ${mirrored.join(', ')}; there are ${kept.join(', ')}`,
  )
}

const slicesOf = ({ metadata: { namespace, name } }: Service, state: State) =>
  state
    .all(endpointSlices)
    .filter(({ metadata }) => metadata.namespace === namespace)
    .filter(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === name)

function isBehind(pod: Pod, service: Service): boolean {
  const selector = Object.entries(service.spec.selector ?? {})
  return (
    pod.metadata.namespace === service.metadata.namespace &&
    selector.every(([label, value]) => pod.metadata.labels?.[label] === value) &&
    !isFinished(pod) &&
    pod.status.podIP !== undefined
  )
}

const isReady = ({ status }: Pod): boolean => status.conditions?.find(({ type }) => type === 'Ready')?.status === 'True'

function belongsToAService(
  { namespace = '', name, labels }: { namespace?: string; name: string; labels?: Record<string, string> },
  state: State,
): void {
  const service = state.get(services, { namespace, name: labels?.['kubernetes.io/service-name'] ?? '' })
  promise('EndpointSlices go with their Service', service !== undefined, () => `${namespace}/${name}`)
}
