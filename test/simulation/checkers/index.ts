/** Every promise that is checked. Another one is a file and a line here. */
import type { Outside } from '../outside.ts'
import { acknowledged } from './acknowledged.ts'
import { addresses } from './addresses.ts'
import { admission } from './admission.ts'
import { bindings } from './bindings.ts'
import type { Checker } from './checker.ts'
import { endpoints } from './endpoints.ts'
import { garbage } from './garbage.ts'
import { log } from './log.ts'
import { placement } from './placement.ts'
import { rollouts } from './rollouts.ts'
import { tables } from './tables.ts'
import { watches } from './watches.ts'
import { workloads } from './workloads.ts'

export const checkers = (outside: Outside): readonly Checker[] => [
  log(),
  tables(),
  watches(),
  acknowledged(),
  addresses(),
  admission(outside),
  bindings(),
  placement(),
  rollouts(),
  workloads(),
  endpoints(),
  garbage(),
]
