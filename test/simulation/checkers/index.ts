/** Every promise that is checked. Another one is a file and a line here. */
import type { Checker } from './checker.ts'
import { log } from './log.ts'

export const checkers = (): readonly Checker[] => [log()]
