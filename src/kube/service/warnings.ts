/** What is said of a Service that is taken all the same: fields that its type leaves without effect. */
import type { Service } from '../types.ts'

const HINTS = 'service.kubernetes.io/topology-aware-hints'
const TOPOLOGY_MODE = 'service.kubernetes.io/topology-mode'

export function serviceWarnings({ metadata, spec }: Service): string[] {
  const { type, clusterIP, loadBalancerIP, externalIPs = [], sessionAffinity, externalName } = spec
  const isHeadless = type === 'ClusterIP' && clusterIP === 'None'
  const ignored: readonly (readonly [isSo: boolean, text: string])[] = [
    [
      metadata.annotations?.[HINTS] !== undefined,
      `annotation ${HINTS} is deprecated, please use ${TOPOLOGY_MODE} instead`,
    ],
    [isHeadless && Boolean(loadBalancerIP), 'spec.loadBalancerIP is ignored for headless services'],
    [isHeadless && externalIPs.length > 0, 'spec.externalIPs is ignored for headless services'],
    [isHeadless && sessionAffinity !== 'None', 'spec.SessionAffinity is ignored for headless services'],
    [type === 'ExternalName' && externalIPs.length > 0, 'spec.externalIPs is ignored when spec.type is "ExternalName"'],
    [
      type !== 'ExternalName' && Boolean(externalName),
      'spec.externalName is ignored when spec.type is not "ExternalName"',
    ],
  ]
  return ignored.filter(([isSo]) => isSo).map(([, text]) => text)
}
