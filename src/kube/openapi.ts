/**
 * OpenAPI documents of what a cluster serves, v3 in parts (a group version is one) and v2 in one: of the built-in kinds from the schema
 * table, of custom ones from their definitions. What is built in is made once, and a cluster's own part once for each
 * catalogue. Loads every field's documentation: import it only where it is asked for.
 * https://kubernetes.io/docs/concepts/overview/kubernetes-api/#openapi-interface-definition
 */
import { createHash } from 'node:crypto'
import type { Catalog } from './catalog.ts'
import { openApiHashes } from './generated/openapi-hashes.ts'
import { customSchemas } from './openapi/custom.ts'
import { gnosticDocument } from './openapi/gnostic.ts'
import { pathItem } from './openapi/operations.ts'
import { sharedParameters } from './openapi/parameters.ts'
import { basePath, pathsOf, schemaRoots } from './openapi/paths.ts'
import { prebuilt, prebuiltDefinitions, prebuiltGzip } from './openapi/prebuilt.ts'
import { type Dialect, type Json, schemasOf } from './openapi/schemas.ts'
import { resourceListOf, type Unversioned, unversionedOf } from './openapi/unversioned.ts'
import { builtIn } from './registry.ts'
import type { Resource } from './resource.ts'
import { GIT_VERSION } from './version.ts'

const info = { title: 'Kubernetes', version: GIT_VERSION }

const BEARER = {
  BearerToken: { type: 'apiKey', description: 'Bearer Token authentication', name: 'authorization', in: 'header' },
}

/** What is made of a catalogue, by what it is. */
const made = new WeakMap<Catalog, Map<string, unknown>>()

function once<T>(catalog: Catalog, name: string, make: () => T): T {
  const all = made.get(catalog) ?? new Map<string, unknown>()
  made.set(catalog, all)
  if (!all.has(name)) all.set(name, make())
  // Each name is of one type.
  return all.get(name) as T
}

const isCustom = ({ custom }: Resource): boolean => custom !== undefined

const everywhere = new Set(builtIn.resources)
/** What not every cluster serves: custom kinds, and versions that only some clusters have. */
const isOwn = (resource: Resource): boolean => !everywhere.has(resource)

/** A v3 document: a group version's, or of paths that are no resource's. */
interface Part {
  readonly members: readonly Resource[]
  readonly extra: Unversioned | undefined
}

/** `api/v1`, `apis/apps/v1`, `apis/apps`, `apis`, `version` and the like. */
const partsOf = (catalog: Catalog): Map<string, Part> =>
  once(catalog, 'parts', () => {
    const versions = Map.groupBy(catalog.resources, (resource) => basePath(resource).slice(1))
    return new Map<string, Part>([
      ...unversionedOf(catalog.resources).map((extra) => [extra.name, { members: [], extra }] as const),
      ...[...versions].map(([name, members]) => [name, { members, extra: resourceListOf(members) }] as const),
    ])
  })

/**
 * `/openapi/v3`. `prefix` is the path under which the cluster is served (API fact 10), '' on a host of its own.
 * The hash lets clients keep a document until it changes.
 */
export function openApiV3Index(catalog: Catalog, prefix: string) {
  const names = [...partsOf(catalog).keys()].sort()
  return {
    paths: Object.fromEntries(names.map((name) => [name, { serverRelativeURL: openApiV3Url(catalog, prefix, name) }])),
  }
}

/** Where a document that there is now can be had for good. */
export const openApiV3Url = (catalog: Catalog, prefix: string, name: string): string =>
  `${prefix}/openapi/v3/${name}?hash=${openApiV3Hash(catalog, name) ?? ''}`

/**
 * SHA-256 of a document's text, in capitals; undefined where it is not served. Those of documents that are built in were reckoned when
 * they were generated, so that telling of them makes none.
 */
export function openApiV3Hash(catalog: Catalog, name: string): string | undefined {
  const part = partsOf(catalog).get(name)
  if (!part) return undefined
  const known = part.members.some(isCustom) ? undefined : openApiHashes[name]
  return known ?? once(catalog, `hash ${name}`, () => hashOf(openApiV3(catalog, name) ?? ''))
}

export const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex').toUpperCase()

/** The document of one group version (`apis/apps/v1`) or other part, as JSON; undefined where it is not served. */
export function openApiV3(catalog: Catalog, name: string): string | undefined {
  const part = partsOf(catalog).get(name)
  if (!part) return undefined
  const { members, extra } = part
  // One without custom kinds is the same for all.
  return once(members.some(isCustom) ? catalog : builtIn, `v3 ${name}`, () => {
    const roots = extra?.root === undefined ? [] : [extra.root]
    return JSON.stringify({
      openapi: '3.0.0',
      info,
      paths: { ...extraPaths(extra ? [extra] : [], 'v3'), ...pathsOfAll(members, 'v3') },
      components: { schemas: schemasOfAll(members, roots, 'v3'), securitySchemes: BEARER },
    })
  })
}

const extraPaths = (extras: readonly Unversioned[], dialect: Dialect): Json =>
  Object.fromEntries(extras.map(({ path, item }) => [path, pathItem(item, dialect)]))

/** Of v2 in its JSON form, where it is the common one; undefined where a cluster has kinds of its own. */
export const openApiV2Hash = (catalog: Catalog): string | undefined =>
  catalog.resources.some(isOwn) ? undefined : openApiHashes['v2']

/** The whole API as Swagger 2.0, as JSON. */
export const openApiV2 = (catalog: Catalog): string =>
  once(catalog, 'v2', () => {
    const common = builtInV2()
    const parts = [common, ownV2(catalog, new Set(Object.keys(common.definitions)))]
    const joined = (part: 'paths' | 'definitions') => {
      const texts = parts.map((document) => JSON.stringify(document[part]).slice(1, -1))
      return `{${texts.filter((text) => text !== '').join(',')}}`
    }
    const { parameters, securityDefinitions, security } = common
    const rest = JSON.stringify({ parameters, securityDefinitions, security }).slice(1)
    const head = JSON.stringify({ swagger: '2.0', info }).slice(0, -1)
    return `${head},"paths":${joined('paths')},"definitions":${joined('definitions')},${rest}`
  })

/** The same as protobuf, which is all that Go clients read. Messages one behind the other are one message. */
export const openApiV2Protobuf = (catalog: Catalog): Uint8Array<ArrayBuffer> =>
  once(catalog, 'v2 protobuf', () => {
    const common = prebuilt()
    if (!catalog.resources.some(isOwn)) return common
    const own = gnosticDocument(ownV2(catalog, prebuiltDefinitions()))
    const whole = new Uint8Array(common.length + own.length)
    whole.set(common)
    whole.set(own, common.length)
    return whole
  })

/** Compressed, where it is the common one; undefined where a cluster has kinds of its own. */
export const openApiV2Compressed = (catalog: Catalog): Uint8Array<ArrayBuffer> | undefined =>
  catalog.resources.some(isOwn) ? undefined : prebuiltGzip()

/** What is generated of it. */
export const madeV2Protobuf = (): Uint8Array => gnosticDocument(builtInV2())

interface DocumentV2 extends Json {
  readonly paths: Json
  readonly definitions: Json
}

const builtInV2 = (): DocumentV2 =>
  once(builtIn, 'v2 of what is built in', () => ({
    swagger: '2.0',
    info,
    ...contentV2(builtIn.resources, extrasOf(builtIn)),
    parameters: sharedParameters(),
    securityDefinitions: BEARER,
    security: [{ BearerToken: [] }],
  }))

const extrasOf = (catalog: Catalog): Unversioned[] =>
  [...partsOf(catalog).values()].flatMap(({ extra }) => (extra ? [extra] : []))

function contentV2(resources: readonly Resource[], extras: readonly Unversioned[]): DocumentV2 {
  const roots = extras.flatMap(({ root }) => root ?? [])
  return {
    paths: { ...extraPaths(extras, 'v2'), ...pathsOfAll(resources, 'v2') },
    definitions: schemasOfAll(resources, roots, 'v2'),
  }
}

/** A cluster's own part; what it shares with the common one (its definitions are `shared`) stands there. */
function ownV2(catalog: Catalog, shared: ReadonlySet<string>): DocumentV2 {
  const common = partsOf(builtIn)
  const extras = extrasOf(catalog).filter(({ name }) => !common.has(name))
  const { paths, definitions } = contentV2(catalog.resources.filter(isOwn), extras)
  return { paths, definitions: Object.fromEntries(Object.entries(definitions).filter(([name]) => !shared.has(name))) }
}

const pathsOfAll = (members: readonly Resource[], dialect: Dialect): Json =>
  Object.assign({}, ...members.map((resource) => pathsOf(resource, dialect)))

const schemasOfAll = (members: readonly Resource[], roots: readonly string[], dialect: Dialect): Json =>
  Object.assign(
    {},
    ...members.filter(isCustom).map((resource) => customSchemas(resource, dialect)),
    schemasOf([...roots, ...members.flatMap(schemaRoots)], dialect),
  )
