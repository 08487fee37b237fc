/** A broken promise. */
export class Violation extends Error {
  constructor(promise: string, evidence: string) {
    super(`${promise}: ${evidence}`)
    this.name = 'Violation'
  }
}

/** Throws unless it holds. `evidence` is only made when it does not. */
export function promise(what: string, holds: boolean, evidence: () => string): asserts holds {
  if (!holds) throw new Violation(what, evidence())
}
