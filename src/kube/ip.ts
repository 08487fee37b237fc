/** IP addresses as text: their form, and the ranges that no endpoint may lie in. */

const OCTET = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)'
const IPV4 = new RegExp(`^${OCTET}(?:\\.${OCTET}){3}$`)

export const isIpv4 = (text: string): boolean => IPV4.test(text)

/** RFC 4291: eight groups, or fewer about one `::`; the last 32 bits may be written as IPv4. */
export function isIpv6(text: string): boolean {
  const halves = text.split('::')
  if (halves.length > 2 || !text.includes(':')) return false
  const tail = /[^:]*\.[^:]*$/.exec(text)?.[0]
  if (tail !== undefined && !isIpv4(tail)) return false
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')))
  const isWellFormed = groups.every(
    (group, index) => (group === tail && index === groups.length - 1) || /^[0-9a-fA-F]{1,4}$/.test(group),
  )
  const width = groups.length + (tail === undefined ? 0 : 1)
  return isWellFormed && (halves.length === 2 ? width < 8 : width === 8)
}

export const isIp = (text: string): boolean => isIpv4(text) || isIpv6(text)

export const ipErrors = (text: string): string[] =>
  isIp(text) ? [] : ['must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)']

/** Addresses by which a Service could reach what is not its own: the node itself, its metadata server (CVE-2015-7528's like). */
export function specialIpErrors(text: string): string[] {
  if (text === '0.0.0.0' || text === '::') return [`may not be unspecified (${text})`]
  if (text.startsWith('127.') || text === '::1') return ['may not be in the loopback range (127.0.0.0/8, ::1/128)']
  if (text.startsWith('169.254.') || /^fe[89ab][0-9a-f]:/i.test(text))
    return ['may not be in the link-local range (169.254.0.0/16, fe80::/10)']
  if (text.startsWith('224.0.0.') || /^ff02:/i.test(text))
    return ['may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)']
  return []
}
