/**
 * What Kubernetes v1.32 publishes of its definitions beyond the schema table, or otherwise than it: public facts of its
 * OpenAPI document (scripts/compare-openapi.ts).
 */
import type { Json } from './schemas.ts'

const AUTHENTICATION = 'io.k8s.api.authentication.v1'
const CORE = 'io.k8s.api.core.v1'
const FLOW_CONTROL = 'io.k8s.api.flowcontrol.v1'
const META = 'io.k8s.apimachinery.pkg.apis.meta.v1'

/**
 * Required fields, where the table has others: it says what is refused where it is missing, and that is not always what is
 * published. Kinds and versions inside of an object are required of clients only.
 */
export const REQUIRED: Readonly<Record<string, readonly string[]>> = {
  'io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicyBinding': [],
  'io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicyBindingSpec': [],
  'io.k8s.api.apps.v1.StatefulSetSpec': ['selector', 'serviceName', 'template'],
  [`${AUTHENTICATION}.TokenRequest`]: ['spec'],
  [`${AUTHENTICATION}.TokenRequestSpec`]: ['audiences'],
  [`${AUTHENTICATION}.TokenRequestStatus`]: ['expirationTimestamp', 'token'],
  [`${AUTHENTICATION}.TokenReviewSpec`]: [],
  'io.k8s.api.autoscaling.v1.CrossVersionObjectReference': ['kind', 'name'],
  'io.k8s.api.autoscaling.v1.HorizontalPodAutoscaler': [],
  'io.k8s.api.autoscaling.v2.CrossVersionObjectReference': ['kind', 'name'],
  'io.k8s.api.autoscaling.v2.HorizontalPodAutoscaler': [],
  'io.k8s.api.batch.v1.CronJob': [],
  'io.k8s.api.batch.v1.PodFailurePolicyOnPodConditionsPattern': ['status', 'type'],
  [`${CORE}.TypedLocalObjectReference`]: ['kind', 'name'],
  [`${CORE}.TypedObjectReference`]: ['kind', 'name'],
  'io.k8s.api.discovery.v1.EndpointSlice': ['addressType', 'endpoints'],
  [`${FLOW_CONTROL}.Subject`]: ['kind'],
  'io.k8s.api.networking.v1.IngressClassParametersReference': ['kind', 'name'],
  'io.k8s.api.networking.v1.NetworkPolicySpec': ['podSelector'],
  'io.k8s.api.policy.v1.PodDisruptionBudgetStatus': [
    'currentHealthy',
    'desiredHealthy',
    'disruptionsAllowed',
    'expectedPods',
  ],
  'io.k8s.api.rbac.v1.RoleRef': ['apiGroup', 'kind', 'name'],
  'io.k8s.api.rbac.v1.Subject': ['kind', 'name'],
  'io.k8s.api.scheduling.v1.PriorityClass': ['value'],
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionNames': ['kind', 'plural'],
  [`${META}.APIResource`]: ['kind', 'name', 'namespaced', 'singularName', 'verbs'],
  [`${META}.OwnerReference`]: ['apiVersion', 'kind', 'name', 'uid'],
}

/** Fields that Go's types mark as lists, though they are none. */
export const MARKED_AS_LISTS: ReadonlySet<string> = new Set([`${META}.Status.details`])

/** Kinds whose deletion is said to answer a Status, though it answers what is being deleted. */
export const SAID_TO_ANSWER_STATUS: ReadonlySet<string> = new Set([`${CORE}.Namespace`])

const union = (discriminator: string, fields: Readonly<Record<string, string>>): Json => ({
  discriminator,
  'fields-to-discriminateBy': fields,
})

/** Definitions of which one field says which of the others counts. */
export const UNIONS: Readonly<Record<string, Json>> = {
  [`${CORE}.AppArmorProfile`]: union('type', { localhostProfile: 'LocalhostProfile' }),
  [`${CORE}.SeccompProfile`]: union('type', { localhostProfile: 'LocalhostProfile' }),
  [`${FLOW_CONTROL}.LimitResponse`]: union('type', { queuing: 'Queuing' }),
  [`${FLOW_CONTROL}.PriorityLevelConfigurationSpec`]: union('type', { exempt: 'Exempt', limited: 'Limited' }),
  [`${FLOW_CONTROL}.Subject`]: union('kind', {
    group: 'Group',
    serviceAccount: 'ServiceAccount',
    user: 'User',
  }),
}
