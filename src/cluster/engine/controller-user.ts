/**
 * Who a controller is to policies and webhooks: the ServiceAccount that does its work in other clusters, whose name rules
 * that people bring along make exceptions for.
 * https://kubernetes.io/docs/reference/access-authn-authz/rbac/#controller-roles
 */
import { AUTHENTICATED, accountGroups, accountUser, type UserInfo } from '../../kube/rbac/user.ts'

const NAMESPACE = 'kube-system'

/** Where the account is not called by the controller's name and `-controller`. */
const ACCOUNTS: Readonly<Record<string, string>> = {
  'clusterrole-aggregation-controller': 'clusterrole-aggregation-controller',
  csrsigning: 'certificate-controller',
  endpoints: 'endpoint-controller',
  garbagecollector: 'generic-garbage-collector',
  nodeipam: 'node-controller',
  nodereadiness: 'node-controller',
  nodetaints: 'node-controller',
  'persistentvolume-protection': 'pv-protection-controller',
  'persistentvolumeclaim-protection': 'pvc-protection-controller',
  podgc: 'pod-garbage-collector',
  replicationcontroller: 'replication-controller',
  'root-ca-certificate-publisher': 'root-ca-cert-publisher',
  serviceaccount: 'service-account-controller',
  'serviceaccount-secret': 'token-controller',
  'serviceaccount-token': 'token-controller',
  tainteviction: 'node-controller',
}

/** What kube-apiserver does by itself, it does as this user. */
const APISERVER: UserInfo = { username: 'system:apiserver', groups: ['system:masters', AUTHENTICATED] }
const OF_APISERVER = new Set(['apiservice-registration-controller', 'customresourcedefinition'])

export function userOfController(name: string): UserInfo {
  if (OF_APISERVER.has(name)) return APISERVER
  return {
    username: accountUser(NAMESPACE, ACCOUNTS[name] ?? `${name}-controller`),
    groups: [...accountGroups(NAMESPACE), AUTHENTICATED],
  }
}
