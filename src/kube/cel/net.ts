/**
 * Addresses, networks and URLs in CEL.
 * https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-ip-address-library
 */
import type { Environment } from '@marcbachmann/cel-js'
import { type Cidr, isStrictSubset, parseCidr } from '../cidr.ts'
import { isIp, isIpv4 } from '../ip.ts'

const IP = 'net.IP'
const CIDR = 'net.CIDR'
const URL_NAME = 'kubernetes.URL'

class IpLibrary {}

class CelIp {
  readonly text: string
  readonly cidr: Cidr
  constructor(text: string) {
    const cidr = isIp(text) ? parseCidr(`${text}/${isIpv4(text) ? 32 : 128}`) : undefined
    if (!cidr) throw new Error(`IP Address ${JSON.stringify(text)} parse error during conversion from string`)
    this.text = text
    this.cidr = cidr
  }
}

class CelCidr {
  readonly text: string
  readonly cidr: Cidr
  constructor(text: string) {
    const cidr = parseCidr(text)
    if (!cidr) throw new Error(`network address parse error during conversion from string: ${text}`)
    this.text = text
    this.cidr = cidr
  }
}

const within = (inner: Cidr, outer: Cidr): boolean =>
  isStrictSubset(inner, outer) ||
  (inner.family === outer.family && inner.prefix === outer.prefix && first(inner) === first(outer))

const isSameCidr = (a: Cidr, b: Cidr): boolean =>
  a.family === b.family && a.prefix === b.prefix && a.address === b.address

const widthOf = ({ family }: Cidr): number => (family === 4 ? 32 : 128)

/** The network's first address. */
function first(cidr: Cidr): bigint {
  const host = BigInt(widthOf(cidr) - cidr.prefix)
  return (cidr.address >> host) << host
}

function textOf(address: bigint, family: 4 | 6): string {
  if (family === 4) return [24n, 16n, 8n, 0n].map((shift) => (address >> shift) & 0xffn).join('.')
  const groups = Array.from({ length: 8 }, (_, index) => ((address >> BigInt(112 - index * 16)) & 0xffffn).toString(16))
  // The longest run of zeros is left out (RFC 5952); a URL's host is written so.
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1)
}

const bits = ({ address, family }: Cidr, from: number, count: number): bigint =>
  (address >> BigInt((family === 4 ? 32 : 128) - from - count)) & ((1n << BigInt(count)) - 1n)

const isLoopback = (cidr: Cidr): boolean => (cidr.family === 4 ? bits(cidr, 0, 8) === 127n : cidr.address === 1n)
const isUnspecified = ({ address }: Cidr): boolean => address === 0n
const isLinkLocalMulticast = (cidr: Cidr): boolean =>
  cidr.family === 4 ? bits(cidr, 0, 24) === 0xe00000n : bits(cidr, 0, 16) === 0xff02n
const isLinkLocal = (cidr: Cidr): boolean =>
  cidr.family === 4 ? bits(cidr, 0, 16) === 0xa9fen : bits(cidr, 0, 10) === 0x3fan
const isMulticast = (cidr: Cidr): boolean =>
  cidr.family === 4 ? bits(cidr, 0, 4) === 0xen : bits(cidr, 0, 8) === 0xffn
const isGlobalUnicast = (cidr: Cidr): boolean =>
  !(isUnspecified(cidr) || isLoopback(cidr) || isMulticast(cidr) || isLinkLocal(cidr)) &&
  !(cidr.family === 4 && cidr.address === 0xffffffffn)

export function registerNet(env: Environment): void {
  env.registerType(IP, { ctor: CelIp, fields: {} })
  env.registerType(CIDR, { ctor: CelCidr, fields: {} })
  env.registerFunction(`ip(string): ${IP}`, (text: string) => new CelIp(text))
  env.registerFunction('isIP(string): bool', isIp)
  env.registerFunction(`${IP}.family(): int`, ({ cidr }: CelIp) => BigInt(cidr.family))
  for (const [name, judge] of Object.entries({
    isUnspecified,
    isLoopback,
    isLinkLocalMulticast,
    isLinkLocalUnicast: isLinkLocal,
    isGlobalUnicast,
  }))
    env.registerFunction(`${IP}.${name}(): bool`, ({ cidr }: CelIp) => judge(cidr))
  env.registerOperator(`${IP} == ${IP}`, (a: CelIp, b: CelIp) => within(a.cidr, b.cidr))
  env.registerType('kubernetes.IPs', { ctor: IpLibrary, fields: {} })
  env.registerConstant('ip', 'kubernetes.IPs', new IpLibrary())
  env.registerFunction('kubernetes.IPs.isCanonical(string): bool', (_: unknown, text: string) => {
    const { address, family } = new CelIp(text).cidr
    return textOf(address, family) === text
  })
  env.registerOperator(`${CIDR} == ${CIDR}`, (a: CelCidr, b: CelCidr) => isSameCidr(a.cidr, b.cidr))
  env.registerFunction(`cidr(string): ${CIDR}`, (text: string) => new CelCidr(text))
  env.registerFunction('isCIDR(string): bool', (text: string) => parseCidr(text) !== undefined)
  env.registerFunction(`${CIDR}.containsIP(${IP}): bool`, (net: CelCidr, ip: CelIp) => within(ip.cidr, net.cidr))
  env.registerFunction(`${CIDR}.containsIP(string): bool`, (net: CelCidr, ip: string) =>
    within(new CelIp(ip).cidr, net.cidr),
  )
  env.registerFunction(`${CIDR}.containsCIDR(${CIDR}): bool`, (net: CelCidr, other: CelCidr) =>
    within(other.cidr, net.cidr),
  )
  env.registerFunction(`${CIDR}.containsCIDR(string): bool`, (net: CelCidr, other: string) =>
    within(new CelCidr(other).cidr, net.cidr),
  )
  env.registerFunction(`${CIDR}.ip(): ${IP}`, ({ cidr }: CelCidr) => new CelIp(textOf(cidr.address, cidr.family)))
  env.registerFunction(
    `${CIDR}.masked(): ${CIDR}`,
    ({ cidr }: CelCidr) => new CelCidr(`${textOf(first(cidr), cidr.family)}/${cidr.prefix}`),
  )
  env.registerFunction(`${CIDR}.prefixLength(): int`, ({ cidr }: CelCidr) => BigInt(cidr.prefix))
  env.registerFunction('string(net.IP): string', ({ cidr }: CelIp) => textOf(cidr.address, cidr.family))
  env.registerFunction('string(net.CIDR): string', ({ text }: CelCidr) => text)
  registerUrls(env)
}

function registerUrls(env: Environment): void {
  env.registerType(URL_NAME, { ctor: URL, fields: {} })
  env.registerFunction(`url(string): ${URL_NAME}`, urlOf)
  env.registerFunction('isURL(string): bool', isUrl)
  env.registerFunction(`${URL_NAME}.getScheme(): string`, ({ protocol, host }: URL) =>
    host === BASE ? '' : protocol.slice(0, -1),
  )
  env.registerFunction(`${URL_NAME}.getHost(): string`, ({ host }: URL) => (host === BASE ? '' : host))
  env.registerFunction(`${URL_NAME}.getHostname(): string`, ({ hostname }: URL) =>
    hostname === BASE ? '' : hostname.replace(/^\[|\]$/g, ''),
  )
  env.registerFunction(`${URL_NAME}.getPort(): string`, ({ port }: URL) => port)
  env.registerFunction(`${URL_NAME}.getEscapedPath(): string`, ({ pathname }: URL) => pathname)
  env.registerFunction(
    `${URL_NAME}.getQuery(): map<string, list<string>>`,
    ({ searchParams }: URL) => new Map([...new Set(searchParams.keys())].map((key) => [key, searchParams.getAll(key)])),
  )
}

/** A path alone is a URL to Go; here it has this host. */
const BASE = 'path.invalid'

/** Absolute, or a path. */
function urlOf(text: string): URL {
  if (text.startsWith('/')) return new URL(text, `http://${BASE}`)
  if (!URL.canParse(text)) throw new Error(`URL parse error during conversion from string: ${text}`)
  return new URL(text)
}

const isUrl = (text: string): boolean => text.startsWith('/') || URL.canParse(text)
