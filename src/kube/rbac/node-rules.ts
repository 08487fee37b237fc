/**
 * What any node's kubelet may do; which objects of a kind, the node authorizer says.
 * https://kubernetes.io/docs/reference/access-authn-authz/node/
 */
import { EVENTS, READ, rule } from './default-rules.ts'
import type { PolicyRule } from './rules.ts'

export const NODE_RULES: readonly PolicyRule[] = [
  rule('authentication.k8s.io', ['create'], ['tokenreviews']),
  rule('authorization.k8s.io', ['create'], ['localsubjectaccessreviews', 'subjectaccessreviews']),
  rule('', READ, ['services']),
  rule('', ['create', ...READ], ['nodes']),
  rule('', ['patch', 'update'], ['nodes/status']),
  rule('', ['patch', 'update'], ['nodes']),
  EVENTS,
  rule('', READ, ['pods']),
  rule('', ['create', 'delete'], ['pods']),
  rule('', ['patch', 'update'], ['pods/status']),
  rule('', ['create'], ['pods/eviction']),
  rule('', READ, ['configmaps', 'secrets']),
  rule('', ['get'], ['persistentvolumeclaims', 'persistentvolumes']),
  rule('', ['get'], ['endpoints']),
  rule('certificates.k8s.io', ['create', ...READ], ['certificatesigningrequests']),
  rule('coordination.k8s.io', ['create', 'delete', 'get', 'patch', 'update'], ['leases']),
  rule('storage.k8s.io', ['get'], ['volumeattachments']),
  rule('', ['create'], ['serviceaccounts/token']),
  rule('', ['get', 'patch', 'update'], ['persistentvolumeclaims/status']),
  rule('storage.k8s.io', READ, ['csidrivers']),
  rule('storage.k8s.io', ['create', 'delete', 'get', 'patch', 'update'], ['csinodes']),
  rule('node.k8s.io', READ, ['runtimeclasses']),
]
