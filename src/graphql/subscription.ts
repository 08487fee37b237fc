/**
 * Changes as they happen: the cluster's own watch, one event at a time. It ends as Kubernetes' watches do, and its
 * client goes on from the last resourceVersion it has seen; bookmarks keep that one fresh.
 */
import { GraphQLID, GraphQLNonNull, GraphQLObjectType, GraphQLString } from 'graphql'
import type { Status } from '../kube/errors.ts'
import { parseJson } from '../kube/json.ts'
import { bookmark } from '../kube/watch-frames.ts'
import type { Context } from './context.ts'
import { errorOf } from './errors.ts'
import { namedResource } from './named.ts'
import { JSON_VALUE } from './scalars.ts'
import { linesOf, type WatchStream } from './stream.ts'

export interface Change {
  /** ADDED, MODIFIED, DELETED or BOOKMARK. */
  readonly type: string
  readonly object: unknown
  readonly resourceVersion: string
}

interface Arguments {
  readonly cluster: string
  readonly kind: string
  readonly namespace?: string | null
  readonly labelSelector?: string | null
  readonly fieldSelector?: string | null
  readonly resourceVersion?: string | null
}

const changeType = new GraphQLObjectType<Change, Context>({
  name: 'Change',
  fields: {
    type: { type: new GraphQLNonNull(GraphQLString), description: 'ADDED, MODIFIED, DELETED or BOOKMARK.' },
    object: { type: JSON_VALUE, description: 'The object as it is now, or was last; null in a BOOKMARK.' },
    resourceVersion: {
      type: new GraphQLNonNull(GraphQLString),
      description: 'Where to go on from after a break.',
    },
  },
})

export const subscriptionType = (openStream: WatchStream): GraphQLObjectType<unknown, Context> =>
  new GraphQLObjectType<unknown, Context>({
    name: 'Subscription',
    fields: {
      changes: {
        type: new GraphQLNonNull(changeType),
        description: 'Changes after resourceVersion; without one, what is there comes first, as ADDED.',
        args: {
          cluster: { type: new GraphQLNonNull(GraphQLID) },
          kind: { type: new GraphQLNonNull(GraphQLString) },
          namespace: { type: GraphQLString },
          labelSelector: { type: GraphQLString },
          fieldSelector: { type: GraphQLString },
          resourceVersion: { type: GraphQLString },
        },
        subscribe: (_, given: Arguments, context) => changes(openStream, given, context),
        // Each event is the root of its own answer.
        resolve: (change) => change,
      },
    },
  })

async function changes(openStream: WatchStream, given: Arguments, context: Context): Promise<AsyncIterable<Change>> {
  const { client } = await context.session(given.cluster)
  const resource = namedResource(given.kind)
  const socket = await client.watch(resource, {
    namespace: resource.scope === 'cluster' ? '' : (given.namespace ?? undefined),
    labelSelector: given.labelSelector ?? undefined,
    fieldSelector: given.fieldSelector ?? undefined,
    resourceVersion: given.resourceVersion ?? undefined,
  })
  const stream = openStream({
    socket,
    signal: context.signal,
    bookmark: (version) => bookmark(resource, { as: 'Object' }, version),
  })
  return linesOf(stream, changeOf)
}

interface Frame {
  readonly type: string
  readonly object: { readonly metadata?: { readonly resourceVersion?: string } }
}

export function changeOf(line: string): Change {
  // Lines are the hub's own frames.
  const { type, object } = parseJson(line) as Frame
  if (type === 'ERROR') throw errorOf(object as Partial<Status>)
  return {
    type,
    object: type === 'BOOKMARK' ? null : object,
    resourceVersion: object.metadata?.resourceVersion ?? '',
  }
}
