/** IPv4 addresses as numbers, and ranges of them. Pure. */
export interface Cidr {
  readonly base: number
  readonly bits: number
}

export function parseIp(text: string): number {
  const parts = text.split('.').map(Number)
  const isValid = parts.length === 4 && parts.every((part) => Number.isInteger(part) && part >= 0 && part <= 255)
  if (!isValid) throw new Error(`${text} is not an IPv4 address`)
  return parts.reduce((sum, part) => sum * 256 + part, 0)
}

export function formatIp(ip: number): string {
  return [24, 16, 8, 0].map((shift) => (ip >>> shift) & 255).join('.')
}

export function parseCidr(text: string): Cidr {
  const [address = '', bits = ''] = text.split('/')
  const length = Number(bits)
  if (bits === '' || !Number.isInteger(length) || length < 0 || length > 32) throw new Error(`${text} is not a CIDR`)
  return { base: parseIp(address) - (parseIp(address) % 2 ** (32 - length)), bits: length }
}

export const sizeOf = ({ bits }: Cidr): number => 2 ** (32 - bits)

export const contains = (cidr: Cidr, ip: number): boolean => ip >= cidr.base && ip < cidr.base + sizeOf(cidr)

/** The node's own address in its Pod range: .1, which is every Pod's gateway. */
export const gatewayOf = (podCidr: string): string => formatIp(parseCidr(podCidr).base + 1)

export function isIpv4(text: string): boolean {
  return /^\d+\.\d+\.\d+\.\d+$/.test(text)
}

/** A locally administered hardware address made from an IPv4 address, so that every node can work it out. */
export function macOf(ip: string, prefix: string): string {
  const bytes = ip.split('.').map((part) => Number(part).toString(16).padStart(2, '0'))
  return [prefix, ...bytes].join(':')
}
