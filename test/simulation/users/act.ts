/** What a user may do, and what all acts have in common: few names, so that acts meet. */
import { isTerminating, type KubeObject, keyOf } from '../../../src/kube/object.ts'
import type { Resource } from '../../../src/kube/resource.ts'
import { ownerOf } from '../checkers/owners.ts'
import type { Cluster } from '../cluster.ts'
import type { Chance } from '../random.ts'

export interface Act {
  /** How often, beside the others. */
  readonly weight: number
  readonly what: string
  readonly run: (cluster: Cluster, chance: Chance) => void
}

export const NAMESPACES = ['default', 'default', 'team-a', 'team-b'] as const
export const APPS = ['web', 'api', 'db'] as const
export const PROPAGATIONS = ['Background', 'Background', 'Foreground', 'Orphan'] as const

export type DraftOf = (name: string, chance: Chance) => object

export const creation =
  <T extends KubeObject>(resource: Resource<T>, draftOf: DraftOf): Act['run'] =>
  ({ client }, chance) =>
    client.create(resource, chance.pick(NAMESPACES), draftOf(chance.pick(APPS), chance))

/** A user deletes what is his: what a Deployment made is left to it. */
export const deletion =
  <T extends KubeObject>(resource: Resource<T>): Act['run'] =>
  ({ client, history }, chance) => {
    const own = history.all(resource).filter((object) => ownerOf(object) === undefined)
    const found = chance.some(own.filter(({ metadata }) => metadata.name !== 'kubernetes'))
    const propagationPolicy = chance.pick(PROPAGATIONS)
    if (found) client.remove(resource, keyOf(found), { propagationPolicy })
  }

/** One that the user can see; the server may know better. */
export const oneOf = <T extends KubeObject>(
  { history }: Cluster,
  chance: Chance,
  resource: Resource<T>,
): T | undefined => chance.some(history.all(resource).filter((object) => !isTerminating(object)))
