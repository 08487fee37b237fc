/**
 * Object types: one for each definition of the schema table that a served kind reaches, and the kinds themselves with
 * their relations. Fields may all be null: what an object leaves out is absent, as in Kubernetes' own JSON.
 */
import {
  GraphQLBoolean,
  type GraphQLFieldConfig,
  GraphQLFloat,
  GraphQLInt,
  GraphQLInterfaceType,
  GraphQLList,
  GraphQLNonNull,
  type GraphQLNullableOutputType,
  GraphQLObjectType,
  GraphQLString,
} from 'graphql'
import { definitions } from '../kube/generated/schema.ts'
import type { KubeObject } from '../kube/object.ts'
import { builtIn, resources } from '../kube/registry.ts'
import type { Resource } from '../kube/resource.ts'
import type { Context } from './context.ts'
import { typeNames } from './names.ts'
import { sessionOf, withSession } from './related.ts'
import { type Relation, relationsOf } from './relations.ts'
import { INT_OR_STRING, JSON_VALUE, LONG, STRING_MAP } from './scalars.ts'

export interface KindTypes {
  /** Any object of the cluster. */
  readonly any: GraphQLInterfaceType
  of(resource: Resource): GraphQLObjectType
}

const META = '#io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta'

type Field = GraphQLFieldConfig<KubeObject, Context>

const LEAVES: Readonly<Record<string, GraphQLNullableOutputType>> = {
  string: GraphQLString,
  bool: GraphQLBoolean,
  int32: GraphQLInt,
  int64: LONG,
  double: GraphQLFloat,
  quantity: GraphQLString,
  time: GraphQLString,
  microtime: GraphQLString,
  intstr: INT_OR_STRING,
  byte: GraphQLString,
  any: JSON_VALUE,
}

const GRAPHQL_NAME = /^[_A-Za-z]\w*$/

const TEXTUAL = new Set(['string', 'quantity', 'byte', 'time'])

export function kindTypes(): KindTypes {
  const names = typeNames(Object.keys(definitions))
  const made = new Map<string, GraphQLObjectType>()
  const kinds = new Map(resources.map((resource) => [resource.schema, resource]))

  const typeOf = (type: string): GraphQLNullableOutputType => {
    if (type.startsWith('[]')) return new GraphQLList(new GraphQLNonNull(typeOf(type.slice(2))))
    if (type.startsWith('{}')) return TEXTUAL.has(type.slice(2)) ? STRING_MAP : JSON_VALUE
    if (type.startsWith('#')) return objectType(type.slice(1))
    return LEAVES[type] ?? JSON_VALUE
  }

  const objectType = (definition: string): GraphQLNullableOutputType => {
    const fields = definitions[definition]?.fields ?? {}
    // GraphQL has no type without fields, and none with such as `x-kubernetes-map-type`.
    const names = Object.keys(fields)
    if (names.length === 0 || !names.every((name) => GRAPHQL_NAME.test(name))) return JSON_VALUE
    return objectTypeOf(definition)
  }

  const objectTypeOf = (definition: string): GraphQLObjectType => {
    const known = made.get(definition)
    if (known) return known
    const resource = kinds.get(definition)
    const type = new GraphQLObjectType({
      name: names.get(definition) ?? definition,
      ...(resource ? { interfaces: () => [any] } : {}),
      // Later, for definitions lead to each other in circles.
      fields: () => ({ ...plainFields(definition), ...(resource ? kindFields(resource) : {}) }),
    })
    made.set(definition, type)
    return type
  }

  const plainFields = (definition: string) => {
    const { fields = {}, enums = {} } = definitions[definition] ?? {}
    return Object.fromEntries(
      Object.entries(fields).map(([field, type]) => {
        const values = enums[field]
        return [field, { type: typeOf(type), ...(values ? { description: `One of ${values.join(', ')}.` } : {}) }]
      }),
    )
  }

  /** What only whole objects have. */
  const commonFields = (): Record<string, Field> => ({
    apiVersion: { type: new GraphQLNonNull(GraphQLString) },
    kind: { type: new GraphQLNonNull(GraphQLString) },
    metadata: { type: new GraphQLNonNull(typeOf(META)) },
    manifest: {
      type: new GraphQLNonNull(JSON_VALUE),
      description: 'The whole object, as the Kubernetes API shows it.',
      resolve: (object) => object,
    },
  })

  const kindFields = ({ kind }: Resource): Record<string, Field> => ({
    ...commonFields(),
    ...Object.fromEntries(relationsOf(kind).map((relation) => [relation.field, relationField(relation)])),
  })

  const relationField = (relation: Relation): Field => {
    const to = resources.find(({ kind }) => kind === relation.to)
    const type = to ? objectTypeOf(to.schema) : any
    return {
      type: relation.many ? new GraphQLNonNull(new GraphQLList(new GraphQLNonNull(type))) : type,
      description: relation.description,
      async resolve(object) {
        const session = sessionOf(object)
        const found = (await relation.find(object, session)).map((one) => withSession(session, one))
        return relation.many ? found : found[0]
      },
    }
  }

  const any: GraphQLInterfaceType = new GraphQLInterfaceType({
    name: 'KubernetesObject',
    description: 'What all objects of a cluster have in common.',
    fields: () => ({
      ...commonFields(),
      ...Object.fromEntries(
        relationsOf('').map(({ field, to, description }) => {
          const type = to ? objectTypeOf(resources.find(({ kind }) => kind === to)?.schema ?? '') : any
          return [field, { type: new GraphQLNonNull(new GraphQLList(new GraphQLNonNull(type))), description }]
        }),
      ),
    }),
    resolveType: ({ apiVersion, kind }: KubeObject) => names.get(builtIn.byKind(apiVersion, kind)?.schema ?? ''),
  })

  return { any, of: ({ schema }) => objectTypeOf(schema) }
}
