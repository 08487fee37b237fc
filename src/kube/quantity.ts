/**
 * Quantities (`100m`, `128Mi`): exact arithmetic in billionths, and the canonical text that Go writes.
 * https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
 */

type Format = 'binary' | 'decimal' | 'exponent'

export interface Quantity {
  /** In billionths; smaller parts are rounded away from zero, as Go does. */
  readonly nanos: bigint
  readonly format: Format
}

const NANO = 1_000_000_000n
const PATTERN = /^([+-]?)(\d+\.?\d*|\.\d+)(Ki|Mi|Gi|Ti|Pi|Ei|n|u|m|k|M|G|T|P|E|[eE][+-]?\d+)?$/
const BINARY = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei']
const DECIMAL: Readonly<Record<string, number>> = { n: -9, u: -6, m: -3, '': 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 }
const DECIMAL_SUFFIX = new Map(Object.entries(DECIMAL).map(([suffix, exponent]) => [exponent, suffix]))

export class QuantityError extends Error {}

/** Digits cost time in proportion to their square; no machine has that many. */
const MAX_CHARACTERS = 128

/** Go's three complaints. */
function malformed(text: string): QuantityError {
  const [, digits] = /^[+-]?([0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$/.exec(text) ?? []
  if (digits === undefined)
    return new QuantityError(
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    )
  const isNumber = /^(\d+\.?\d*|\.\d+)$/.test(digits)
  return new QuantityError(isNumber ? "unable to parse quantity's suffix" : 'unable to parse numeric part of quantity')
}

export function parseQuantity(text: string): Quantity {
  const match = PATTERN.exec(text)
  if (!match || text.length > MAX_CHARACTERS) throw malformed(text)
  const [, sign, digits = '', suffix = ''] = match
  const [whole = '', fraction = ''] = digits.split('.')
  const mantissa = BigInt(whole + fraction || '0')
  const binary = BINARY.indexOf(suffix)
  if (binary > 0) return signed(sign, scaled(mantissa * 1024n ** BigInt(binary), 9 - fraction.length), 'binary')
  const isExponent = /^[eE][+-]?\d+$/.test(suffix)
  const exponent = isExponent ? Number(suffix.slice(1)) : (DECIMAL[suffix] ?? 0)
  return signed(sign, scaled(mantissa, 9 + exponent - fraction.length), isExponent ? 'exponent' : 'decimal')
}

const signed = (sign: string | undefined, nanos: bigint, format: Format): Quantity => ({
  nanos: sign === '-' ? -nanos : nanos,
  format,
})

/** mantissa × 10^power, rounded up. Beyond what any machine has the power is cut, so that no text can cost memory. */
function scaled(mantissa: bigint, power: number): bigint {
  if (power >= 0) return mantissa * 10n ** BigInt(Math.min(power, 60))
  const divisor = 10n ** BigInt(Math.min(-power, 200))
  return (mantissa + divisor - 1n) / divisor
}

export function formatQuantity({ nanos, format }: Quantity): string {
  if (nanos === 0n) return '0'
  const magnitude = nanos < 0n ? -nanos : nanos
  const sign = nanos < 0n ? '-' : ''
  // Below 1024, and where a rest is left, Go changes over to the decimal form rather than round.
  if (format === 'binary' && magnitude >= 1024n * NANO && magnitude % NANO === 0n)
    return sign + binaryText(magnitude / NANO)
  let mantissa = magnitude
  let exponent = -9
  while (exponent < 18 && mantissa % 1000n === 0n) {
    mantissa /= 1000n
    exponent += 3
  }
  if (format !== 'exponent') return `${sign}${mantissa}${DECIMAL_SUFFIX.get(exponent) ?? ''}`
  return exponent === 0 ? `${sign}${mantissa}` : `${sign}${mantissa}e${exponent}`
}

function binaryText(units: bigint): string {
  let mantissa = units
  let step = 0
  while (step < BINARY.length - 1 && mantissa % 1024n === 0n) {
    mantissa /= 1024n
    step += 1
  }
  return `${mantissa}${BINARY[step]}`
}

const canonicals = new Map<string, string>()
/** The same few quantities stand in all Pods of a cluster. */
const MAX_CANONICALS = 4096

/** The text Go writes for a quantity: `1000m` is `1`, `1024Mi` is `1Gi`, `0.5` is `500m`. Throws QuantityError. */
export function canonicalQuantity(text: string): string {
  const known = canonicals.get(text)
  if (known !== undefined) return known
  const canonical = formatQuantity(parseQuantity(text))
  if (canonicals.size >= MAX_CANONICALS) canonicals.clear()
  canonicals.set(text, canonical)
  return canonical
}

const textOf = (quantity: string | number | undefined): string => String(quantity ?? '0')

const ceilDivide = (value: bigint, divisor: bigint): number =>
  Number(value > 0n ? (value + divisor - 1n) / divisor : value / divisor)

const numbers = new Map<string, { millis: number; units: number }>()

function numbersOf(quantity: string | number | undefined): { millis: number; units: number } {
  const text = textOf(quantity)
  const known = numbers.get(text)
  if (known) return known
  const { nanos } = parseQuantity(text)
  const value = { millis: ceilDivide(nanos, 1_000_000n), units: ceilDivide(nanos, NANO) }
  if (numbers.size >= MAX_CANONICALS) numbers.clear()
  numbers.set(text, value)
  return value
}

/** Thousandths, rounded up: CPU. */
export const cpuMillis = (quantity: string | number | undefined): number => numbersOf(quantity).millis

/** Whole units, rounded up: bytes, counts. */
export const bytesOf = (quantity: string | number | undefined): number => numbersOf(quantity).units

export function compareQuantities(a: string | number | undefined, b: string | number | undefined): number {
  const left = parseQuantity(textOf(a)).nanos
  const right = parseQuantity(textOf(b)).nanos
  return left < right ? -1 : left > right ? 1 : 0
}

/** The sum in canonical form; of the format of the first that is not zero, as Go's Add. */
export function addQuantities(a: string | number | undefined, b: string | number | undefined): string {
  const left = parseQuantity(textOf(a))
  const right = parseQuantity(textOf(b))
  return formatQuantity({ nanos: left.nanos + right.nanos, format: left.nanos === 0n ? right.format : left.format })
}
