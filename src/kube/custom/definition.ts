/**
 * CustomResourceDefinition (apiextensions.k8s.io/v1) as the store holds it.
 * https://kubernetes.io/docs/reference/kubernetes-api/extend-resources/custom-resource-definition-v1/
 */
import type { KubeObject, ObjectMeta } from '../object.ts'
import type { JsonSchema } from './json-schema.ts'

export interface CustomResourceDefinition extends KubeObject {
  metadata: ObjectMeta
  spec: {
    group: string
    scope: 'Namespaced' | 'Cluster'
    names: Names
    versions: Version[]
    conversion?: Conversion
    preserveUnknownFields?: boolean
  }
  status: {
    acceptedNames?: Partial<Names>
    conditions?: Condition[]
    storedVersions?: string[]
  }
}

export interface Names {
  plural: string
  singular?: string
  kind: string
  listKind?: string
  shortNames?: string[]
  categories?: string[]
}

export interface Version {
  name: string
  served: boolean
  storage: boolean
  deprecated?: boolean
  deprecationWarning?: string
  schema?: { openAPIV3Schema?: JsonSchema }
  subresources?: Subresources
  additionalPrinterColumns?: PrinterColumn[]
  selectableFields?: { jsonPath: string }[]
}

export interface Subresources {
  status?: Record<string, never>
  scale?: { specReplicasPath: string; statusReplicasPath: string; labelSelectorPath?: string }
}

export interface PrinterColumn {
  name: string
  type: string
  format?: string
  description?: string
  priority?: number
  jsonPath: string
}

export interface Conversion {
  strategy: string
  webhook?: { clientConfig?: ClientConfig; conversionReviewVersions?: string[] }
}

export interface ClientConfig {
  url?: string
  service?: { namespace: string; name: string; path?: string; port?: number }
  caBundle?: string
}

export interface Condition {
  type: string
  status: 'True' | 'False' | 'Unknown'
  lastTransitionTime?: string
  reason?: string
  message?: string
}

/** Until it is gone, what the definition has made must go. */
export const CLEANUP_FINALIZER = 'customresourcecleanup.apiextensions.k8s.io'

export const conditionOf = (definition: CustomResourceDefinition, type: string): Condition | undefined =>
  definition.status.conditions?.find((condition) => condition.type === type)

export const isTrue = (definition: CustomResourceDefinition, type: string): boolean =>
  conditionOf(definition, type)?.status === 'True'

/** With one condition said anew; its time moves only when its status does. `now`: milliseconds since the epoch. */
export function withCondition(
  definition: CustomResourceDefinition,
  { type, status, reason, message }: Condition & { reason: string; message: string },
  now: number,
): CustomResourceDefinition {
  const former = conditionOf(definition, type)
  const lastTransitionTime =
    former?.status === status && former.lastTransitionTime
      ? former.lastTransitionTime
      : `${new Date(now).toISOString().slice(0, 19)}Z`
  const told: Condition = { type, status, reason, message, lastTransitionTime }
  const conditions = definition.status.conditions ?? []
  return {
    ...definition,
    status: {
      ...definition.status,
      conditions: former ? conditions.map((one) => (one === former ? told : one)) : [...conditions, told],
    },
  }
}

export const storageVersionOf = ({ spec }: CustomResourceDefinition): Version | undefined =>
  spec.versions.find((version) => version.storage)

export const schemaOf = (version: Version): JsonSchema | undefined => version.schema?.openAPIV3Schema

/** What is said once a request for a deprecated version. */
export function deprecationWarningOf({ spec }: CustomResourceDefinition, version: Version): string | undefined {
  if (!version.deprecated) return undefined
  return version.deprecationWarning ?? `${spec.group}/${version.name} ${spec.names.kind} is deprecated`
}

/** Groups of Kubernetes' own community, whose APIs must have been reviewed. */
export const isProtectedGroup = (group: string): boolean =>
  group === 'k8s.io' || group === 'kubernetes.io' || group.endsWith('.k8s.io') || group.endsWith('.kubernetes.io')
