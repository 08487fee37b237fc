/**
 * How strategic merge patches treat lists and unions: the public facts `x-kubernetes-patch-merge-key` and
 * `x-kubernetes-patch-strategy` of Kubernetes' OpenAPI document. What is not here is replaced whole (lists) or merged (records).
 */

export interface PatchRule {
  /** Field that tells the items of a list apart; absent where items are texts. */
  readonly key?: string
  readonly strategy: 'merge' | 'merge,retainKeys' | 'retainKeys'
}

const by = (key: string): PatchRule => ({ key, strategy: 'merge' })
const unionBy = (key: string): PatchRule => ({ key, strategy: 'merge,retainKeys' })
const set: PatchRule = { strategy: 'merge' }

const container = {
  env: by('name'),
  ports: by('containerPort'),
  volumeDevices: by('devicePath'),
  volumeMounts: by('mountPath'),
}
const conditions = { conditions: by('type') }

/** Definition to field to rule. */
export const PATCH_RULES: Readonly<Record<string, Readonly<Record<string, PatchRule>>>> = {
  'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta': { finalizers: set, ownerReferences: by('uid') },
  'io.k8s.api.core.v1.PodSpec': {
    containers: by('name'),
    ephemeralContainers: by('name'),
    hostAliases: by('ip'),
    imagePullSecrets: by('name'),
    initContainers: by('name'),
    resourceClaims: unionBy('name'),
    schedulingGates: by('name'),
    topologySpreadConstraints: by('topologyKey'),
    volumes: unionBy('name'),
  },
  'io.k8s.api.core.v1.PodStatus': {
    ...conditions,
    hostIPs: by('ip'),
    podIPs: by('ip'),
    resourceClaimStatuses: unionBy('name'),
  },
  'io.k8s.api.core.v1.Container': container,
  'io.k8s.api.core.v1.EphemeralContainer': container,
  'io.k8s.api.core.v1.ServiceSpec': { ports: by('port') },
  'io.k8s.api.core.v1.ServiceStatus': conditions,
  'io.k8s.api.core.v1.ServiceAccount': { secrets: by('name') },
  'io.k8s.api.core.v1.NamespaceStatus': conditions,
  'io.k8s.api.core.v1.NodeSpec': { podCIDRs: set },
  'io.k8s.api.core.v1.NodeStatus': { ...conditions, addresses: by('type') },
  'io.k8s.api.core.v1.ReplicationControllerStatus': conditions,
  'io.k8s.api.apps.v1.DeploymentSpec': { strategy: { strategy: 'retainKeys' } },
  'io.k8s.api.apps.v1.DeploymentStatus': conditions,
  'io.k8s.api.apps.v1.ReplicaSetStatus': conditions,
}

export const patchRule = (schema: string | undefined, field: string): PatchRule | undefined => {
  const rules = schema === undefined ? undefined : PATCH_RULES[schema]
  return rules && Object.hasOwn(rules, field) ? rules[field] : undefined
}
