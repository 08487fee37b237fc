/**
 * Whether a CustomResourceDefinition may be: apiextensions' validation, with its messages. What all versions have alike
 * is spoken of once, at `spec`, as kube-apiserver does.
 */
import { type FieldError, type FieldPath, invalidValue, notSupported, required } from '../field.ts'
import { deepEqual } from '../json.ts'
import { immutable } from '../metadata.ts'
import { dns1035Errors, dnsSubdomainErrors } from '../names.ts'
import { approvalErrors } from './api-approval.ts'
import { conversionErrors } from './conversion.ts'
import { type CustomResourceDefinition, isTrue, type Names, schemaOf, type Version } from './definition.ts'
import type { JsonSchema } from './json-schema.ts'
import { structuralErrors } from './structural.ts'
import { columnErrors, selectableFieldErrors, subresourceErrors } from './validate-version.ts'

/** `previous`: what an update replaces. What was allowed before and is left as it was stays so. */
export function definitionErrors(
  definition: CustomResourceDefinition,
  root: FieldPath,
  previous: CustomResourceDefinition | undefined,
): FieldError[] {
  const { spec, metadata } = definition
  const errors: FieldError[] = []
  if (metadata.name !== `${spec.names?.plural}.${spec.group}`)
    errors.push(
      invalidValue(root.child('metadata').child('name'), metadata.name, 'must be spec.names.plural+"."+spec.group'),
    )
  errors.push(
    ...newErrors(specErrors(definition, root.child('spec')), () =>
      previous ? specErrors(previous, root.child('spec')) : [],
    ),
    ...storedVersionErrors(definition, root.child('status').child('storedVersions')),
    ...approvalErrors(definition, previous),
    ...preserveErrors(definition, previous, root),
  )
  return errors
}

/**
 * Without faults of rules that were there before: a definition may have been taken when less was looked at, and the rest
 * of it may still be changed. `former` is asked only where there are faults of rules.
 */
function newErrors(errors: FieldError[], former: () => FieldError[]): FieldError[] {
  if (!errors.some(isOfRule)) return errors
  const known = new Set(former().filter(isOfRule).map(faultOf))
  return errors.filter((error) => !(isOfRule(error) && known.has(faultOf(error))))
}

/** What tells one from another: the rule's text, which most say, or for costs its place in the schema. */
const faultOf = ({ field, message }: FieldError): string =>
  message.startsWith('Forbidden')
    ? `${field.slice(field.indexOf('openAPIV3Schema'))} ${message.replace(/factor of .*/, '')}`
    : message

const isOfRule = ({ field, message }: FieldError): boolean =>
  /x-kubernetes-validations\[\d+\]\.\w+$/.test(field) || message.includes('estimated rule cost total')

export function definitionUpdateErrors(
  next: CustomResourceDefinition,
  previous: CustomResourceDefinition,
  root: FieldPath,
): FieldError[] {
  const at = root.child('spec')
  const names = at.child('names')
  return [
    ...(isTrue(previous, 'Established')
      ? [
          ...immutable(next.spec.scope, previous.spec.scope, at.child('scope')),
          ...immutable(next.spec.names.kind, previous.spec.names.kind, names.child('kind')),
        ]
      : []),
    ...immutable(next.spec.group, previous.spec.group, at.child('group')),
    ...immutable(next.spec.names.plural, previous.spec.names.plural, names.child('plural')),
  ]
}

function specErrors(definition: CustomResourceDefinition, at: FieldPath): FieldError[] {
  const { spec } = definition
  return [
    ...groupErrors(spec.group, at.child('group')),
    ...scopeErrors(spec.scope, at.child('scope')),
    ...versionErrors(spec.versions, at),
    ...requiredNameErrors(spec.names, at.child('names')),
    ...nameErrors(spec.names, at.child('names')),
    ...conversionErrors(spec.conversion, at.child('conversion')),
  ]
}

function groupErrors(group: string, at: FieldPath): FieldError[] {
  if (!group) return [required(at)]
  const wrong = dnsSubdomainErrors(group)
  if (wrong.length > 0) return [invalidValue(at, group, wrong.join(','))]
  return group.includes('.') ? [] : [invalidValue(at, group, 'should be a domain with at least one dot')]
}

function scopeErrors(scope: string | undefined, at: FieldPath): FieldError[] {
  if (!scope) return [required(at)]
  return scope === 'Cluster' || scope === 'Namespaced' ? [] : [notSupported(at, scope, ['Cluster', 'Namespaced'])]
}

function versionErrors(versions: readonly Version[], at: FieldPath): FieldError[] {
  const here = at.child('versions')
  const errors: FieldError[] = []
  const hasStatus = versions.some((version) => version.subresources?.status !== undefined)
  for (const [index, version] of versions.entries()) {
    const where = here.index(index)
    for (const why of [dns1035Errors(version.name ?? '').join(',')])
      if (why !== '') errors.push(invalidValue(where.child('name'), version.name ?? '', why))
    if (!schemaOf(version))
      errors.push(required(where.child('schema').child('openAPIV3Schema'), 'schemas are required'))
    errors.push(...deprecationErrors(version, where.child('deprecationWarning')))
  }
  for (const [version, where] of differing(versions, 'schema', at, at.child('validation'))) {
    const schema = schemaOf(version)
    if (schema) errors.push(...schemaDefinitionErrors(schema, hasStatus, where.child('openAPIV3Schema')))
  }
  for (const [version, where] of differing(versions, 'subresources', at))
    errors.push(...subresourceErrors(version.subresources, where))
  for (const [version, where] of differing(versions, 'additionalPrinterColumns', at))
    for (const [index, column] of (version.additionalPrinterColumns ?? []).entries())
      errors.push(...columnErrors(column, where.index(index)))
  for (const [version, where] of differing(versions, 'selectableFields', at))
    errors.push(...selectableFieldErrors(version, where))
  if (new Set(versions.map(({ name }) => name)).size < versions.length)
    errors.push(invalidValue(here, versions, 'must contain unique version names'))
  if (versions.filter(({ storage }) => storage).length !== 1)
    errors.push(invalidValue(here, versions, 'must have exactly one version marked as storage version'))
  return errors
}

/** The versions whose `field` must be looked at, with where it is spoken of: one for all where all have the same. */
function differing(
  versions: readonly Version[],
  field: 'schema' | 'subresources' | 'additionalPrinterColumns' | 'selectableFields',
  at: FieldPath,
  common = at.child(field),
): [Version, FieldPath][] {
  const [first] = versions
  if (first && versions.every((version) => deepEqual(version[field], first[field]))) return [[first, common]]
  return versions.map((version, index) => [version, at.child('versions').index(index).child(field)])
}

/** With a status subresource the status is validated on its own: nothing at the root may bind it to the rest. */
const AT_ROOT_WITH_STATUS = [
  'description',
  'type',
  'format',
  'title',
  'maximum',
  'exclusiveMaximum',
  'minimum',
  'exclusiveMinimum',
  'maxLength',
  'minLength',
  'pattern',
  'maxItems',
  'minItems',
  'uniqueItems',
  'multipleOf',
  'required',
  'items',
  'properties',
  'externalDocs',
  'example',
  'x-kubernetes-preserve-unknown-fields',
  'x-kubernetes-validations',
]
const AS_SHOWN =
  'Description Type Format Title Maximum ExclusiveMaximum Minimum ExclusiveMinimum MaxLength MinLength Pattern MaxItems MinItems UniqueItems MultipleOf Required Items Properties ExternalDocs Example XPreserveUnknownFields XValidations'

function schemaDefinitionErrors(schema: JsonSchema, hasStatus: boolean, at: FieldPath): FieldError[] {
  const errors: FieldError[] = []
  const strangers = Object.keys(schema).filter((field) => !AT_ROOT_WITH_STATUS.includes(field))
  if (hasStatus && strangers.length > 0 && schema.nullable !== true)
    errors.push(
      invalidValue(
        at,
        schema,
        `only [${AS_SHOWN}] fields are allowed at the root of the schema if the status subresource is enabled`,
      ),
    )
  return [...errors, ...structuralErrors(schema, at)]
}

function deprecationErrors({ deprecated, deprecationWarning }: Version, at: FieldPath): FieldError[] {
  if (deprecationWarning === undefined) return []
  const wrong = (why: string) => [invalidValue(at, deprecationWarning, why)]
  if (!deprecated) return wrong('can only be set for deprecated versions')
  if (deprecationWarning === '') return wrong('must not be an empty string')
  if (deprecationWarning.length > 256) return wrong('must be <= 256 characters long')
  const index = deprecationWarning.search(/[^\P{C}]|[\p{Zl}\p{Zp}]/u)
  return index < 0
    ? []
    : wrong(`must only contain printable UTF-8 characters; non-printable character found at index ${index}`)
}

const requiredNameErrors = (names: Names, at: FieldPath): FieldError[] =>
  (['plural', 'singular', 'kind', 'listKind'] as const).flatMap((field) =>
    names?.[field] ? [] : [required(at.child(field))],
  )

/** Also of `status.acceptedNames`, where each may be absent. */
export function nameErrors(names: Partial<Names>, at: FieldPath): FieldError[] {
  const errors: FieldError[] = []
  for (const field of ['plural', 'singular'] as const) {
    const why = names[field] ? dns1035Errors(names[field]).join(',') : ''
    if (why !== '') errors.push(invalidValue(at.child(field), names[field], why))
  }
  for (const field of ['kind', 'listKind'] as const) {
    const why = names[field] ? dns1035Errors(names[field].toLowerCase()).join(',') : ''
    if (why !== '')
      errors.push(
        invalidValue(at.child(field), names[field], `may have mixed case, but should otherwise match: ${why}`),
      )
  }
  if (names.kind && names.kind === names.listKind)
    errors.push(invalidValue(at.child('listKind'), names.listKind, 'kind and listKind may not be the same'))
  for (const field of ['shortNames', 'categories'] as const)
    for (const [index, name] of (names[field] ?? []).entries()) {
      const why = dns1035Errors(name).join(',')
      if (why !== '') errors.push(invalidValue(at.child(field).index(index), name, why))
    }
  return errors
}

function storedVersionErrors({ spec, status }: CustomResourceDefinition, at: FieldPath): FieldError[] {
  const stored = status.storedVersions ?? []
  if (stored.length === 0) return [invalidValue(at, stored, 'must have at least one stored version')]
  const errors: FieldError[] = []
  for (const version of spec.versions)
    if (version.storage && !stored.includes(version.name))
      errors.push(invalidValue(at, stored, `must have the storage version ${version.name}`))
  for (const [index, name] of stored.entries())
    if (!spec.versions.some((version) => version.name === name))
      errors.push(
        invalidValue(
          at.index(index),
          name,
          `missing from spec.versions; ${name} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${name} and removes ${name} from status.storedVersions`,
        ),
      )
  return errors
}

function preserveErrors(
  next: CustomResourceDefinition,
  previous: CustomResourceDefinition | undefined,
  root: FieldPath,
): FieldError[] {
  if (previous?.spec.preserveUnknownFields || !next.spec.preserveUnknownFields) return []
  return [
    invalidValue(
      root.child('spec').child('preserveUnknownFields'),
      true,
      'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead',
    ),
  ]
}

/** What a status may say; a definition that is established has its names. */
export const statusErrors = ({ status }: CustomResourceDefinition, root: FieldPath): FieldError[] =>
  nameErrors(status.acceptedNames ?? {}, root.child('status').child('acceptedNames'))
