/**
 * Which of two versions clients should prefer: stable before beta before alpha, the higher number first, and what is no
 * version of that form last, by its name.
 * https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definition-versioning/#version-priority
 */
const FORM = /^v([1-9]\d*)(?:(alpha|beta)([1-9]\d*))?$/
const STAGES = ['alpha', 'beta', undefined]

/** For sorting: below 0 where `a` is to be preferred. */
export function comparePriority(a: string, b: string): number {
  const one = FORM.exec(a)
  const other = FORM.exec(b)
  if (!one || !other) return one ? -1 : other ? 1 : a < b ? -1 : a > b ? 1 : 0
  return (
    STAGES.indexOf(other[2]) - STAGES.indexOf(one[2]) ||
    Number(other[1]) - Number(one[1]) ||
    Number(other[3] ?? 0) - Number(one[3] ?? 0)
  )
}
