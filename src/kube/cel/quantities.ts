/**
 * Quantities in CEL.
 * https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-quantity-library
 */
import type { Environment } from '@marcbachmann/cel-js'
import { addQuantities, canonicalQuantity, compareQuantities, parseQuantity } from '../quantity.ts'

export class CelQuantity {
  readonly text: string
  constructor(text: string) {
    this.text = canonicalQuantity(text)
  }
}

const NAME = 'kubernetes.Quantity'
const NANO = 1_000_000_000n

export function registerQuantities(env: Environment): void {
  env.registerType(NAME, { ctor: CelQuantity, fields: {} })
  env.registerFunction(`quantity(string): ${NAME}`, (text: string) => new CelQuantity(text))
  env.registerFunction('isQuantity(string): bool', isQuantity)
  const compare = (name: string, judge: (order: number) => boolean) =>
    env.registerFunction(`${NAME}.${name}(${NAME}): bool`, (a: CelQuantity, b: CelQuantity) =>
      judge(compareQuantities(a.text, b.text)),
    )
  compare('isGreaterThan', (order) => order > 0)
  compare('isLessThan', (order) => order < 0)
  env.registerFunction(`${NAME}.compareTo(${NAME}): int`, (a: CelQuantity, b: CelQuantity) =>
    BigInt(compareQuantities(a.text, b.text)),
  )
  env.registerFunction(
    `${NAME}.add(${NAME}): ${NAME}`,
    (a: CelQuantity, b: CelQuantity) => new CelQuantity(addQuantities(a.text, b.text)),
  )
  env.registerFunction(
    `${NAME}.add(int): ${NAME}`,
    (a: CelQuantity, b: bigint) => new CelQuantity(addQuantities(a.text, String(b))),
  )
  env.registerFunction(
    `${NAME}.sub(${NAME}): ${NAME}`,
    (a: CelQuantity, b: CelQuantity) => new CelQuantity(addQuantities(a.text, negated(b.text))),
  )
  env.registerFunction(
    `${NAME}.sub(int): ${NAME}`,
    (a: CelQuantity, b: bigint) => new CelQuantity(addQuantities(a.text, String(-b))),
  )
  env.registerFunction(`${NAME}.sign(): int`, ({ text }: CelQuantity) => BigInt(compareQuantities(text, '0')))
  env.registerFunction(`${NAME}.isInteger(): bool`, ({ text }: CelQuantity) => nanosOf(text) % NANO === 0n)
  env.registerFunction(`${NAME}.asInteger(): int`, ({ text }: CelQuantity) => {
    if (nanosOf(text) % NANO !== 0n) throw new Error('cannot convert value to integer')
    return nanosOf(text) / NANO
  })
  env.registerFunction(
    `${NAME}.asApproximateFloat(): double`,
    ({ text }: CelQuantity) => Number(nanosOf(text)) / Number(NANO),
  )
  env.registerOperator(
    `${NAME} == ${NAME}`,
    (a: CelQuantity, b: CelQuantity) => compareQuantities(a.text, b.text) === 0,
  )
}

const nanosOf = (text: string): bigint => parseQuantity(text).nanos
const negated = (text: string): string => (text.startsWith('-') ? text.slice(1) : `-${text}`)

function isQuantity(text: string): boolean {
  try {
    parseQuantity(text)
    return true
  } catch {
    return false
  }
}
