/**
 * OpenAPI documents of what a cluster serves, v3 by group version and v2 in one: of the built-in kinds from the schema
 * table, of custom ones from their definitions. What is built in is made once, and a cluster's own part once for each
 * catalogue. Loads every field's documentation: import it only where it is asked for.
 * https://kubernetes.io/docs/concepts/overview/kubernetes-api/#openapi-interface-definition
 */
import { createHash } from 'node:crypto'
import type { Catalog } from './catalog.ts'
import { customSchemas } from './openapi/custom.ts'
import { gnosticDocument } from './openapi/gnostic.ts'
import { pathsOf, schemaRoots } from './openapi/paths.ts'
import { type Dialect, type Json, schemasOf } from './openapi/schemas.ts'
import { builtIn } from './registry.ts'
import { apiVersionOf, type Resource } from './resource.ts'
import { GIT_VERSION } from './version.ts'

const info = { title: 'Kubernetes', version: GIT_VERSION }

const BEARER = {
  BearerToken: { type: 'apiKey', description: 'Bearer Token authentication', name: 'authorization', in: 'header' },
}

/** `api/v1` or `apis/apps/v1`. */
const groupPath = (resource: Resource): string =>
  resource.group === '' ? `api/${resource.version}` : `apis/${apiVersionOf(resource)}`

/** What is made of a catalogue, by what it is. */
const made = new WeakMap<Catalog, Map<string, unknown>>()

function once<T>(catalog: Catalog, name: string, make: () => T): T {
  const all = made.get(catalog) ?? new Map<string, unknown>()
  made.set(catalog, all)
  if (!all.has(name)) all.set(name, make())
  // Each name is of one type.
  return all.get(name) as T
}

const groups = (catalog: Catalog): Map<string, Resource[]> =>
  once(catalog, 'groups', () => Map.groupBy(catalog.resources, groupPath))

const isCustom = ({ custom }: Resource): boolean => custom !== undefined

const everywhere = new Set(builtIn.resources)
/** What not every cluster serves: custom kinds, and versions that only some clusters have. */
const isOwn = (resource: Resource): boolean => !everywhere.has(resource)

/**
 * `/openapi/v3`. `prefix` is the path under which the cluster is served (API fact 10), '' on a host of its own.
 * The hash lets clients keep a document until it changes.
 */
export function openApiV3Index(catalog: Catalog, prefix: string) {
  const paths = [...groups(catalog)].map(([path, members]) => [
    path,
    { serverRelativeURL: `${prefix}/openapi/v3/${path}?hash=${hashOf(catalog, path, members)}` },
  ])
  return { paths: Object.fromEntries(paths) }
}

/** Built-in documents change with the version served, others with their definitions. */
const hashOf = (catalog: Catalog, path: string, members: readonly Resource[]): string =>
  once(members.some(isCustom) ? catalog : builtIn, `hash ${path}`, () =>
    createHash('sha256')
      .update(members.some(isCustom) ? (openApiV3(catalog, path) ?? '') : `${GIT_VERSION} ${path}`)
      .digest('hex')
      .toUpperCase(),
  )

/** The document of one group version (`apis/apps/v1`), as JSON; undefined where it is not served. */
export function openApiV3(catalog: Catalog, path: string): string | undefined {
  const members = groups(catalog).get(path)
  if (!members) return undefined
  // A group version without custom kinds is the same for all.
  return once(members.some(isCustom) ? catalog : builtIn, `v3 ${path}`, () =>
    JSON.stringify({
      openapi: '3.0.0',
      info,
      paths: pathsOfAll(members, 'v3'),
      components: { schemas: schemasOfAll(members, 'v3'), securitySchemes: BEARER },
    }),
  )
}

/** The whole API as Swagger 2.0, as JSON. */
export const openApiV2 = (catalog: Catalog): string =>
  once(catalog, 'v2', () => {
    const parts = [builtInV2(), ownV2(catalog)]
    const joined = (part: 'paths' | 'definitions') => {
      const texts = parts.map((document) => JSON.stringify(document[part]).slice(1, -1))
      return `{${texts.filter((text) => text !== '').join(',')}}`
    }
    const rest = JSON.stringify({ securityDefinitions: BEARER, security: [{ BearerToken: [] }] }).slice(1)
    const head = JSON.stringify({ swagger: '2.0', info }).slice(0, -1)
    return `${head},"paths":${joined('paths')},"definitions":${joined('definitions')},${rest}`
  })

/**
 * The media type of `openApiV2Protobuf` as it is answered. Clients ask for the older spelling, with `@v1.0`, which Go
 * itself can't parse in an answer.
 */
export const OPENAPI_V2_PROTOBUF = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf'

export const asksForProtobuf = (accept: string): boolean =>
  accept.includes('com.github.proto-openapi.spec.v2@v1.0+protobuf') || accept.includes(OPENAPI_V2_PROTOBUF)

/** The same as protobuf, which is all that Go clients read. Messages one behind the other are one message. */
export const openApiV2Protobuf = (catalog: Catalog): Uint8Array<ArrayBuffer> =>
  once(catalog, 'v2 protobuf', () => {
    const common = once(builtIn, 'v2 protobuf of what is built in', () => gnosticDocument(builtInV2()))
    const own = catalog.resources.some(isOwn) ? gnosticDocument(ownV2(catalog)) : new Uint8Array()
    const whole = new Uint8Array(common.length + own.length)
    whole.set(common)
    whole.set(own, common.length)
    return whole
  })

interface DocumentV2 extends Json {
  readonly paths: Json
  readonly definitions: Json
}

const builtInV2 = (): DocumentV2 =>
  once(builtIn, 'v2 of what is built in', () => ({
    swagger: '2.0',
    info,
    paths: pathsOfAll(builtIn.resources, 'v2'),
    definitions: schemasOfAll(builtIn.resources, 'v2'),
    securityDefinitions: BEARER,
    security: [{ BearerToken: [] }],
  }))

/** A cluster's own part; what it shares with the common one stands there. */
function ownV2(catalog: Catalog): DocumentV2 {
  const own = catalog.resources.filter(isOwn)
  const { paths, definitions } = builtInV2()
  return {
    paths: without(pathsOfAll(own, 'v2'), paths),
    definitions: without(schemasOfAll(own, 'v2'), definitions),
  }
}

const without = (part: Json, common: Json): Json =>
  Object.fromEntries(Object.entries(part).filter(([key]) => !Object.hasOwn(common, key)))

const pathsOfAll = (members: readonly Resource[], dialect: Dialect): Json =>
  Object.assign({}, ...members.map((resource) => pathsOf(resource, dialect)))

const schemasOfAll = (members: readonly Resource[], dialect: Dialect): Json =>
  Object.assign(
    {},
    ...members.filter(isCustom).map((resource) => customSchemas(resource, dialect)),
    schemasOf(members.flatMap(schemaRoots), dialect),
  )
