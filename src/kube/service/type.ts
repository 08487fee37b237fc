/** What a Service's type gives it: https://kubernetes.io/docs/concepts/services-networking/service/#publishing-services-service-types */
import type { Service } from '../types.ts'

type Spec = Service['spec']

/** A type that is not given is ClusterIP; before defaulting it may not be. */
export const hasClusterIp = ({ type }: Spec): boolean => type !== 'ExternalName'
export const hasNodePorts = ({ type }: Spec): boolean => type === 'NodePort' || type === 'LoadBalancer'
export const isHeadless = ({ clusterIP }: Spec): boolean => clusterIP === 'None'
/** Reached from outside of the cluster, by one way or another. */
export const isExternal = (spec: Spec): boolean =>
  hasNodePorts(spec) || (hasClusterIp(spec) && (spec.externalIPs ?? []).length > 0)
/** The balancer asks each node whether it has an endpoint of its own. */
export const needsHealthCheck = ({ type, externalTrafficPolicy }: Spec): boolean =>
  type === 'LoadBalancer' && externalTrafficPolicy === 'Local'
