/** What the table of kinds says of each. */
import { expect } from 'vitest'

export interface Kind {
  readonly kind: string
  readonly apiVersion: string
  readonly plural: string
  readonly namespaced: boolean
  /** Beside its metadata. */
  readonly object: object
  /** Whether a controller writes to it once it is made. */
  readonly isControlled?: boolean
  readonly columns: readonly string[]
  readonly cells: readonly unknown[]
  readonly wrong: {
    readonly object: object
    readonly field: string
    /** Of kinds with a status; refused where `statusField` says for what. */
    readonly status?: object
    readonly statusField?: string
  }
}

export const AGE = expect.any(String)
export const selector = { matchLabels: { app: 'a' } }
