/** Instants as the API writes them. */
export { timestampOf } from '../kube/time.ts'

/** Milliseconds since the epoch; undefined where nothing, or no time, is written. */
export function millisOf(timestamp: string | undefined | null): number | undefined {
  if (!timestamp) return undefined
  const millis = Date.parse(timestamp)
  return Number.isNaN(millis) ? undefined : millis
}

/** The earliest of some instants, some of which may never come. */
export function earliest(...instants: readonly (number | undefined)[]): number | undefined {
  let first: number | undefined
  for (const instant of instants) if (instant !== undefined && (first === undefined || instant < first)) first = instant
  return first
}
