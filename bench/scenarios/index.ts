/** All loads there are, in the order in which they run. */
import type { Scenario } from '../scenario.ts'
import { crowdLarge, crowdSmall } from './crowd.ts'
import { deployment } from './deployment.ts'
import { electors } from './electors.ts'
import { events } from './events.ts'
import { largeLists } from './large-lists.ts'
import { lists } from './lists.ts'
import { objects } from './objects.ts'
import { rows } from './rows.ts'
import { secrets } from './secrets.ts'
import { watch, watchers } from './watch.ts'

export const scenarios: readonly Scenario[] = [
  objects,
  lists,
  watch,
  rows,
  deployment,
  watchers,
  events,
  secrets,
  largeLists,
  electors,
  crowdSmall,
  crowdLarge,
]
