/**
 * How a request's write is committed: with the others of the turn, or, tried only, rolled back after all of it was done;
 * and anew after each time that it had to wait for what somebody outside says.
 */
import { internalError, invalid } from '../../kube/errors.ts'
import { type Attempt, CalloutsNeeded } from '../callouts/attempt.ts'
import type { CommitQueue } from '../commit-queue.ts'

class DryRun<T> extends Error {
  readonly result: T
  constructor(result: T) {
    super('dry run')
    this.result = result
  }
}

export interface CommitContext {
  readonly queue: CommitQueue
  readonly attempt: Attempt
  /** What admission says beside; only the last run's counts. */
  readonly warnings: string[]
}

/**
 * Each webhook of a long chain may ask for one more run, and each write of others meanwhile for all of them again. Beyond
 * this somebody's webhooks never come to rest.
 */
const MAX_RUNS = 64

/**
 * Runs a write in the next group commit. A dry run does all of it, and is then rolled back. `work` may be run several
 * times: it must leave alone what it is made from.
 */
export async function commit<T>(context: CommitContext, isTrial: boolean, work: () => T): Promise<T> {
  const { attempt, warnings } = context
  const told = warnings.length
  for (let run = 0; run < MAX_RUNS; run++) {
    try {
      const result = await once(context, isTrial, work)
      attempt.forget()
      return result
    } catch (error) {
      if (!(error instanceof CalloutsNeeded)) throw error
      warnings.length = told
      await attempt.ask(error)
    }
  }
  throw internalError('admission webhooks do not come to an end with this object')
}

async function once<T>({ queue, attempt }: CommitContext, isTrial: boolean, work: () => T): Promise<T> {
  if (!isTrial) return queue.commit(() => attempt.run(work))
  try {
    return await queue.commit((): T => {
      throw new DryRun(attempt.run(work))
    })
  } catch (error) {
    // Only the line above throws it, with what `work` gave.
    if (error instanceof DryRun) return error.result as T
    throw error
  }
}

/** The options of a write, by its verb: a refusal names their kind. */
export type WriteOptions = 'CreateOptions' | 'UpdateOptions' | 'PatchOptions' | 'DeleteOptions'

/** `All` is the one way to try a write; the options in a delete's body may ask for it too. Throws 422. */
export function isDryRun(search: URLSearchParams, options: WriteOptions, sent: readonly string[] = []): boolean {
  const values = [...search.getAll('dryRun'), ...sent]
  if (values.some((value) => value !== 'All')) {
    // As Go prints a list.
    const shown = `[]string{${values.map((value) => JSON.stringify(value)).join(', ')}}`
    throw invalid({ group: 'meta.k8s.io', kind: options }, '', [
      {
        reason: 'FieldValueNotSupported',
        field: 'dryRun',
        message: `Unsupported value: ${shown}: supported values: "All"`,
      },
    ])
  }
  return values.length > 0
}
