/** The GraphQL schema, derived from the registry: a kind that is added there is here without more ado. */
import { GraphQLSchema } from 'graphql'
import { resources } from '../kube/registry.ts'
import { mutationType } from './mutations.ts'
import { queryType } from './queries.ts'
import type { WatchStream } from './stream.ts'
import { subscriptionType } from './subscription.ts'
import { kindTypes } from './types.ts'

/** Some 200 types: made once in an isolate, when it is first asked for. */
export function createSchema(openStream: WatchStream): GraphQLSchema {
  const types = kindTypes()
  return new GraphQLSchema({
    query: queryType(types),
    mutation: mutationType(types),
    subscription: subscriptionType(openStream),
    types: resources.map((resource) => types.of(resource)),
  })
}
