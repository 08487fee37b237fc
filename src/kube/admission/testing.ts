/** For tests of what judges writes: a write, of which a test says only what it is about. */
import type { Decide } from '../cel/authorizer.ts'
import type { KubeObject } from '../object.ts'
import { builtIn } from '../registry.ts'
import type { Resource } from '../resource.ts'
import type { Attributes } from './attributes.ts'
import type { Situation } from './situation.ts'

export function served(group: string, version: string, plural: string): Resource {
  const found = builtIn.byPath(group, version, plural)
  if (!found) throw new Error(`no resource ${plural}`)
  return found
}

export const PODS = served('', 'v1', 'pods')

/** A create of a Pod `default/web`, if nothing else is said. */
export function writeOf({
  object,
  ...given
}: Partial<Omit<Attributes, 'object'>> & { object?: object } = {}): Attributes {
  const resource = given.resource ?? PODS
  const { group, version, kind } = resource
  const whole = {
    apiVersion: group === '' ? version : `${group}/${version}`,
    kind,
    metadata: {
      name: 'web',
      namespace: 'default',
      uid: 'u',
      resourceVersion: '',
      creationTimestamp: '2026-01-01T00:00:00Z',
    },
    ...object,
  } as KubeObject
  return {
    operation: 'CREATE',
    kind: { group, version, kind },
    resource,
    subresource: undefined,
    namespace: resource.scope === 'namespaced' ? 'default' : '',
    name: 'web',
    object: given.operation === 'DELETE' ? undefined : whole,
    oldObject: given.operation === undefined || given.operation === 'CREATE' ? undefined : whole,
    user: { username: 'ann', groups: ['system:authenticated'] },
    isDryRun: false,
    options: { kind: 'CreateOptions', apiVersion: 'meta.k8s.io/v1' },
    ...given,
  }
}

export const allowNothing: Decide = () => ({ allowed: false, reason: '' })

export const situationOf = (attributes: Attributes, rest: Partial<Situation> = {}): Situation => ({
  attributes,
  requested: attributes,
  decide: allowNothing,
  ...rest,
})
