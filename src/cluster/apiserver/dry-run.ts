/** How a request's write is committed: with the others of the turn, or, tried only, rolled back after all of it was done. */
import { invalid } from '../../kube/errors.ts'
import type { CommitQueue } from '../commit-queue.ts'

class DryRun<T> extends Error {
  readonly result: T
  constructor(result: T) {
    super('dry run')
    this.result = result
  }
}

/** Runs a write in the next group commit. A dry run does all of it, and is then rolled back. */
export async function commit<T>(
  { queue }: { readonly queue: CommitQueue },
  isTrial: boolean,
  work: () => T,
): Promise<T> {
  if (!isTrial) return queue.commit(work)
  try {
    return await queue.commit((): T => {
      throw new DryRun(work())
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
