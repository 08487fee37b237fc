/** How the controls look at a Pod's containers, and how they speak of them. */
import type { Pod } from '../types.ts'

export type PodSpec = Pod['spec']
export type Container = PodSpec['containers'][number]
export type SecurityContext = NonNullable<Container['securityContext']>

/** What is wrong, in short and in detail; undefined where nothing is. */
export type Finding = { readonly reason: string; readonly detail: string } | undefined

export interface Judged {
  readonly spec: PodSpec
  readonly annotations: Readonly<Record<string, string>>
}

export const allContainers = ({ initContainers = [], containers = [], ephemeralContainers = [] }: PodSpec) => [
  ...initContainers,
  ...containers,
  // What is judged of them has the same fields.
  ...(ephemeralContainers as Container[]),
]

export const quoted = (values: readonly string[]): string => values.map((value) => JSON.stringify(value)).join(', ')

export const oneOrMany = (one: string, many: string, count: number): string => (count === 1 ? one : many)

/** `container "a"`, `containers "a", "b"`. */
export const named = (containers: readonly Container[]): string =>
  `${oneOrMany('container', 'containers', containers.length)} ${quoted(containers.map(({ name }) => name))}`

/** Who sets something: `pod`, `container "a"`, `pod and containers "a", "b"`. */
export const setters = (isPod: boolean, containers: readonly Container[]): string =>
  [...(isPod ? ['pod'] : []), ...(containers.length > 0 ? [named(containers)] : [])].join(' and ')

export const unique = (values: readonly string[]): string[] => [...new Set(values)].sort()

export const isWindows = ({ os }: PodSpec): boolean => os?.name === 'windows'
