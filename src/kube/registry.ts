/** The kinds of this control plane: a list. Everything that serves kinds is derived from it. */
import { type Catalog, catalogOf } from './catalog.ts'
import type { Compat } from './compat.ts'
import type { Resource } from './resource.ts'
import { mutatingWebhookConfigurations } from './resources/admissionregistration/mutating-webhook-configuration.ts'
import { validatingAdmissionPolicies } from './resources/admissionregistration/validating-admission-policy.ts'
import { validatingAdmissionPolicyBindings } from './resources/admissionregistration/validating-admission-policy-binding.ts'
import { validatingWebhookConfigurations } from './resources/admissionregistration/validating-webhook-configuration.ts'
import { customResourceDefinitions } from './resources/apiextensions/custom-resource-definition.ts'
import { apiServices } from './resources/apiregistration/api-service.ts'
import { controllerRevisions } from './resources/apps/controller-revision.ts'
import { daemonSets } from './resources/apps/daemon-set.ts'
import { deployments } from './resources/apps/deployment.ts'
import { replicaSets } from './resources/apps/replica-set.ts'
import { statefulSets } from './resources/apps/stateful-set.ts'
import { horizontalPodAutoscalers } from './resources/autoscaling/horizontal-pod-autoscaler.ts'
import { horizontalPodAutoscalersV1 } from './resources/autoscaling/horizontal-pod-autoscaler-v1.ts'
import { horizontalPodAutoscalersV2beta2 } from './resources/autoscaling/horizontal-pod-autoscaler-v2beta2.ts'
import { cronJobs } from './resources/batch/cron-job.ts'
import { cronJobsV1beta1 } from './resources/batch/cron-job-v1beta1.ts'
import { jobs } from './resources/batch/job.ts'
import { certificateSigningRequests } from './resources/certificates/certificate-signing-request.ts'
import { leases } from './resources/coordination/lease.ts'
import { bindings } from './resources/core/binding.ts'
import { componentStatuses } from './resources/core/component-status.ts'
import { configMaps } from './resources/core/config-map.ts'
import { endpoints } from './resources/core/endpoints.ts'
import { events } from './resources/core/event.ts'
import { limitRanges } from './resources/core/limit-range.ts'
import { namespaces } from './resources/core/namespace.ts'
import { nodes } from './resources/core/node.ts'
import { persistentVolumes } from './resources/core/persistent-volume.ts'
import { persistentVolumeClaims } from './resources/core/persistent-volume-claim.ts'
import { pods } from './resources/core/pod.ts'
import { podTemplates } from './resources/core/pod-template.ts'
import { replicationControllers } from './resources/core/replication-controller.ts'
import { resourceQuotas } from './resources/core/resource-quota.ts'
import { secrets } from './resources/core/secret.ts'
import { services } from './resources/core/service.ts'
import { serviceAccounts } from './resources/core/service-account.ts'
import { endpointSlices } from './resources/discovery/endpoint-slice.ts'
import { endpointSlicesV1beta1 } from './resources/discovery/endpoint-slice-v1beta1.ts'
import { eventsOfEvents } from './resources/events/event.ts'
import { flowSchemas } from './resources/flowcontrol/flow-schema.ts'
import { priorityLevelConfigurations } from './resources/flowcontrol/priority-level-configuration.ts'
import { ingresses } from './resources/networking/ingress.ts'
import { ingressClasses } from './resources/networking/ingress-class.ts'
import { networkPolicies } from './resources/networking/network-policy.ts'
import { runtimeClasses } from './resources/node/runtime-class.ts'
import { podDisruptionBudgets } from './resources/policy/pod-disruption-budget.ts'
import { podDisruptionBudgetsV1beta1 } from './resources/policy/pod-disruption-budget-v1beta1.ts'
import { clusterRoleBindings, roleBindings } from './resources/rbac/bindings.ts'
import { clusterRoles, roles } from './resources/rbac/roles.ts'
import { reviews } from './resources/reviews.ts'
import { priorityClasses } from './resources/scheduling/priority-class.ts'
import { csiDrivers } from './resources/storage/csi-driver.ts'
import { csiNodes } from './resources/storage/csi-node.ts'
import { csiStorageCapacities } from './resources/storage/csi-storage-capacity.ts'
import { storageClasses } from './resources/storage/storage-class.ts'
import { volumeAttachments } from './resources/storage/volume-attachment.ts'

const all = [
  configMaps,
  endpoints,
  events,
  namespaces,
  nodes,
  pods,
  replicationControllers,
  secrets,
  serviceAccounts,
  services,
  limitRanges,
  persistentVolumes,
  persistentVolumeClaims,
  podTemplates,
  resourceQuotas,
  controllerRevisions,
  daemonSets,
  deployments,
  replicaSets,
  statefulSets,
  horizontalPodAutoscalers,
  certificateSigningRequests,
  cronJobs,
  jobs,
  leases,
  endpointSlices,
  flowSchemas,
  priorityLevelConfigurations,
  ingressClasses,
  ingresses,
  networkPolicies,
  runtimeClasses,
  podDisruptionBudgets,
  clusterRoleBindings,
  clusterRoles,
  roleBindings,
  roles,
  priorityClasses,
  csiDrivers,
  csiNodes,
  csiStorageCapacities,
  storageClasses,
  volumeAttachments,
  mutatingWebhookConfigurations,
  validatingAdmissionPolicies,
  validatingAdmissionPolicyBindings,
  validatingWebhookConfigurations,
  apiServices,
  customResourceDefinitions,
]

/** What is kept, each kind in the version that it is stored in. */
// A list of kinds forgets which object type each is of; who needs the type imports the kind.
export const resources = all as unknown as readonly Resource[]

/** Other versions that kinds are served in than the one that they are kept in. */
const versions = [eventsOfEvents, horizontalPodAutoscalersV1] as unknown as readonly Resource[]

/** Versions that Kubernetes has dropped, and that only a cluster for clients of v1.20 serves. */
const olderVersions = [
  horizontalPodAutoscalersV2beta2,
  cronJobsV1beta1,
  endpointSlicesV1beta1,
  podDisruptionBudgetsV1beta1,
] as unknown as readonly Resource[]

/** What is asked or told, and kept nowhere. */
const unkept = [bindings, componentStatuses, ...reviews] as unknown as readonly Resource[]

/** What is kept, in every version of today. */
export const objectVersions = [...resources, ...versions]

/** What every cluster serves. */
export const builtIn = catalogOf([...objectVersions, ...unkept])

/** What is known of at all: whose fields are whose is told in any version. */
export const everyVersion = catalogOf([...objectVersions, ...olderVersions, ...unkept])

/** What a cluster serves that was made for clients of that version too. */
export const builtInFor = (compat: Compat | undefined): Catalog => (compat === '1.20' ? everyVersion : builtIn)
