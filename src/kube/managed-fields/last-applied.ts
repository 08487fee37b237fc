/**
 * What kubectl has left behind of client-side applies: the annotation with the last configuration. Who applied so owns
 * what is in it, though by an update; and it is kept up to date, so that they can go back.
 * https://kubernetes.io/docs/reference/using-api/server-side-apply/#upgrading-from-client-side-apply-to-server-side-apply
 */
import { StatusError } from '../errors.ts'
import { isRecord, ownValue, parseSent, stringify } from '../json.ts'
import type { KubeObject } from '../object.ts'
import { authored, type Ignored } from './authored.ts'
import { compare } from './compare.ts'
import { difference, type FieldSet } from './field-set.ts'
import { membersOf } from './members.ts'
import type { Fields } from './shape.ts'

const ANNOTATION = 'kubectl.kubernetes.io/last-applied-configuration'
/** Only kubectl itself, under its own name, carries on what it applied. */
export const KUBECTL = 'kubectl'

const annotationOf = (object: Partial<KubeObject>): string | undefined =>
  object.metadata?.annotations && Object.hasOwn(object.metadata.annotations, ANNOTATION)
    ? object.metadata.annotations[ANNOTATION] || undefined
    : undefined

/** What the last configuration says and the live object still has so. */
export function lastAppliedFields(live: KubeObject, shape: Fields, ignored: Ignored): FieldSet | undefined {
  const config = configOf(live)
  if (config === undefined || config.apiVersion !== live.apiVersion) return undefined
  const said = authored(config, ignored)
  const { changed, removed } = compare(shape, said, authored(live, ignored))
  return difference(difference(membersOf(shape, said, 'applied'), changed), removed)
}

function configOf(live: KubeObject): Partial<KubeObject> | undefined {
  try {
    const config = parseSent(annotationOf(live) ?? 'null')
    return isRecord(config) && isRecord(config['metadata'] ?? {}) ? config : undefined
  } catch (error) {
    // Anybody may write an annotation.
    if (error instanceof StatusError) return undefined
    throw error
  }
}

/** The annotations of an object to which kubectl has applied `config`, the annotation brought up to date. */
export function withLastApplied(
  annotations: Record<string, string> | undefined,
  config: KubeObject,
): Record<string, string> | undefined {
  if (annotationOf({ metadata: { annotations } } as Partial<KubeObject>) === undefined) return annotations
  const { [ANNOTATION]: _, ...others } = config.metadata.annotations ?? {}
  const { annotations: __, ...metadata } = config.metadata
  const bare = {
    ...config,
    metadata: { ...metadata, ...(Object.keys(others).length > 0 ? { annotations: others } : {}) },
  }
  return { ...annotations, [ANNOTATION]: `${stringify(sorted(bare))}\n` }
}

/** As Go prints a map: keys in order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (!isRecord(value)) return value
  const keys = Object.keys(value).sort()
  return Object.fromEntries(keys.map((key) => [key, sorted(ownValue(value, key))]))
}
