import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isStrictSubset, parseCidr } from './cidr.ts'

const network = (text: string) => {
  const parsed = parseCidr(text)
  if (!parsed) throw new Error(`${text} is no network`)
  return parsed
}

describe('networks', () => {
  it.each(['10.0.0.0', '10.0.0.0/33', '::/129', '10.0.0/8', 'a/8', '10.0.0.0/8/8', '/8', '10.0.0.0/-1'])(
    'does not take %s for one',
    (text) => expect(parseCidr(text)).toBeUndefined(),
  )

  it.each([
    { inner: '10.1.0.0/16', outer: '10.0.0.0/8', is: true },
    { inner: '10.0.0.0/8', outer: '10.0.0.0/8', is: false },
    { inner: '10.0.0.0/7', outer: '10.0.0.0/8', is: false },
    { inner: '11.0.0.0/16', outer: '10.0.0.0/8', is: false },
    { inner: '10.0.0.0/16', outer: '::/0', is: false },
    { inner: '2001:db8:1::/48', outer: '2001:db8::/32', is: true },
    { inner: '2001:db9::/48', outer: '2001:db8::/32', is: false },
    { inner: '::ffff:10.0.0.0/120', outer: '::ffff:0:0/96', is: true },
    { inner: '1.2.3.4/32', outer: '0.0.0.0/0', is: true },
  ])('$inner within $outer: $is', ({ inner, outer, is }) =>
    expect(isStrictSubset(network(inner), network(outer))).toBe(is),
  )

  it('holds every address that begins with its bits, and no other', () =>
    fc.assert(
      fc.property(fc.ipV4(), fc.ipV4(), fc.integer({ min: 0, max: 31 }), (one, other, prefix) => {
        const bits = (text: string) =>
          text
            .split('.')
            .map((octet) => Number(octet).toString(2).padStart(8, '0'))
            .join('')
        expect(isStrictSubset(network(`${one}/32`), network(`${other}/${prefix}`))).toBe(
          bits(one).slice(0, prefix) === bits(other).slice(0, prefix),
        )
      }),
    ))
})
