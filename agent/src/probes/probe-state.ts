/**
 * One probe's memory: how many results in a row, and what they amount to (prober/worker.go). Pure. A readiness probe
 * begins as failed, a liveness probe as passed, a startup probe as unknown.
 */
export type ProbeKind = 'startup' | 'liveness' | 'readiness'

export type Verdict = 'success' | 'failure' | 'unknown'

export interface ProbeState {
  readonly verdict: Verdict
  readonly last?: Exclude<Verdict, 'unknown'>
  readonly run: number
}

export interface Thresholds {
  readonly success: number
  readonly failure: number
}

export function initialState(kind: ProbeKind): ProbeState {
  const verdict = { readiness: 'failure', liveness: 'success', startup: 'unknown' } as const
  return { verdict: verdict[kind], run: 0 }
}

/** failureThreshold 3: the third failure in a row turns the verdict, one success turns it back (successThreshold 1). */
export function afterResult(
  state: ProbeState,
  result: Exclude<Verdict, 'unknown'>,
  { success, failure }: Thresholds,
): ProbeState {
  const run = state.last === result ? state.run + 1 : 1
  const isEnough = run >= (result === 'success' ? success : failure)
  return { verdict: isEnough ? result : state.verdict, last: result, run }
}
