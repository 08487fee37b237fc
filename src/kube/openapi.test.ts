import { BinaryReader } from '@bufbuild/protobuf/wire'
import { describe, expect, it } from 'vitest'
import { COMPATS } from './compat.ts'
import {
  hashOf,
  madeV2Protobuf,
  openApiV2,
  openApiV2Hash,
  openApiV2Protobuf,
  openApiV3,
  openApiV3Hash,
  openApiV3Index,
} from './openapi.ts'
import { builtIn, builtInFor, resources } from './registry.ts'

type Json = { [key: string]: Json } & { paths: Json; components: Json; definitions: Json }

const parse = (text: string | undefined): Json => JSON.parse(text ?? 'null') as Json
const paths = Object.keys(openApiV3Index(builtIn, '').paths)
const documents = [
  ...paths.map((path) => ({ path, text: openApiV3(builtIn, path) })),
  { path: 'v2', text: openApiV2(builtIn) },
]

describe('OpenAPI', () => {
  it('puts the prefix of the cluster before each URL', () => {
    expect(openApiV3Index(builtIn, '/clusters/x').paths['apis/apps/v1']?.serverRelativeURL).toMatch(
      /^\/clusters\/x\/openapi\/v3\/apis\/apps\/v1\?hash=/,
    )
    expect(openApiV3(builtIn, 'apis/nope/v1')).toBeUndefined()
  })

  it.each(documents)('$path refers only to what it defines', ({ text = '' }) => {
    const document = parse(text)
    const defined = new Set(Object.keys(document.components?.['schemas'] ?? document.definitions))
    const names = [...text.matchAll(/"\$ref":"#\/(?:components\/schemas|definitions)\/([^"]+)"/g)].map(
      ([, name]) => name,
    )
    expect(names.filter((name) => name === undefined || !defined.has(name))).toEqual([])
    const parameters = [...text.matchAll(/"\$ref":"#\/parameters\/([^"]+)"/g)].map(([, name = '']) => name)
    expect(parameters.filter((name) => !Object.hasOwn(document['parameters'] ?? {}, name))).toEqual([])
  })

  it('has each document that kube-apiserver has of what is served, discovery and issuer among them', () => {
    expect(paths).toEqual(expect.arrayContaining(['api', 'api/v1', 'apis', 'apis/apps', 'apis/apps/v1', 'version']))
    expect(paths).toEqual(expect.arrayContaining(['.well-known/openid-configuration', 'openid/v1/jwks']))
    expect(paths).toEqual([...paths].sort())
  })

  it.each([undefined, ...COMPATS])(
    'knows the hashes of what is built in (compat %s): npm run generate:openapi',
    (compat) => {
      const catalog = builtInFor(compat)
      for (const path of Object.keys(openApiV3Index(catalog, '').paths))
        expect([path, openApiV3Hash(catalog, path)]).toEqual([path, hashOf(openApiV3(catalog, path) ?? '')])
    },
  )

  it('has v2 as protobuf of what is built in: npm run generate:openapi', () => {
    expect(Buffer.from(openApiV2Protobuf(builtIn)).equals(madeV2Protobuf())).toBe(true)
  })

  it('knows the hash of v2 as every cluster has it, and of none that has more', () => {
    expect(openApiV2Hash(builtIn)).toBe(hashOf(openApiV2(builtIn)))
    expect(openApiV2Hash(builtInFor('1.20'))).toBeUndefined()
  })

  it.each([
    ['get', '/api/v1/namespaces/{namespace}/pods/{name}', 'readCoreV1NamespacedPod'],
    ['get', '/api/v1/pods', 'listCoreV1PodForAllNamespaces'],
    ['delete', '/api/v1/namespaces/{namespace}/pods', 'deleteCoreV1CollectionNamespacedPod'],
    ['post', '/api/v1/namespaces/{namespace}/pods/{name}/eviction', 'createCoreV1NamespacedPodEviction'],
    ['patch', '/apis/apps/v1/namespaces/{namespace}/deployments/{name}/scale', 'patchAppsV1NamespacedDeploymentScale'],
    ['get', '/apis/rbac.authorization.k8s.io/v1/clusterroles', 'listRbacAuthorizationV1ClusterRole'],
    ['get', '/api/v1/watch/namespaces/{namespace}/pods/{name}', 'watchCoreV1NamespacedPod'],
    ['get', '/api/v1/watch/pods', 'watchCoreV1PodListForAllNamespaces'],
    ['get', '/apis/apps/v1/', 'getAppsV1APIResources'],
    ['get', '/apis/apps/', 'getAppsAPIGroup'],
    ['get', '/version/', 'getCodeVersion'],
  ])('names %s %s as Kubernetes does: generated clients call it so', (method, path, id) => {
    const item = parse(openApiV2(builtIn)).paths[path] as unknown as Record<string, { operationId?: string }>
    expect(item?.[method]?.operationId).toBe(id)
  })

  it.each(documents)('$path names no operation twice', ({ text = '' }) => {
    const ids = [...text.matchAll(/"operationId":"([^"]+)"/g)].map(([, id]) => id)
    expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([])
  })

  it('lets kubectl see that each kind takes a dry run and field validation on its PATCH (k/k#108350)', () => {
    for (const resource of resources) {
      const group = resource.group === '' ? 'api/v1' : `apis/${resource.group}/${resource.version}`
      const scope = resource.scope === 'namespaced' ? 'namespaces/{namespace}/' : ''
      const patch = parse(openApiV3(builtIn, group)).paths[`/${group}/${scope}${resource.plural}/{name}`]?.['patch']
      expect(patch?.['x-kubernetes-group-version-kind']).toMatchObject({ kind: resource.kind })
      const names = ((patch?.['parameters'] ?? []) as unknown as { name: string }[]).map(({ name }) => name)
      expect(names).toEqual(expect.arrayContaining(['dryRun', 'fieldValidation']))
    }
  })

  it('names what may be of several types, and says no type of it', () => {
    const EXTENSIONS = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1'
    const schemas = parse(openApiV2(builtIn)).definitions
    const properties = schemas[`${EXTENSIONS}.JSONSchemaProps`]?.['properties']
    const ref = (name: string) => ({ $ref: `#/definitions/${EXTENSIONS}.${name}` })
    expect(properties).toMatchObject({
      default: ref('JSON'),
      enum: { type: 'array', items: ref('JSON') },
      items: ref('JSONSchemaPropsOrArray'),
      additionalItems: ref('JSONSchemaPropsOrBool'),
      dependencies: { type: 'object', additionalProperties: ref('JSONSchemaPropsOrStringArray') },
    })
    for (const name of ['JSON', 'JSONSchemaPropsOrArray', 'JSONSchemaPropsOrBool', 'JSONSchemaPropsOrStringArray'])
      expect(schemas[`${EXTENSIONS}.${name}`]).toEqual({ description: expect.stringContaining(name) })
  })

  it('carries merge keys, by which kubectl apply makes its patches', () => {
    const schemas = parse(openApiV3(builtIn, 'apis/apps/v1')).components['schemas']
    expect(schemas?.['io.k8s.api.core.v1.PodSpec']?.['properties']?.['containers']).toMatchObject({
      type: 'array',
      'x-kubernetes-patch-merge-key': 'name',
      'x-kubernetes-patch-strategy': 'merge',
      items: { allOf: [{ $ref: '#/components/schemas/io.k8s.api.core.v1.Container' }], default: {} },
    })
  })

  it('says in protobuf which paths and definitions the JSON has', () => {
    const document = parse(openApiV2(builtIn))
    const names = (field: number, entry: number): string[] =>
      nested(openApiV2Protobuf(builtIn), field)
        .flatMap((part) => nested(part, entry))
        .flatMap((named) => nested(named, 1))
        .map((bytes) => new TextDecoder().decode(bytes))
    expect(names(8, 2)).toEqual(Object.keys(document.paths))
    expect(names(9, 1)).toEqual(Object.keys(document.definitions))
    expect(names(10, 1)).toEqual(Object.keys(document['parameters'] ?? {}))
  })
})

/** Length-delimited fields of one number in a message. */
function nested(bytes: Uint8Array, number: number): Uint8Array[] {
  const reader = new BinaryReader(bytes)
  const found: Uint8Array[] = []
  while (reader.pos < reader.len) {
    const [field, wire] = reader.tag()
    if (field === number) found.push(reader.bytes())
    else reader.skip(wire)
  }
  return found
}
