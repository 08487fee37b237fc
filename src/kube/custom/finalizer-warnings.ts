/** Custom objects may have finalizers of any name; those without a domain are warned of once. */
import { qualifiedNameErrors } from '../names.ts'
import type { KubeObject } from '../object.ts'

const STANDARD = new Set(['orphan', 'foregroundDeletion', 'kubernetes'])

export const finalizerWarnings = (next: KubeObject, previous: KubeObject | undefined): string[] =>
  (next.metadata.finalizers ?? [])
    .filter((finalizer) => !previous?.metadata.finalizers?.includes(finalizer))
    .sort()
    .flatMap(warningsOf)

function warningsOf(finalizer: string): string[] {
  const told = (why: string) => `metadata.finalizers: ${JSON.stringify(finalizer)}: ${why}`
  const problems = qualifiedNameErrors(finalizer).map(told)
  if (finalizer.includes('/') || STANDARD.has(finalizer)) return problems
  const how = finalizer.includes('.') ? ' including a path (/)' : ''
  return [
    ...problems,
    told(`prefer a domain-qualified finalizer name${how} to avoid accidental conflicts with other finalizer writers`),
  ]
}
