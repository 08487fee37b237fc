/**
 * Versions of Kubernetes whose clients a cluster can be made for, beside those of today: it then serves what they ask for
 * and newer versions have dropped (docs/versions.md). Chosen when the cluster is made, and fixed.
 */
export const COMPATS = ['1.20'] as const

export type Compat = (typeof COMPATS)[number]

export const isCompat = (value: unknown): value is Compat => COMPATS.some((known) => known === value)
