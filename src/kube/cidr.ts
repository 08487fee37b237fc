/** Networks as text, `10.0.0.0/8`: their form, and which lies in which. */
import { isIpv4, isIpv6 } from './ip.ts'

export interface Cidr {
  readonly family: 4 | 6
  /** Of the address, as one number. */
  readonly address: bigint
  readonly prefix: number
}

/** Undefined for what is not one. */
export function parseCidr(text: string): Cidr | undefined {
  const [address = '', bits = '', ...rest] = text.split('/')
  const family = isIpv4(address) ? 4 : isIpv6(address) ? 6 : undefined
  if (family === undefined || rest.length > 0 || !/^\d{1,3}$/.test(bits)) return undefined
  const prefix = Number(bits)
  return prefix <= widthOf(family) ? { family, address: numberOf(address, family), prefix } : undefined
}

export const cidrErrors = (text: string): string[] =>
  parseCidr(text) ? [] : ['must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)']

/** Whether `inner` lies in `outer` and is smaller. */
export function isStrictSubset(inner: Cidr, outer: Cidr): boolean {
  if (inner.family !== outer.family || inner.prefix <= outer.prefix) return false
  const host = BigInt(widthOf(outer.family) - outer.prefix)
  return inner.address >> host === outer.address >> host
}

const widthOf = (family: 4 | 6): number => (family === 4 ? 32 : 128)

function numberOf(address: string, family: 4 | 6): bigint {
  if (family === 4) return ipv4Of(address)
  const [head = '', tail] = address.split('::')
  const front = groupsOf(head)
  const back = tail === undefined ? [] : groupsOf(tail)
  const zeros = Array.from({ length: 8 - front.length - back.length }, () => 0n)
  return [...front, ...zeros, ...back].reduce((whole, group) => (whole << 16n) | group, 0n)
}

/** Groups of 16 bits; an IPv4 address at the end is two of them. */
const groupsOf = (half: string): bigint[] =>
  half === ''
    ? []
    : half.split(':').flatMap((group) => {
        if (!group.includes('.')) return [BigInt(`0x${group}`)]
        const value = ipv4Of(group)
        return [value >> 16n, value & 0xffffn]
      })

const ipv4Of = (address: string): bigint =>
  address.split('.').reduce((whole, octet) => (whole << 8n) | BigInt(octet), 0n)
