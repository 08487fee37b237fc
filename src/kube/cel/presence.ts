/**
 * `has(a.b)`, of fields of whatever an expression can come to: the library's own takes names alone, and not
 * `has(self.items[0].name)`.
 */
import { type ASTNode, type Environment, Optional } from '@marcbachmann/cel-js'

/** What a rule's `has` is called by: as long as the name that it stands for. */
export const HAS = 'hav'

interface Checker {
  check(node: ASTNode, scope: unknown): unknown
  getType(name: string): unknown
}

interface Evaluator {
  run(node: ASTNode, scope: unknown): unknown
  debugType(value: unknown): { fieldLazy(value: unknown, name: string, node: ASTNode, evaluator: Evaluator): unknown }
}

export function registerPresence(env: Environment): void {
  env.registerFunction(`${HAS}(ast): bool`, ({ args: [field] }: { readonly args: readonly ASTNode[] }) => {
    if (field?.op !== '.') throw new Error('has() invalid argument')
    const [target, name] = field.args
    return {
      async: false,
      typeCheck(checker: Checker, _: unknown, scope: unknown): unknown {
        checker.check(target, scope)
        return checker.getType('bool')
      },
      evaluate(evaluator: Evaluator, _: unknown, scope: unknown): boolean {
        const found = evaluator.run(target, scope)
        const value = found instanceof Optional ? (found.hasValue() ? found.value() : null) : found
        return evaluator.debugType(value).fieldLazy(value, name, field, evaluator) !== undefined
      },
    }
  })
}
