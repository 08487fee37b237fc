/**
 * What is wrong with a schedule of a CronJob, in the words of robfig/cron's standard parser, which Kubernetes uses:
 * five fields (minute, hour, day of month, month, day of week) or a descriptor as `@daily`, `@every 1h30m`.
 */

interface Bounds {
  readonly min: number
  readonly max: number
  readonly names: Readonly<Record<string, number>>
}

const numbered = (names: string, first: number): Record<string, number> =>
  Object.fromEntries(names.split(' ').map((name, index) => [name, index + first]))

const FIELDS: readonly Bounds[] = [
  { min: 0, max: 59, names: {} },
  { min: 0, max: 23, names: {} },
  { min: 1, max: 31, names: {} },
  { min: 1, max: 12, names: numbered('jan feb mar apr may jun jul aug sep oct nov dec', 1) },
  { min: 0, max: 6, names: numbered('sun mon tue wed thu fri sat', 0) },
]

const DESCRIPTORS = new Set(['@yearly', '@annually', '@monthly', '@weekly', '@daily', '@midnight', '@hourly'])
const DURATION = /^[-+]?(\d+(\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)((\d+(\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h))*$/

/** Undefined for a schedule that can be read. */
export function scheduleError(text: string): string | undefined {
  if (text === '') return 'empty spec string'
  const zoned = /^(CRON_)?TZ=([^ ]*) ?(.*)$/.exec(text)
  const schedule = (zoned?.[3] ?? text).trim()
  if (schedule.startsWith('@')) return descriptorError(schedule)
  const fields = schedule.split(/\s+/).filter((field) => field !== '')
  if (fields.length !== FIELDS.length) return `expected exactly 5 fields, found ${fields.length}: [${fields.join(' ')}]`
  for (const [index, field] of fields.entries()) {
    const bounds = FIELDS[index]
    const error = bounds && fieldError(field, bounds)
    if (error) return error
  }
  return undefined
}

export const hasTimeZone = (schedule: string): boolean => schedule.includes('TZ')

function descriptorError(text: string): string | undefined {
  if (DESCRIPTORS.has(text)) return undefined
  if (!text.startsWith('@every ')) return `unrecognized descriptor: ${text}`
  const duration = text.slice('@every '.length)
  if (DURATION.test(duration)) return undefined
  return `failed to parse duration ${text}: time: invalid duration ${JSON.stringify(duration)}`
}

function fieldError(field: string, bounds: Bounds): string | undefined {
  for (const part of field.split(',')) {
    const error = rangeError(part, bounds)
    if (error) return error
  }
  return undefined
}

/** A star, a star with a step, `1`, `1-5`, `1-5/2`, `mon-fri`. */
function rangeError(text: string, bounds: Bounds): string | undefined {
  const [range = '', step, ...more] = text.split('/')
  const [low = '', high, ...rest] = range.split('-')
  let start = bounds.min
  let end = bounds.max
  if (low !== '*' && low !== '?') {
    const from = numberOf(low, bounds)
    if (typeof from === 'string') return from
    start = from
    end = step === undefined ? start : bounds.max
    if (rest.length > 0) return `too many hyphens: ${text}`
    if (high !== undefined) {
      const to = numberOf(high, bounds)
      if (typeof to === 'string') return to
      end = to
    }
  }
  if (more.length > 0) return `too many slashes: ${text}`
  const size = step === undefined ? 1 : numberOf(step, { ...bounds, names: {} })
  if (typeof size === 'string') return size
  if (start < bounds.min) return `beginning of range (${start}) below minimum (${bounds.min}): ${text}`
  if (end > bounds.max) return `end of range (${end}) above maximum (${bounds.max}): ${text}`
  if (start > end) return `beginning of range (${start}) beyond end of range (${end}): ${text}`
  return size === 0 ? `step of range should be a positive number: ${text}` : undefined
}

/** The number, or what is wrong with it. */
function numberOf(text: string, { names }: Bounds): number | string {
  const named = Object.hasOwn(names, text.toLowerCase()) ? names[text.toLowerCase()] : undefined
  if (named !== undefined) return named
  if (!/^[-+]?\d+$/.test(text))
    return `failed to parse int from ${text}: strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`
  const number = Number(text)
  return number < 0 ? `negative number (${number}) not allowed: ${text}` : number
}
