/** Paths that are no resource's: discovery, the version, and what others verify ServiceAccounts' tokens with. */
import type { Resource } from '../resource.ts'
import { capital, type Operation, type PathItem, tagOf, wordOf } from './operations.ts'
import { basePath } from './paths.ts'
import { META } from './schemas.ts'

/** An OpenAPI v3 document of its own, by its name in the index. */
export interface Unversioned {
  readonly name: string
  readonly path: string
  readonly item: PathItem
  /** The definition that it speaks of. */
  readonly root?: string
}

const READS: readonly string[] = ['application/json']
const DISCOVERY: readonly string[] = [...READS, 'application/yaml']

interface Described {
  readonly id: string
  readonly description: string
  readonly tag: string
  readonly answer?: string
  readonly produces?: readonly string[]
}

function document(name: string, { produces = DISCOVERY, ...described }: Described): Unversioned {
  const operation: Operation = { method: 'get', consumes: produces, produces, ...described }
  return {
    name,
    path: `/${name}/`,
    item: { operations: [operation] },
    ...(described.answer ? { root: described.answer } : {}),
  }
}

const COMMON: readonly Unversioned[] = [
  document('api', {
    id: 'getCoreAPIVersions',
    description: 'get the versions of the core group',
    tag: 'core',
    answer: `${META}.APIVersions`,
  }),
  document('apis', {
    id: 'getAPIVersions',
    description: 'get the groups and their versions',
    tag: 'apis',
    answer: `${META}.APIGroupList`,
  }),
  document('version', {
    id: 'getCodeVersion',
    description: 'get the version of Kubernetes that is served',
    tag: 'version',
    answer: 'io.k8s.apimachinery.pkg.version.Info',
    produces: READS,
  }),
  document('.well-known/openid-configuration', {
    id: 'getServiceAccountIssuerOpenIDConfiguration',
    description: 'get the OpenID configuration of the issuer of ServiceAccount tokens',
    tag: 'WellKnown',
    produces: READS,
  }),
  document('openid/v1/jwks', {
    id: 'getServiceAccountIssuerOpenIDKeyset',
    description: 'get the keys that ServiceAccount tokens are verified with',
    tag: 'openid',
    produces: ['application/jwk-set+json'],
  }),
]

/** What a cluster has beside the documents of its group versions: the common ones, and one for each group built in. */
export function unversionedOf(resources: readonly Resource[]): Unversioned[] {
  const groups = new Set(resources.flatMap(({ group, custom }) => (custom || group === '' ? [] : [group])))
  return [
    ...COMMON,
    ...[...groups].map((group) =>
      document(`apis/${group}`, {
        id: `get${capital(wordOf(group))}APIGroup`,
        description: 'get the versions of a group',
        tag: wordOf(group),
        answer: `${META}.APIGroup`,
      }),
    ),
  ]
}

/** Of a group version that is built in: what it serves. Kubernetes does not tell of custom ones' here. */
export function resourceListOf(members: readonly Resource[]): Unversioned | undefined {
  const first = members.find(({ custom }) => custom === undefined)
  if (!first) return undefined
  return document(basePath(first).slice(1), {
    id: `get${capital(wordOf(first.group))}${capital(first.version)}APIResources`,
    description: 'get the resources of a group version',
    tag: tagOf(first),
    answer: `${META}.APIResourceList`,
  })
}
