/** What can be read: the caller's clusters, and in each, every kind as a list and by name. */
import {
  type GraphQLFieldConfig,
  type GraphQLFieldConfigArgumentMap,
  GraphQLID,
  GraphQLInt,
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType,
  type GraphQLOutputType,
  GraphQLString,
} from 'graphql'
import { badRequest } from '../kube/errors.ts'
import type { KubeObject } from '../kube/object.ts'
import { resources } from '../kube/registry.ts'
import type { Resource } from '../kube/resource.ts'
import type { ObjectList } from './client.ts'
import type { Context, Session } from './context.ts'
import { DEFAULT_LIST, MAX_LIST } from './limits.ts'
import { fieldNames } from './names.ts'
import { withSession } from './related.ts'
import { LONG } from './scalars.ts'
import type { KindTypes } from './types.ts'

type SessionField = GraphQLFieldConfig<Session, Context>

export function queryType(types: KindTypes): GraphQLObjectType<unknown, Context> {
  const cluster = clusterType(types)
  return new GraphQLObjectType<unknown, Context>({
    name: 'Query',
    fields: {
      cluster: {
        type: cluster,
        args: { id: { type: new GraphQLNonNull(GraphQLID) } },
        resolve: (_, { id }: { id: string }, context) => context.session(id),
      },
      clusters: {
        type: new GraphQLNonNull(new GraphQLList(new GraphQLNonNull(cluster))),
        description: 'The clusters that the token may use.',
        resolve: (_, __, context) => context.sessions(),
      },
    },
  })
}

const clusterType = (types: KindTypes): GraphQLObjectType<Session, Context> =>
  new GraphQLObjectType<Session, Context>({
    name: 'Cluster',
    fields: () => ({
      id: { type: new GraphQLNonNull(GraphQLID), resolve: ({ cluster }) => cluster.id },
      name: { type: new GraphQLNonNull(GraphQLString), resolve: ({ cluster }) => cluster.name },
      createdAt: {
        type: new GraphQLNonNull(GraphQLString),
        resolve: ({ cluster }) => new Date(cluster.createdAt).toISOString(),
      },
      ...Object.fromEntries(resources.flatMap((resource) => kindFields(resource, types.of(resource)))),
    }),
  })

function kindFields(resource: Resource, type: GraphQLObjectType): [string, SessionField][] {
  const { many, one } = fieldNames(resource)
  return [
    [many, manyField(resource, connectionType(type))],
    [one, oneField(resource, type)],
  ]
}

const connectionType = (type: GraphQLObjectType): GraphQLOutputType =>
  new GraphQLNonNull(
    new GraphQLObjectType<ObjectList, Context>({
      name: `${type.name}Connection`,
      fields: {
        items: { type: new GraphQLNonNull(new GraphQLList(new GraphQLNonNull(type))) },
        resourceVersion: {
          type: new GraphQLNonNull(GraphQLString),
          description: 'The version that the list shows; a subscription from here on misses nothing.',
        },
        continue: {
          type: GraphQLString,
          description: 'Asks for the next page of the same snapshot; null on the last.',
        },
        remainingItemCount: { type: LONG, description: 'Known only where no selector narrows the list.' },
      },
    }),
  )

interface ManyArguments {
  readonly namespace?: string | null
  readonly labelSelector?: string | null
  readonly fieldSelector?: string | null
  readonly limit?: number | null
  readonly continue?: string | null
}

function manyField(resource: Resource, type: GraphQLOutputType): SessionField {
  const isNamespaced = resource.scope === 'namespaced'
  const args: GraphQLFieldConfigArgumentMap = {
    ...(isNamespaced ? { namespace: { type: GraphQLString, description: 'All of them where it is left out.' } } : {}),
    labelSelector: { type: GraphQLString },
    fieldSelector: { type: GraphQLString },
    limit: { type: GraphQLInt, default: { value: DEFAULT_LIST }, description: `At most ${MAX_LIST}.` },
    continue: { type: GraphQLString },
  }
  return {
    type,
    args,
    async resolve(session, given: ManyArguments): Promise<ObjectList> {
      const list = await session.client.list(resource, {
        namespace: isNamespaced ? (given.namespace ?? undefined) : '',
        labelSelector: given.labelSelector ?? undefined,
        fieldSelector: given.fieldSelector ?? undefined,
        limit: limitOf(given.limit),
        continue: given.continue ?? undefined,
      })
      session.budget.load(list.items.length)
      return { ...list, items: list.items.map((object) => withSession(session, object)) }
    },
  }
}

function limitOf(limit: number | null | undefined): number {
  if (limit == null) return DEFAULT_LIST
  if (limit < 1 || limit > MAX_LIST)
    throw badRequest(`limit: Invalid value: ${limit}: must be between 1 and ${MAX_LIST}`)
  return limit
}

function oneField(resource: Resource, type: GraphQLObjectType): SessionField {
  const isNamespaced = resource.scope === 'namespaced'
  return {
    type,
    args: {
      ...(isNamespaced ? { namespace: { type: new GraphQLNonNull(GraphQLString) } } : {}),
      name: { type: new GraphQLNonNull(GraphQLString) },
    },
    async resolve(session, { namespace = '', name }: { namespace?: string; name: string }): Promise<KubeObject> {
      if (name === '' || (isNamespaced && namespace === '')) throw badRequest('a name or namespace must not be empty')
      return withSession(session, await session.client.get(resource, { namespace, name }))
    },
  }
}
