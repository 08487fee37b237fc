/**
 * OpenAPI documents of the built-in kinds, v3 by group version and v2 in one, from the registry and the schema table.
 * Made once and kept as text. Loads every field's documentation: import it only where it is asked for.
 * https://kubernetes.io/docs/concepts/overview/kubernetes-api/#openapi-interface-definition
 */
import { gnosticDocument } from './openapi/gnostic.ts'
import { pathsOf, schemaRoots } from './openapi/paths.ts'
import { type Dialect, schemasOf } from './openapi/schemas.ts'
import { resources } from './registry.ts'
import { apiVersionOf, type Resource } from './resource.ts'
import { GIT_VERSION } from './version.ts'

const info = { title: 'Kubernetes', version: GIT_VERSION }

/** `api/v1` or `apis/apps/v1`. */
const groupPath = (resource: Resource): string =>
  resource.group === '' ? `api/${resource.version}` : `apis/${apiVersionOf(resource)}`

const groups = (): Map<string, Resource[]> => Map.groupBy(resources, groupPath)

/**
 * `/openapi/v3`. `prefix` is the path under which the cluster is served (API fact 10), '' on a host of its own.
 * The hash lets clients keep a document until the version served changes.
 */
export function openApiV3Index(prefix: string) {
  const paths = [...groups().keys()].map((path) => [
    path,
    { serverRelativeURL: `${prefix}/openapi/v3/${path}?hash=${encodeURIComponent(GIT_VERSION)}` },
  ])
  return { paths: Object.fromEntries(paths) }
}

const texts = new Map<string, string>()

/** The document of one group version (`apis/apps/v1`), as JSON; undefined where it is not served. */
export function openApiV3(path: string): string | undefined {
  const members = groups().get(path)
  if (!members) return undefined
  return kept(path, () => ({
    openapi: '3.0.0',
    info,
    paths: pathsOfAll(members, 'v3'),
    components: {
      schemas: schemasOf(members.flatMap(schemaRoots), 'v3'),
      securitySchemes: {
        BearerToken: {
          type: 'apiKey',
          description: 'Bearer Token authentication',
          name: 'authorization',
          in: 'header',
        },
      },
    },
  }))
}

const documentV2 = () => ({
  swagger: '2.0',
  info,
  paths: pathsOfAll(resources, 'v2'),
  definitions: schemasOf(resources.flatMap(schemaRoots), 'v2'),
  securityDefinitions: {
    BearerToken: { type: 'apiKey', description: 'Bearer Token authentication', name: 'authorization', in: 'header' },
  },
  security: [{ BearerToken: [] }],
})

/** The whole API as Swagger 2.0, as JSON. */
export const openApiV2 = (): string => kept('v2', documentV2)

/**
 * The media type of `openApiV2Protobuf` as it is answered. Clients ask for the older spelling, with `@v1.0`, which Go
 * itself can't parse in an answer.
 */
export const OPENAPI_V2_PROTOBUF = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf'

export const asksForProtobuf = (accept: string): boolean =>
  accept.includes('com.github.proto-openapi.spec.v2@v1.0+protobuf') || accept.includes(OPENAPI_V2_PROTOBUF)

let bytesV2: Uint8Array | undefined

/** The same as protobuf, which is all that Go clients read. */
export function openApiV2Protobuf(): Uint8Array {
  bytesV2 ??= gnosticDocument(documentV2())
  return bytesV2
}

const pathsOfAll = (members: readonly Resource[], dialect: Dialect): Record<string, unknown> =>
  Object.assign({}, ...members.map((resource) => pathsOf(resource, dialect)))

function kept(name: string, make: () => unknown): string {
  const known = texts.get(name)
  if (known !== undefined) return known
  const text = JSON.stringify(make())
  texts.set(name, text)
  return text
}
