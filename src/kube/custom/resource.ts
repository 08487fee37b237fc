/**
 * A version of a CustomResourceDefinition as a Resource like those that are built in: all that serves kinds serves it.
 * https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/
 */
import type { CustomResources } from '../catalog.ts'
import { resource, SCALE, STATUS } from '../define.ts'
import { internalError } from '../errors.ts'
import type { FieldError } from '../field.ts'
import { clone, deepEqual, isRecord, printed, setKey, toNumber } from '../json.ts'
import type { KubeObject } from '../object.ts'
import { ALL_METADATA, type Conversion, type Resource, type ScaleOf } from '../resource.ts'
import { decode, OBJECT_META } from '../schema/decode.ts'
import { columnsOf } from './columns.ts'
import {
  type CustomResourceDefinition,
  conditionOf,
  deprecationWarningOf,
  isTrue,
  schemaOf,
  storageVersionOf,
  type Version,
} from './definition.ts'
import { decodeEmbedded, embeddedErrors, hasEmbedded } from './embedded.ts'
import { finalizerWarnings } from './finalizer-warnings.ts'
import { findAll, keysOf, parseJsonPath } from './json-path.ts'
import type { JsonSchema } from './json-schema.ts'
import { applyDefaults, dropNulls, hasDefaults, prune } from './normalize.ts'
import { compileRules, ruleErrors } from './rules.ts'
import { shapeOfSchema } from './shape.ts'
import { schemaErrors } from './validate.ts'

/** A custom object: whatever its schema allows. */
export type CustomObject = KubeObject & Record<string, unknown>

/** A definition without a schema of its own keeps everything: only definitions of before v1 are like that. */
const ANYTHING: JsonSchema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }

export function customResources(definition: CustomResourceDefinition, converter: Converter): CustomResources {
  if (!isTrue(definition, 'Established')) return { served: [], stored: [] }
  const made = definition.spec.versions.map((version) => ({
    version,
    // A list of kinds forgets which object type each is of.
    resource: customResource(definition, version, converter) as unknown as Resource,
  }))
  return {
    served: made.filter(({ version }) => version.served).map((one) => one.resource),
    stored: made.filter(({ version }) => version.storage).map((one) => one.resource),
  }
}

/** The same, of a definition that is going, or is not: who holds one of them may go on with it. */
export function withTerminating({ served, stored }: CustomResources, isTerminating: boolean): CustomResources {
  const told = (resource: Resource): Resource =>
    resource.custom ? { ...resource, custom: { ...resource.custom, isTerminating } } : resource
  return { served: served.map(told), stored: stored.map(told) }
}

/**
 * An object of a definition in another of its versions, as the definition's webhook has it. Metadata is as it was but for
 * labels and annotations. Throws where the webhook has not been asked of just this object yet.
 */
export type Converter = (definition: CustomResourceDefinition, object: KubeObject, apiVersion: string) => CustomObject

export function customResource(
  definition: CustomResourceDefinition,
  version: Version,
  converter: Converter,
): Resource<CustomObject> {
  const { spec, status } = definition
  const names = { ...spec.names, ...status.acceptedNames }
  const schema = schemaOf(version) ?? ANYTHING
  const { subresources } = version
  const hasStatus = subresources?.status !== undefined
  const fillsIn = hasDefaults(schema)
  const embeds = hasEmbedded(schema)
  const rules = compileRules(rooted(schema))
  const errorsOf = (next: CustomObject, previous: CustomObject | undefined): FieldError[] => {
    const errors = [
      ...(embeds ? embeddedErrors(schema, next) : []),
      ...schemaErrors(schema, contentOf(next), previous && contentOf(previous), ''),
    ]
    // Rules speak of what the schema has promised them.
    return rules && errors.length === 0 ? ruleErrors(rules, wholeOf(next), previous && wholeOf(previous)) : errors
  }
  return resource<CustomObject>({
    group: spec.group,
    version: version.name,
    kind: names.kind,
    listKind: names.listKind ?? `${names.kind}List`,
    plural: spec.names.plural,
    singular: names.singular ?? names.kind.toLowerCase(),
    shortNames: names.shortNames ?? [],
    categories: names.categories ?? [],
    scope: spec.scope === 'Namespaced' ? 'namespaced' : 'cluster',
    subresources: [...(hasStatus ? [STATUS] : []), ...(subresources?.scale ? [SCALE] : [])],
    schema: definitionNameOf(spec.group, version.name, names.kind),
    custom: {
      schema,
      origin: { definition: definition.metadata.uid, version: version.name },
      isTerminating: conditionOf(definition, 'Terminating')?.status === 'True',
      decode: (value) => decodeCustom({ schema, kind: names.kind, version: version.name, embeds }, value),
    },
    shape: shapeOfSchema(schema),
    isStorageVersion: version.storage,
    conversion: conversionOf(definition, version, schema, converter),
    deprecationWarning: deprecationWarningOf(definition, version),
    hasStatus,
    keptByStatus: ALL_METADATA,
    generation: (next, previous) => !deepEqual(contentOf(next, hasStatus), contentOf(previous, hasStatus)),
    unconditionalUpdate: false,
    allowsPlainFinalizers: true,
    columns: columnsOf(version),
    fields: Object.fromEntries((version.selectableFields ?? []).map(({ jsonPath }) => selectable(jsonPath))),
    prepareForCreate(draft) {
      if (!hasStatus || draft['status'] === undefined) return
      delete draft['status']
      // What stood in for it was filled in, or filled up, by the schema.
      if (fillsIn) applyDefaults(schema, draft)
    },
    defaults(draft) {
      if (fillsIn) applyDefaults(schema, draft)
    },
    validate: (next, _at, previous) => errorsOf(next, previous),
    validateStatus: (next, previous) => errorsOf(next, previous),
    warnings: finalizerWarnings,
    scale: subresources?.scale && scaleOf(subresources.scale),
  })
}

/**
 * With the strategy None versions differ in their name only, else the webhook says how. What was stored under an earlier
 * definition is brought into the schema's shape when it is read, as kube-apiserver does: pruned, and given defaults.
 */
function conversionOf(
  definition: CustomResourceDefinition,
  version: Version,
  schema: JsonSchema,
  converter: Converter,
): Conversion<CustomObject> {
  const { spec, metadata } = definition
  const apiVersion = `${spec.group}/${version.name}`
  const storage = storageVersionOf(definition) ?? version
  const storedApiVersion = `${spec.group}/${storage.name}`
  const head = `{"apiVersion":${JSON.stringify(apiVersion)},`
  const since = Number(metadata.resourceVersion)
  const isRemote = spec.conversion?.strategy === 'Webhook'
  // The webhook's objects are its own, and may be shared: they are copied before they are changed.
  const inVersion = (object: KubeObject, wanted: string): CustomObject =>
    clone(isRemote && object.apiVersion !== wanted ? converter(definition, object, wanted) : (object as CustomObject))
  return {
    isRemote,
    isServedForm: (text, resourceVersion) => resourceVersion > since && text.startsWith(head),
    fromStored(object) {
      if (object.apiVersion === apiVersion && Number(object.metadata.resourceVersion) > since)
        return object as CustomObject
      const { metadata: own, ...content } = inVersion(object, apiVersion)
      const shaped: CustomObject = { ...content, apiVersion, metadata: own }
      prune(schema, shaped, '', [])
      dropNulls(schema, shaped)
      applyDefaults(schema, shaped)
      return inOrder(shaped)
    },
    toStored(object) {
      if (!isRemote || apiVersion === storedApiVersion) return inOrder({ ...object, apiVersion: storedApiVersion })
      const storable = inVersion(object, storedApiVersion)
      const storedSchema = schemaOf(storage)
      if (storedSchema) prune(storedSchema, storable, '', [])
      return inOrder(storable)
    },
  }
}

/** What every object has stands first, so that a text's beginning tells its version. */
const inOrder = ({ apiVersion, kind, metadata, ...content }: CustomObject): CustomObject =>
  ({ apiVersion, kind, metadata, ...content }) as CustomObject

/** `stable.example.com`, `v1`, `CronTab` is `com.example.stable.v1.CronTab` in OpenAPI. */
export const definitionNameOf = (group: string, version: string, kind: string): string =>
  [...group.split('.').reverse(), version, kind].join('.')

/** What the schema speaks of: metadata has rules of its own, but for names that it may narrow. */
function contentOf(object: CustomObject, withoutStatus = false): Record<string, unknown> {
  const { apiVersion: _, kind: __, metadata, status, ...rest } = object
  if (withoutStatus) return rest
  const { name, generateName } = metadata
  return {
    ...rest,
    ...(status === undefined ? {} : { status }),
    metadata: { name, ...(generateName === undefined ? {} : { generateName }) },
  }
}

/** The fields that every object has can be spoken of, whatever the schema says of them. */
const rooted = (schema: JsonSchema): JsonSchema => ({
  ...schema,
  properties: {
    ...schema.properties,
    apiVersion: { type: 'string' },
    kind: { type: 'string' },
    metadata: { type: 'object', properties: { name: { type: 'string' }, generateName: { type: 'string' } } },
  },
})

/** What rules see: at the root also what the object is. */
const wholeOf = (object: CustomObject): Record<string, unknown> => ({
  ...contentOf(object),
  apiVersion: object.apiVersion,
  kind: object.kind,
})

interface CustomVersion {
  readonly schema: JsonSchema
  readonly kind: string
  readonly version: string
  readonly embeds: boolean
}

function decodeCustom({ schema, kind, version, embeds }: CustomVersion, value: Record<string, unknown>) {
  const unknownFields: string[] = []
  const { metadata } = value
  if (metadata === null || metadata === undefined) delete value['metadata']
  else {
    const decoded = decode({ kind, version, schema: OBJECT_META }, metadata)
    value['metadata'] = decoded.object
    unknownFields.push(...decoded.unknownFields.map((field) => `metadata.${field}`))
  }
  prune(schema, value, '', unknownFields)
  if (embeds) decodeEmbedded(schema, value, { kind, version }, unknownFields)
  dropNulls(schema, value)
  return { object: value, unknownFields }
}

function selectable(jsonPath: string): [string, (object: CustomObject) => string] {
  const path = parseJsonPath(jsonPath) ?? []
  return [jsonPath.slice(1), (object) => printed(findAll(path, object)[0] ?? '')]
}

interface ScalePaths {
  readonly specReplicasPath: string
  readonly statusReplicasPath: string
  readonly labelSelectorPath?: string
}

function scaleOf({ specReplicasPath, statusReplicasPath, labelSelectorPath }: ScalePaths): ScaleOf<CustomObject> {
  const replicas = parseJsonPath(specReplicasPath) ?? []
  const current = parseJsonPath(statusReplicasPath) ?? []
  const selector = labelSelectorPath ? parseJsonPath(labelSelectorPath) : undefined
  const keys = keysOf(replicas) ?? []
  return {
    replicas(object) {
      const [found] = findAll(replicas, object)
      if (found === undefined)
        throw internalError(`the spec replicas field ${JSON.stringify(specReplicasPath)} does not exist`)
      return numberOf(found)
    },
    setReplicas: (object, count) => setAt(object, keys, count),
    currentReplicas: (object) => numberOf(findAll(current, object)[0]),
    selector: (object) => printed((selector && findAll(selector, object)[0]) ?? ''),
  }
}

const numberOf = (value: unknown): number => (typeof value === 'number' ? toNumber(value) : 0)

function setAt(object: Record<string, unknown>, keys: readonly string[], value: unknown): void {
  let at = object
  for (const key of keys.slice(0, -1)) {
    const next = Object.hasOwn(at, key) ? at[key] : undefined
    if (isRecord(next)) at = next
    else {
      const made = {}
      setKey(at, key, made)
      at = made
    }
  }
  setKey(at, keys.at(-1) ?? '', value)
}
