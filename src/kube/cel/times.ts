/** Conversions of times that cel-go has and the library lacks. */
import type { Environment } from '@marcbachmann/cel-js'
import { DURATION, TIMESTAMP } from './types.ts'

export function registerTimes(env: Environment): void {
  env.registerFunction(`string(${TIMESTAMP}): string`, (time: Date) => time.toISOString().replace(/\.?0*Z$/, 'Z'))
  env.registerFunction(`string(${DURATION}): string`, String)
  env.registerFunction(`int(${TIMESTAMP}): int`, (time: Date) => BigInt(Math.floor(time.getTime() / 1000)))
  env.registerFunction(`timestamp(${TIMESTAMP}): ${TIMESTAMP}`, (time: Date) => time)
  env.registerFunction(`duration(${DURATION}): ${DURATION}`, (duration: unknown) => duration)
}
