/** A container could not be started: the reason its waiting state shows. */
export class StartError extends Error {
  readonly reason: string
  /** What the Failed event says after `Error: `; none when another event has said it. */
  readonly event: string | undefined
  readonly retryInMs: number

  constructor({
    reason,
    message,
    event,
    retryInMs,
  }: { reason: string; message: string; event?: string; retryInMs?: number }) {
    super(message)
    this.reason = reason
    this.event = event
    this.retryInMs = retryInMs ?? RETRY_MS
  }
}

/** About the kubelet's own rhythm of syncs after an error (10 s with jitter). */
const RETRY_MS = 10_000
