/** Instants as the API writes them (meta/v1 Time): RFC 3339, whole seconds, UTC. */

export const timestampOf = (now: number): string => `${new Date(now).toISOString().slice(0, 19)}Z`

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
