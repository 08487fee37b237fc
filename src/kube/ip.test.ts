import { isIP } from 'node:net'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isIpv4, isIpv6 } from './ip.ts'

const texts = fc.oneof(
  fc.ipV4(),
  fc.ipV6(),
  fc.string({ unit: fc.constantFrom('1', 'f', '0', ':', '::', '.', '255', '1.2.3.4'), maxLength: 12 }),
)

describe('IP addresses', () => {
  it('are what node takes for them', () =>
    fc.assert(
      fc.property(texts, (text) => {
        expect(isIpv4(text)).toBe(isIP(text) === 4)
        expect(isIpv6(text)).toBe(isIP(text) === 6)
      }),
      { numRuns: 2000 },
    ))
})
