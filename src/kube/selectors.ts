/** Label and field selectors: parsing of query strings and of `LabelSelector` objects, and matching. */

/** A label selector's requirements, all of which must hold (labels.Requirement of apimachinery). */
export interface LabelSelector {
  readonly requirements: readonly LabelRequirement[]
}

export type LabelRequirement =
  | { readonly op: 'in' | 'notIn'; readonly key: string; readonly values: readonly string[] }
  | { readonly op: 'exists' | 'notExists'; readonly key: string }
  | { readonly op: 'greater' | 'less'; readonly key: string; readonly value: number }
