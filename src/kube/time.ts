/** An instant (milliseconds since the epoch) as the API writes it (meta/v1 Time): RFC 3339, whole seconds, UTC. */
export const timestampOf = (now: number): string => `${new Date(now).toISOString().slice(0, 19)}Z`
