/**
 * Fields that kubernetes-models knows and Kubernetes v1.32 does not: they came with v1.33 to v1.36. A cluster of v1.32 must
 * treat them as what they are there, unknown. By definition; found by `scripts/compare-openapi.ts`, which compares what is
 * published with Kubernetes' own document. Definitions that only these fields lead to are left out with them.
 */
export const LATER_FIELDS: Readonly<Record<string, readonly string[]>> = {
  'io.k8s.api.apps.v1.DeploymentStatus': ['terminatingReplicas'],
  'io.k8s.api.apps.v1.ReplicaSetStatus': ['terminatingReplicas'],
  'io.k8s.api.autoscaling.v2.HPAScalingRules': ['tolerance'],
  'io.k8s.api.core.v1.Container': ['restartPolicyRules'],
  'io.k8s.api.core.v1.ContainerStatus': ['stopSignal'],
  'io.k8s.api.core.v1.EnvVarSource': ['fileKeyRef'],
  'io.k8s.api.core.v1.EphemeralContainer': ['restartPolicyRules'],
  'io.k8s.api.core.v1.Lifecycle': ['stopSignal'],
  'io.k8s.api.core.v1.NodeStatus': ['declaredFeatures'],
  'io.k8s.api.core.v1.NodeSystemInfo': ['swap'],
  'io.k8s.api.core.v1.PodCondition': ['observedGeneration'],
  'io.k8s.api.core.v1.PodSpec': ['hostnameOverride', 'schedulingGroup'],
  'io.k8s.api.core.v1.PodStatus': [
    'allocatedResources',
    'extendedResourceClaimStatus',
    'nodeAllocatableResourceClaimStatuses',
    'observedGeneration',
    'resources',
  ],
  'io.k8s.api.core.v1.ResourceHealth': ['message'],
  'io.k8s.api.core.v1.VolumeMountStatus': ['volumeStatus'],
  'io.k8s.api.core.v1.VolumeProjection': ['podCertificate'],
  'io.k8s.api.discovery.v1.EndpointHints': ['forNodes'],
  'io.k8s.api.storage.v1.CSIDriverSpec': [
    'nodeAllocatableUpdatePeriodSeconds',
    'preventPodSchedulingIfMissing',
    'serviceAccountTokenInSecrets',
  ],
  'io.k8s.api.storage.v1.VolumeError': ['errorCode'],
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionCondition': ['observedGeneration'],
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionStatus': ['observedGeneration'],
  'io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta': ['shardInfo'],
  'io.k8s.apimachinery.pkg.version.Info': [
    'emulationMajor',
    'emulationMinor',
    'minCompatibilityMajor',
    'minCompatibilityMinor',
  ],
}

/** Values of enumerations that came later, by definition and field. */
export const LATER_VALUES: Readonly<Record<string, readonly string[]>> = {
  'io.k8s.api.core.v1.ResourceQuotaSpec.scopes': ['VolumeAttributesClass'],
  'io.k8s.api.core.v1.ScopedResourceSelectorRequirement.scopeName': ['VolumeAttributesClass'],
  'io.k8s.api.core.v1.Toleration.operator': ['Gt', 'Lt'],
}
