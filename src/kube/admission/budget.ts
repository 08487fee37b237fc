/** The steps that all expressions of one write share: who runs out of them has failed, and never runs. */
import { type SizeOf, STEPS_OF_A_WRITE } from '../cel/cost.ts'
import type { Expression } from '../cel/expression.ts'

export class Budget {
  #left: number

  constructor(steps: number = STEPS_OF_A_WRITE) {
    this.#left = steps
  }

  /** Throws where the expression could take more steps than are left. */
  spend(expression: Expression, sizeOf: SizeOf): void {
    this.#left -= expression.cost(sizeOf).steps
    if (this.#left < 0)
      throw new Error('validation failed due to running out of cost budget, no further validation rules will be run')
  }
}
