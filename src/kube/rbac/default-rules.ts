/** How the default roles are written down. */
import type { PolicyRule } from './rules.ts'

export const READ = ['get', 'list', 'watch']
export const CHANGE = ['create', 'delete', 'deletecollection', 'patch', 'update']
export const CHANGE_AND_READ = [...CHANGE, ...READ]

export const rule = (
  groups: string | readonly string[],
  verbs: readonly string[],
  resources: readonly string[],
  names: readonly string[] = [],
): PolicyRule => ({
  apiGroups: typeof groups === 'string' ? [groups] : [...groups],
  resources: [...resources],
  ...(names.length === 0 ? {} : { resourceNames: [...names] }),
  verbs: [...verbs],
})

export const paths = (...urls: readonly string[]): PolicyRule => ({ nonResourceURLs: [...urls], verbs: ['get'] })

const EVENT_GROUPS = ['', 'events.k8s.io']

export const EVENTS = rule(EVENT_GROUPS, ['create', 'patch', 'update'], ['events'])
