/**
 * What of a Service was allocated or depends on its type, on an update: k8s.io/kubernetes pkg/registry/core/service
 * (patchAllocatedValues, dropTypeDependentFields).
 */
import { deepEqual } from '../json.ts'
import type { Service } from '../types.ts'
import { hasClusterIp, hasNodePorts, isExternal, needsHealthCheck } from './type.ts'

type Spec = Service['spec']

/** `kubectl replace` and other clients leave out what was allocated: it stays. */
export function keepAllocated(spec: Spec, previous: Spec): void {
  if (!hasClusterIp(spec) || !hasClusterIp(previous)) return
  // Clients that know one field of the two mean both.
  const isOnlyFirst = deepEqual(spec.clusterIPs, previous.clusterIPs) && spec.clusterIP !== previous.clusterIP
  spec.clusterIP ||= previous.clusterIP
  if (isOnlyFirst && spec.clusterIP !== previous.clusterIP)
    spec.clusterIPs = spec.clusterIP ? [spec.clusterIP] : undefined
  if (spec.clusterIP === previous.clusterIP && !spec.clusterIPs?.length) spec.clusterIPs = previous.clusterIPs
  spec.ipFamilies ??= previous.ipFamilies
  spec.ipFamilyPolicy ??= previous.ipFamilyPolicy
  if (!hasNodePorts(spec) || !hasNodePorts(previous)) return
  if (needsHealthCheck(spec) && needsHealthCheck(previous)) spec.healthCheckNodePort ||= previous.healthCheckNodePort
  for (const port of spec.ports ?? []) {
    const former = previous.ports?.find(
      (other) => other.port === port.port && (other.protocol ?? 'TCP') === (port.protocol ?? 'TCP'),
    )
    if (!port.nodePort && former?.nodePort) port.nodePort = former.nodePort
  }
}

/** Clients that know the older field only mean the newer one too. */
export function levelAddresses(spec: Spec): void {
  if (spec.clusterIP && !spec.clusterIPs?.length) spec.clusterIPs = [spec.clusterIP]
}

const nodePortsOf = (spec: Spec) => (spec.ports ?? []).map((port) => port.nodePort ?? 0)

/** A patch of the type alone leaves behind what only the former type had; what the client changed is its own error. */
export function dropTypeDependent(spec: Spec, previous: Spec): void {
  if (hasClusterIp(previous) && !hasClusterIp(spec) && spec.clusterIP === previous.clusterIP) {
    delete spec.clusterIP
    delete spec.clusterIPs
    if (deepEqual(spec.ipFamilies, previous.ipFamilies)) delete spec.ipFamilies
    if (spec.ipFamilyPolicy === previous.ipFamilyPolicy) delete spec.ipFamilyPolicy
  }
  if (!hasClusterIp(spec) && spec.internalTrafficPolicy === previous.internalTrafficPolicy)
    delete spec.internalTrafficPolicy
  if (hasNodePorts(previous) && !hasNodePorts(spec)) {
    if (deepEqual(nodePortsOf(spec), nodePortsOf(previous))) for (const port of spec.ports ?? []) delete port.nodePort
  }
  if (isExternal(previous) && !isExternal(spec) && spec.externalTrafficPolicy === previous.externalTrafficPolicy)
    delete spec.externalTrafficPolicy
  if (
    needsHealthCheck(previous) &&
    !needsHealthCheck(spec) &&
    spec.healthCheckNodePort === previous.healthCheckNodePort
  )
    delete spec.healthCheckNodePort
  if (previous.type === 'LoadBalancer' && spec.type !== 'LoadBalancer') {
    if (spec.allocateLoadBalancerNodePorts === previous.allocateLoadBalancerNodePorts)
      delete spec.allocateLoadBalancerNodePorts
    if (spec.loadBalancerClass === previous.loadBalancerClass) delete spec.loadBalancerClass
  }
}
