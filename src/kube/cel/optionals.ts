/**
 * What cel-go's optional types have beyond the library's own: `optMap`, `optFlatMap` and `optional.ofNonZeroValue`.
 * https://kubernetes.io/docs/reference/using-api/cel/#cel-options-language-features-and-libraries
 */
import { type ASTNode, type Environment, Optional } from '@marcbachmann/cel-js'
import { isSame } from './lists.ts'

/** Of the library: what is known while an expression is checked or evaluated, with one more name in it. */
interface Scope {
  forkWithVariable(name: string, type: unknown): Scope
  reuse(outer: Scope): Scope
  setIterValue(value: unknown, evaluator: Evaluator): Scope
}

interface Type {
  readonly kind: string
  readonly valueType?: Type
}

interface Checker {
  check(node: ASTNode, scope: Scope): Type
  getType(name: string): Type
}

interface Evaluator {
  run(node: ASTNode, scope: Scope): unknown
}

interface Call {
  readonly args: readonly ASTNode[]
  readonly receiver: ASTNode
}

export function registerOptionals(env: Environment): void {
  env.registerFunction('optional.optMap(ast, ast): optional<dyn>', mapping('optMap', Optional.of))
  env.registerFunction('optional.optFlatMap(ast, ast): optional<dyn>', mapping('optFlatMap', asOptional))
  env.registerFunction('OptionalNamespace.ofNonZeroValue(dyn): optional<dyn>', (_: unknown, value: unknown) =>
    isZero(value) ? Optional.none() : Optional.of(value),
  )
  // One that holds nothing is no null to cel-go either, which lets them be compared.
  env.registerOperator('optional == null', () => false)
  env.registerOperator('optional == optional', (a: Optional, b: Optional) =>
    a.hasValue() && b.hasValue() ? isSame(a.value(), b.value()) : a.hasValue() === b.hasValue(),
  )
}

/** `receiver.optMap(name, body)`: the body of what is there, and nothing of nothing. */
const mapping =
  (macro: string, made: (value: unknown) => unknown) =>
  ({ args: [name, body], receiver }: Call) => {
    let inner: Scope | undefined
    return {
      typeCheck(checker: Checker, _: unknown, scope: Scope): Type {
        if (name?.op !== 'id' || !body) throw new Error(`${macro}() variable name must be a simple identifier`)
        const given = checker.check(receiver, scope)
        if (given.kind !== 'optional' && given.kind !== 'dyn') throw new Error(`${macro}() is of optional values only`)
        inner = scope.forkWithVariable(name.args, checker.getType('dyn'))
        checker.check(body, inner)
        return checker.getType('optional<dyn>')
      },
      evaluate(evaluator: Evaluator, _: unknown, scope: Scope): unknown {
        const given = evaluator.run(receiver, scope)
        if (!(given instanceof Optional) || !given.hasValue() || !inner || !body) return Optional.none()
        return made(evaluator.run(body, inner.reuse(scope).setIterValue(given.value(), evaluator)))
      },
    }
  }

function asOptional(value: unknown): Optional {
  if (value instanceof Optional) return value
  throw new Error('optFlatMap() must come to an optional value')
}

function isZero(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0
  if (value instanceof Map) return value.size === 0
  return value === null || value === '' || value === false || value === 0 || value === 0n
}
