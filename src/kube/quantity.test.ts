import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addQuantities, bytesOf, canonicalQuantity, compareQuantities, cpuMillis, parseQuantity } from './quantity.ts'

describe('canonicalQuantity', () => {
  it.each([
    ['1000m', '1'],
    ['0.5', '500m'],
    ['1', '1'],
    ['1.5', '1500m'],
    ['100m', '100m'],
    ['0', '0'],
    ['0Mi', '0'],
    ['-1000m', '-1'],
    ['1024Mi', '1Gi'],
    ['1.5Gi', '1536Mi'],
    ['1024', '1024'],
    ['1024Ki', '1Mi'],
    ['1023Ki', '1023Ki'],
    ['0.5Ki', '512'],
    ['1.0001Ki', '1024102400u'],
    ['1000k', '1M'],
    ['1000000', '1M'],
    ['128974848', '128974848'],
    ['129e6', '129e6'],
    ['1e3', '1e3'],
    ['1E3', '1e3'],
    ['12e2', '1200'],
    ['1E', '1E'],
    ['+5', '5'],
    ['.5', '500m'],
    ['5.', '5'],
    ['0.0000000001', '1n'],
    ['1n', '1n'],
    ['1000u', '1m'],
    ['9223372036854775807', '9223372036854775807'],
  ])('writes %s as %s', (text, want) => expect(canonicalQuantity(text)).toBe(want))

  it.each(['', 'x', '1x', '1 Gi', '1GiB', '--1', '1.2.3', '1mm', 'Gi', '1e', '0x1'])('refuses %j', (text) => {
    expect(() => canonicalQuantity(text)).toThrow(/quantit/)
  })

  const SUFFIXES = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'Ki', 'Mi', 'Gi', 'Ti', 'e3', 'E-2'] as const
  const quantities = fc
    .tuple(fc.constantFrom('', '-'), fc.nat(999_999), fc.nat(999), fc.constantFrom(...SUFFIXES))
    .map(([sign, whole, part, suffix]) => `${sign}${whole}${part === 0 ? '' : `.${part}`}${suffix}`)

  const SCALE: Readonly<Record<string, number>> = {
    n: -9,
    u: -6,
    m: -3,
    '': 0,
    k: 3,
    M: 6,
    G: 9,
    T: 12,
    e3: 3,
    'E-2': -2,
  }
  /** In billionths of billionths, exactly. */
  function exact(text: string): bigint {
    const [, sign, whole = '', fraction = '', suffix = ''] = /^(-?)(\d+)(?:\.(\d+))?(.*)$/.exec(text) ?? []
    const mantissa = BigInt(whole + fraction.padEnd(3, '0')) * (sign === '-' ? -1n : 1n)
    const power = ['Ki', 'Mi', 'Gi', 'Ti'].indexOf(suffix)
    const unit = 10n ** 15n
    return power >= 0
      ? mantissa * unit * 1024n ** BigInt(power + 1)
      : mantissa * 10n ** BigInt(15 + (SCALE[suffix] ?? 0))
  }

  it('means the same and stays as it is', () =>
    fc.assert(
      fc.property(quantities, (text) => {
        const canonical = canonicalQuantity(text)
        expect(canonicalQuantity(canonical)).toBe(canonical)
        expect(parseQuantity(canonical).nanos).toBe(parseQuantity(text).nanos)
      }),
      { numRuns: 1000 },
    ))

  it('orders as exact numbers do, to the billionth', () =>
    fc.assert(
      fc.property(quantities, quantities, (a, b) => {
        const difference = exact(a) - exact(b)
        if (difference > 10n ** 9n) expect(compareQuantities(a, b)).toBe(1)
        else if (-difference > 10n ** 9n) expect(compareQuantities(a, b)).toBe(-1)
        else if (difference === 0n) expect(compareQuantities(a, b)).toBe(0)
      }),
      { numRuns: 1000 },
    ))

  it('adds in any order to the same amount', () =>
    fc.assert(
      fc.property(quantities, quantities, (a, b) => {
        expect(compareQuantities(addQuantities(a, b), addQuantities(b, a))).toBe(0)
        expect(parseQuantity(addQuantities(a, b)).nanos).toBe(parseQuantity(a).nanos + parseQuantity(b).nanos)
      }),
    ))
})

describe('numbers of quantities', () => {
  it.each([
    ['100m', 100],
    ['1', 1000],
    ['0.0001', 1],
    [2, 2000],
    [undefined, 0],
  ])('%s are %s thousandths', (quantity, want) => expect(cpuMillis(quantity)).toBe(want))

  it.each([
    ['1Gi', 1024 ** 3],
    ['1500m', 2],
    ['64M', 64_000_000],
    [undefined, 0],
  ])('%s are %s bytes', (quantity, want) => expect(bytesOf(quantity)).toBe(want))
})
