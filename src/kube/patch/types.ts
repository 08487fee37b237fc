/** The media types of patches: https://kubernetes.io/docs/reference/using-api/api-concepts/#patch-and-apply */
import type { Resource } from '../resource.ts'

export const JSON_PATCH = 'application/json-patch+json'
export const MERGE_PATCH = 'application/merge-patch+json'
export const STRATEGIC_PATCH = 'application/strategic-merge-patch+json'
export const APPLY_PATCH = 'application/apply-patch+yaml'

export const PATCH_TYPES: readonly string[] = [JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH, APPLY_PATCH]

/** A custom kind's schema knows no strategies. */
export const patchTypesOf = ({ custom }: Resource): readonly string[] =>
  custom ? PATCH_TYPES.filter((type) => type !== STRATEGIC_PATCH) : PATCH_TYPES
