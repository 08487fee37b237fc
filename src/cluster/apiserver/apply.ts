/**
 * Server-side apply of one object: the configuration as it is read, and the write that it becomes. What is owned by whom
 * is reckoned in kube/managed-fields.
 */
import { badRequest, conflict, notFound } from '../../kube/errors.ts'
import { clone, isRecord, printed } from '../../kube/json.ts'
import { applied } from '../../kube/managed-fields/apply.ts'
import { configErrors, keyedPath } from '../../kube/managed-fields/config-errors.ts'
import type { Key, KubeObject, ObjectMeta } from '../../kube/object.ts'
import { apiVersionOf, kindText, type Resource } from '../../kube/resource.ts'
import { type Body, decodeObject, duplicatesOf, type FieldValidation, parseConfiguration } from './bodies.ts'
import { checkIdentity } from './preconditions.ts'
import { type Asked, elsewhere, ignoredIn, shapeOf, type UpdateScope } from './tracking.ts'
import type { WriteContext } from './writes.ts'

export interface Applier {
  readonly manager: string
  readonly force: boolean
  readonly subresource: string | undefined
}

/** Throws 400. */
export function readConfiguration(
  resource: Resource,
  body: Body,
  validation: FieldValidation,
): { readonly config: KubeObject; readonly warnings: readonly string[] } {
  const sent = parseConfiguration(body)
  if (!isRecord(sent)) throw badRequest('error decoding YAML: the configuration is not an object')
  checkType(resource, sent)
  const metadata = sent['metadata']
  if (isRecord(metadata) && (metadata['managedFields'] ?? undefined) !== undefined)
    throw badRequest('metadata.managedFields must be nil')
  const raw = clone(sent)
  const { object, unknownFields, warnings } = decodeObject(resource, sent, warningsOf(validation), duplicatesOf(body))
  const shape = shapeOf(resource)
  const errors = [
    ...unknownFields.map((path) => `${keyedPath(shape, raw, path)}: field not declared in schema`),
    ...configErrors(shape, object),
  ]
  if (errors.length > 0) throw badRequest(unfit(resource, sent, errors))
  if (validation === 'Strict' && warnings.length > 0)
    throw badRequest(`error strict decoding YAML: ${warnings.join(', ')}`)
  return { config: object, warnings }
}

/** A field that the kind has not is refused whatever is asked: an applier can't own it. */
const warningsOf = (validation: FieldValidation): FieldValidation => (validation === 'Ignore' ? 'Ignore' : 'Warn')

/** An apply must say what it is of: the version decides what its fields mean. */
function checkType(resource: Resource, { apiVersion, kind }: Record<string, unknown>): void {
  if (apiVersion === apiVersionOf(resource) && kind === resource.kind) return
  throw badRequest(`invalid object type: ${printed(apiVersion ?? '')}, Kind=${printed(kind ?? '')}`)
}

function unfit(resource: Resource, sent: Record<string, unknown>, errors: readonly string[]): string {
  // decode() has made them metadata.
  const { namespace = '', name = '' } = (sent['metadata'] ?? {}) as Partial<ObjectMeta>
  const all = errors.length === 1 ? errors[0] : `errors:\n${errors.map((error) => `  ${error}`).join('\n')}`
  return `failed to create typed patch object (${namespace}/${name}; ${kindText(resource)}): ${all}`
}

export interface Configuration {
  readonly asked: Asked
  readonly applier: Applier
  readonly config: KubeObject
  readonly scope: UpdateScope
}

/** In a transaction. Throws 404, 409, 422. */
export function applyConfiguration(
  { store, operations, now, admit, warnings }: WriteContext,
  resource: Resource,
  key: Key,
  { asked, applier, config, scope }: Configuration,
): KubeObject {
  const live = store.get(resource, key)
  if (live === undefined) {
    if (scope !== 'object') throw notFound(resource, key.name)
    checkIdentity(resource, key, config.metadata)
    resource.dropForCreate(config)
    if (config.metadata?.uid) throw noObjectOfUid(resource, key, config.metadata.uid)
  }
  const { manager, force, subresource } = applier
  const author = { manager, operation: 'Apply' as const, apiVersion: apiVersionOf(resource), subresource }
  const time = `${new Date(now).toISOString().slice(0, 19)}Z`
  const { part, managedFields } = applied({
    shape: shapeOf(resource),
    author,
    time,
    ignored: ignoredIn(resource, scope),
    elsewhere: elsewhere(resource),
    live,
    config,
    force,
  })
  const was = live?.metadata
  const { name = was?.name, namespace, uid, resourceVersion = was?.resourceVersion } = config.metadata ?? {}
  const { deletionTimestamp, deletionGracePeriodSeconds } = config.metadata ?? {}
  // The store's objects are shared: what is written is a copy.
  const draft = {
    ...clone(part),
    apiVersion: config.apiVersion,
    kind: config.kind,
    metadata: {
      ...clone(part.metadata ?? {}),
      ...{ name, namespace, uid, resourceVersion, deletionTimestamp, deletionGracePeriodSeconds },
    },
  } as KubeObject
  const by = {
    name: manager,
    subresource,
    isPatch: true,
    applied: { managedFields },
    admit,
    warn: (text: string) => warnings.push(text),
    asked,
  }
  return live === undefined
    ? operations.create(resource, key.namespace, draft, by)
    : operations.update(resource, key, draft, scope, by)
}

const noObjectOfUid = (resource: Resource, { name }: Key, uid: string) =>
  conflict(resource, name, `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`)
