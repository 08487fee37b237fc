/** What can be done. Each is what kubectl's command of that name does, through the same API. */
import {
  GraphQLBoolean,
  GraphQLEnumType,
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
import { badRequest, StatusError } from '../kube/errors.ts'
import type { KubeObject } from '../kube/object.ts'
import type { Resource } from '../kube/resource.ts'
import { deployments } from '../kube/resources/apps/deployment.ts'
import { replicaSets } from '../kube/resources/apps/replica-set.ts'
import type { Deployment, ReplicaSet } from '../kube/types.ts'
import { type Applied, apply } from './apply.ts'
import type { Context, Session } from './context.ts'
import { manifestsOf } from './manifest.ts'
import { type Named, named } from './named.ts'
import { withSession } from './related.ts'
import { pausePatch, restartPatch, resumePatch, undo } from './rollout.ts'
import { JSON_VALUE, MANIFEST } from './scalars.ts'
import type { KindTypes } from './types.ts'

type Field = GraphQLFieldConfig<unknown, Context>
type Arguments = { readonly cluster: string; readonly namespace?: string | null; readonly name: string }

const required = { cluster: { type: new GraphQLNonNull(GraphQLID) } }
const placed: GraphQLFieldConfigArgumentMap = {
  ...required,
  namespace: { type: GraphQLString, description: '`default` where it is left out.' },
  name: { type: new GraphQLNonNull(GraphQLString) },
}
const ofKind: GraphQLFieldConfigArgumentMap = { ...placed, kind: { type: new GraphQLNonNull(GraphQLString) } }

// A list of kinds forgets which object type each is of, and so does what handles any kind.
const DEPLOYMENTS = deployments as unknown as Resource
const REPLICA_SETS = replicaSets as unknown as Resource

export function mutationType(types: KindTypes): GraphQLObjectType<unknown, Context> {
  const deployment = new GraphQLNonNull(types.of(DEPLOYMENTS))
  return new GraphQLObjectType<unknown, Context>({
    name: 'Mutation',
    fields: {
      apply: applyField(types),
      scale: scaleField(types),
      rollback: {
        type: deployment,
        description: 'Brings the Pod template of a revision back; of the one before the current, where none is named.',
        args: { ...placed, toRevision: { type: GraphQLInt } },
        resolve: (_, given: Arguments & { toRevision?: number | null }, context) => rollback(given, context),
      },
      pause: rolloutField(deployment, 'Changes of the template wait.', () => pausePatch),
      resume: rolloutField(deployment, 'Changes of the template roll out again.', () => resumePatch),
      restart: restartField(types),
      delete: deleteField(),
    },
  })
}

/** Runs a write in a cluster; what the request has read of it before is no longer sure. */
async function write<T>(context: Context, cluster: string, work: (session: Session) => Promise<T>): Promise<T> {
  const session = await context.session(cluster)
  try {
    return await work(session)
  } finally {
    session.loader.forget()
  }
}

function applyField(types: KindTypes): Field {
  const operation = new GraphQLEnumType({
    name: 'ApplyOperation',
    values: { CREATED: {}, CONFIGURED: {}, UNCHANGED: {} },
  })
  const result = new GraphQLObjectType<Applied, Context>({
    name: 'ApplyResult',
    fields: {
      operation: { type: new GraphQLNonNull(operation) },
      object: { type: new GraphQLNonNull(types.any) },
    },
  })
  return {
    // A document that is refused is null and an error of its own.
    type: new GraphQLNonNull(new GraphQLList(result)),
    description: 'Creates what is not there and changes what is, document by document, as `kubectl apply` does.',
    args: { ...required, manifest: { type: new GraphQLNonNull(MANIFEST) } },
    resolve: (_, { cluster, manifest }: { cluster: string; manifest: unknown }, context) =>
      write(context, cluster, (session) => applyAll(session, manifest)),
  }
}

/**
 * In order, for a Namespace stands before what is in it. All are read before the first is applied; one that is refused
 * does not keep the others from being applied, as with kubectl.
 */
async function applyAll(session: Session, manifest: unknown): Promise<(Applied | StatusError)[]> {
  const results: (Applied | StatusError)[] = []
  for (const one of manifestsOf(manifest)) {
    try {
      const applied = await apply(session.client, one)
      results.push({ ...applied, object: withSession(session, applied.object) })
    } catch (error) {
      if (!(error instanceof StatusError)) throw error
      results.push(error)
    }
  }
  return results
}

function scaleField(types: KindTypes): Field {
  return {
    type: new GraphQLNonNull(types.any),
    args: { ...ofKind, replicas: { type: new GraphQLNonNull(GraphQLInt) } },
    resolve: (_, given: Named & { cluster: string; replicas: number }, context) =>
      write(context, given.cluster, async (session) => {
        const { resource, key } = named(given)
        if (!resource.scale) throw badRequest(`kind: Invalid value: "${given.kind}": it has no replicas to scale`)
        await session.client.patch(resource, key, 'merge', { spec: { replicas: given.replicas } }, 'scale')
        return withSession(session, await session.client.get(resource, key))
      }),
  }
}

async function rollback(given: Arguments & { toRevision?: number | null }, context: Context): Promise<KubeObject> {
  return write(context, given.cluster, async (session) => {
    const { client } = session
    const { key } = named({ ...given, kind: 'Deployment' })
    // The API answers the kind that was asked for.
    const deployment = (await client.get(DEPLOYMENTS, key)) as Deployment
    const sets = await client.list(REPLICA_SETS, { namespace: key.namespace })
    const patch = undo(deployment, sets.items as readonly ReplicaSet[], given.toRevision ?? 0)
    const result = patch ? await client.patch(DEPLOYMENTS, key, 'json', patch) : deployment
    return withSession(session, result)
  })
}

function rolloutField(type: GraphQLOutputType, description: string, patchOf: () => unknown): Field {
  return {
    type,
    description,
    args: placed,
    resolve: (_, given: Arguments, context) =>
      write(context, given.cluster, async (session) => {
        const { resource, key } = named({ ...given, kind: 'Deployment' })
        return withSession(session, await session.client.patch(resource, key, 'strategic', patchOf()))
      }),
  }
}

const RESTARTABLE = new Set(['Deployment', 'StatefulSet', 'DaemonSet'])

function restartField(types: KindTypes): Field {
  return {
    type: new GraphQLNonNull(types.any),
    description: 'Replaces all Pods, by a note in their template of when this was asked.',
    args: { ...placed, kind: { type: new GraphQLNonNull(GraphQLString), default: { value: 'Deployment' } } },
    resolve: (_, given: Named & { cluster: string }, context) =>
      write(context, given.cluster, async (session) => {
        const { resource, key } = named(given)
        if (!RESTARTABLE.has(resource.kind))
          throw badRequest(`kind: Invalid value: "${given.kind}": it can't be restarted`)
        await refusePaused(session, resource, key)
        const patch = restartPatch(context.now())
        return withSession(session, await session.client.patch(resource, key, 'strategic', patch))
      }),
  }
}

async function refusePaused(
  { client }: Session,
  resource: Resource,
  key: Parameters<Session['client']['get']>[1],
): Promise<void> {
  if (resource !== DEPLOYMENTS) return
  const { spec } = (await client.get(resource, key)) as Deployment
  if (spec.paused) throw badRequest(`can't restart paused deployment "${key.name}" (resume it first)`)
}

interface Deletion {
  readonly kind: string
  readonly namespace: string | undefined
  readonly name: string
  readonly isGone: boolean
  readonly object: KubeObject | null
}

function deleteField(): Field {
  const policy = new GraphQLEnumType({
    name: 'PropagationPolicy',
    values: { Background: {}, Foreground: {}, Orphan: {} },
  })
  const type = new GraphQLObjectType<Deletion, Context>({
    name: 'Deletion',
    fields: {
      kind: { type: new GraphQLNonNull(GraphQLString) },
      namespace: { type: GraphQLString },
      name: { type: new GraphQLNonNull(GraphQLString) },
      isGone: {
        type: new GraphQLNonNull(GraphQLBoolean),
        description: 'False while finalizers or a grace period hold it.',
      },
      object: { type: JSON_VALUE, description: 'The object on its way out; null where it is gone.' },
    },
  })
  return {
    type: new GraphQLNonNull(type),
    args: { ...ofKind, propagationPolicy: { type: policy }, gracePeriodSeconds: { type: GraphQLInt } },
    resolve: (_, given: Named & DeleteArguments, context) =>
      write(context, given.cluster, (session) => remove(session, given)),
  }
}

interface DeleteArguments {
  readonly cluster: string
  readonly propagationPolicy?: string | null
  readonly gracePeriodSeconds?: number | null
}

async function remove({ client }: Session, given: Named & DeleteArguments): Promise<Deletion> {
  const { resource, key } = named(given)
  const answer = await client.delete(resource, key, {
    propagationPolicy: given.propagationPolicy ?? undefined,
    gracePeriodSeconds: given.gracePeriodSeconds ?? undefined,
  })
  const isGone = await isAway(client, resource, key, answer)
  return {
    kind: resource.kind,
    namespace: key.namespace || undefined,
    name: key.name,
    isGone,
    object: isGone ? null : (answer as unknown as KubeObject),
  }
}

/** A Status says so. Some kinds answer the object either way: then it is gone if no one of its uid is there. */
async function isAway(
  client: Session['client'],
  resource: Resource,
  key: Parameters<typeof client.get>[1],
  answer: Record<string, unknown>,
): Promise<boolean> {
  if (answer['kind'] === 'Status') return true
  const left = await client.find(resource, key)
  return left?.metadata.uid !== (answer as unknown as KubeObject).metadata.uid
}
