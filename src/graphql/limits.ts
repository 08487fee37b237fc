/**
 * What one request may ask. A query is small text with a large answer, and every tenant shares these Workers: each
 * has 128 MB and a bounded time. Reached limits are errors that say so, never answers cut short.
 */
import {
  type ASTVisitor,
  type FragmentDefinitionNode,
  GraphQLError,
  Kind,
  type SelectionSetNode,
  type ValidationContext,
} from 'graphql'
import { StatusError } from '../kube/errors.ts'

/** The deepest field of a Pod is nine levels below `cluster`; one relation more is as deep as our dashboard goes. */
export const MAX_DEPTH = 14
/** Fields after fragments are spread. Every field of every Pod is about 700. */
export const MAX_FIELDS = 1500
/** An alias asks for the same thing anew, so each can cost a request to the cluster. */
export const MAX_ALIASES = 30
/** Text of a query and its variables; a manifest must fit: the store's own limit is 1.5 MiB an object. */
export const MAX_BODY_BYTES = 3 * 1024 * 1024
/** Objects of a list when the query names no limit: as kubectl's chunks. */
export const DEFAULT_LIST = 500
/** More in one page would be more than a Worker's memory is good for, parsed and printed. */
export const MAX_LIST = 5000
/** Objects read in one request, in lists and for relations. A Pod is about 5 KB of text: 50 MB. */
export const MAX_LOADED = 10_000
/** Objects answered through relations, in one request: Pods of the node of the Pods of a node multiply quickly. */
export const MAX_RELATED = 20_000
/** Documents in one `apply`; each is a request to the cluster. */
export const MAX_DOCUMENTS = 100

/** What one request has used of what it may. Shared by all clusters that it asks. */
export interface Budget {
  /** Objects read from a cluster. Throws 413 beyond MAX_LOADED. */
  load(objects: number): void
  /** Objects answered through a relation. Throws 413 beyond MAX_RELATED. */
  relate(objects: number): void
}

export function createBudget(): Budget {
  let loaded = 0
  let related = 0
  const refuse = (what: string) => {
    throw new StatusError(
      413,
      'RequestEntityTooLarge',
      `the query ${what}: ask for fewer objects, or for one namespace`,
    )
  }
  return {
    load(objects) {
      loaded += objects
      if (loaded > MAX_LOADED) refuse(`reads more than ${MAX_LOADED} objects`)
    },
    relate(objects) {
      related += objects
      if (related > MAX_RELATED) refuse(`answers more than ${MAX_RELATED} related objects`)
    },
  }
}

interface Measure {
  depth: number
  fields: number
  aliases: number
}

/**
 * A validation rule: refuses operations that are too deep or too large. Introspection is not measured here: graphql's
 * own rule bounds it. Fragment cycles are another rule's business; measuring ends at a fragment that is being spread.
 */
export function limitsRule(context: ValidationContext): ASTVisitor {
  return {
    OperationDefinition(node) {
      const fragments = new Map<string, Measure>()
      const { depth, fields, aliases } = measure(node.selectionSet, context, fragments, new Set())
      const refuse = (message: string) =>
        context.reportError(new GraphQLError(message, { nodes: node, extensions: { code: 'BadRequest', status: 400 } }))
      if (depth > MAX_DEPTH) refuse(`The query is ${depth} levels deep; at most ${MAX_DEPTH} are allowed`)
      if (fields > MAX_FIELDS) refuse(`The query asks for ${fields} fields; at most ${MAX_FIELDS} are allowed`)
      if (aliases > MAX_ALIASES) refuse(`The query has ${aliases} aliases; at most ${MAX_ALIASES} are allowed`)
    },
  }
}

/** Each fragment is measured once, however often it is spread: the cost is linear in the query's text. */
function measure(
  set: SelectionSetNode,
  context: ValidationContext,
  known: Map<string, Measure>,
  open: Set<string>,
): Measure {
  const total: Measure = { depth: 0, fields: 0, aliases: 0 }
  const add = (part: Measure, levels: number) => {
    total.depth = Math.max(total.depth, part.depth + levels)
    total.fields += part.fields
    total.aliases += part.aliases
  }
  for (const selection of set.selections) {
    switch (selection.kind) {
      case Kind.FIELD:
        if (selection.name.value.startsWith('__')) continue
        total.fields += 1
        if (selection.alias) total.aliases += 1
        if (selection.selectionSet) add(measure(selection.selectionSet, context, known, open), 1)
        else total.depth = Math.max(total.depth, 1)
        break
      case Kind.INLINE_FRAGMENT:
        add(measure(selection.selectionSet, context, known, open), 0)
        break
      case Kind.FRAGMENT_SPREAD:
        add(fragmentMeasure(context.getFragment(selection.name.value), context, known, open), 0)
        break
      default:
        selection satisfies never
    }
  }
  return total
}

function fragmentMeasure(
  fragment: FragmentDefinitionNode | null | undefined,
  context: ValidationContext,
  known: Map<string, Measure>,
  open: Set<string>,
): Measure {
  const none: Measure = { depth: 0, fields: 0, aliases: 0 }
  if (!fragment || open.has(fragment.name.value)) return none
  const name = fragment.name.value
  const held = known.get(name)
  if (held) return held
  open.add(name)
  const measured = measure(fragment.selectionSet, context, known, open)
  open.delete(name)
  known.set(name, measured)
  return measured
}
