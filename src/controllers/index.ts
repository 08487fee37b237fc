/** Every controller of a cluster. Adding one is adding a line here. */
import type { Compat } from '../kube/compat.ts'
import { apiServiceRegistration } from './api-service-registration.ts'
import { certificateSigning } from './certificate-signing.ts'
import { claimProtection } from './claim-protection.ts'
import { clusterRoleAggregation } from './cluster-role-aggregation.ts'
import type { Controller } from './controller.ts'
import { customResourceDefinition } from './custom-resource-definitions.ts'
import { deployment } from './deployment.ts'
import { disruption } from './disruption.ts'
import { endpointSlice } from './endpoint-slice.ts'
import { endpointSliceMirroring } from './endpoint-slice-mirroring.ts'
import { endpoints } from './endpoints.ts'
import { flowSchema } from './flow-schema.ts'
import { garbageCollector } from './garbage-collector.ts'
import { namespace } from './namespace.ts'
import { nodeReadiness } from './node/node-readiness.ts'
import { nodeTaints } from './node/node-taints.ts'
import { taintEviction } from './node/taint-eviction.ts'
import { nodeIpam } from './node-ipam.ts'
import { podGarbageCollector } from './pod-gc.ts'
import { policyStatus } from './policy-status.ts'
import { replicaSet } from './replica-set.ts'
import { replicationController } from './replication-controller.ts'
import { rootCaPublisher } from './root-ca-publisher.ts'
import { serviceAccount } from './service-account.ts'
import { serviceAccountSecret } from './service-account-secret.ts'
import { serviceAccountToken } from './service-account-token.ts'
import { volumeProtection } from './volume-protection.ts'

export interface ControllersOptions {
  /** PEM of the cluster's CA. */
  readonly caCertificate: () => string
  readonly compat: () => Compat | undefined
}

export const controllersOf = ({ caCertificate, compat }: ControllersOptions): readonly Controller[] => [
  nodeIpam,
  nodeTaints,
  nodeReadiness,
  taintEviction,
  podGarbageCollector,
  namespace,
  serviceAccount,
  serviceAccountToken(caCertificate),
  serviceAccountSecret({ caCertificate, compat }),
  rootCaPublisher(caCertificate),
  certificateSigning,
  customResourceDefinition,
  apiServiceRegistration(compat),
  clusterRoleAggregation,
  policyStatus,
  flowSchema,
  garbageCollector,
  claimProtection,
  volumeProtection,
  deployment,
  replicaSet,
  replicationController,
  disruption,
  endpointSlice,
  endpoints,
  endpointSliceMirroring,
]
