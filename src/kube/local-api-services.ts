/** The APIServices of what a cluster serves itself, as kube-apiserver registers them. */
import type { CustomResourceDefinition } from './custom/definition.ts'
import type { Resource } from './resource.ts'
import { apiServiceName } from './resources/apiregistration/api-service.ts'

export const MANAGED = 'kube-aggregator.kubernetes.io/automanaged'

interface GroupVersion {
  readonly group: string
  readonly version: string
}

const CORE_PRIORITY = 18_000
const GROUP_PRIORITY = 17_000
const CUSTOM_PRIORITY = 1000
const VERSION_PRIORITY = 15
const CUSTOM_VERSION_PRIORITY = 100

/** Without metadata that the store fills in. */
export interface LocalApiService {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly spec: GroupVersion & { readonly groupPriorityMinimum: number; readonly versionPriority: number }
}

const local = (
  { group, version }: GroupVersion,
  managed: string,
  priorities: readonly [number, number],
): LocalApiService => ({
  name: apiServiceName({ group, version }),
  labels: { [MANAGED]: managed },
  spec: { group, version, groupPriorityMinimum: priorities[0], versionPriority: priorities[1] },
})

/** Of the kinds among those that a cluster serves which are built in. */
export function builtInApiServices(resources: readonly Resource[]): LocalApiService[] {
  const builtIn = resources.filter(({ custom }) => custom === undefined)
  const versions = new Map(builtIn.map(({ group, version }) => [`${group}/${version}`, { group, version }]))
  return [...versions.values()].map((one) =>
    local(one, 'onstart', [one.group === '' ? CORE_PRIORITY : GROUP_PRIORITY, VERSION_PRIORITY]),
  )
}

/** Of the versions that a definition serves. */
export const customApiServices = ({ spec }: CustomResourceDefinition): LocalApiService[] =>
  spec.versions
    .filter(({ served }) => served)
    .map(({ name: version }) =>
      local({ group: spec.group, version }, 'true', [CUSTOM_PRIORITY, CUSTOM_VERSION_PRIORITY]),
    )
