/** What an expression may ask of a kind's objects: fields by the kind's schema, of built-in and custom kinds alike. */
import { type CelType, DYN, listOf, mapOf, STRING, scalar } from '../cel/types.ts'
import { escapedName } from '../cel/values.ts'
import { typeOf } from '../custom/rule-types.ts'
import { definitions } from '../generated/schema.ts'
import type { Resource } from '../resource.ts'
import type { FieldType } from '../schema/definition.ts'

export const typeOfKind = ({ schema, custom }: Pick<Resource, 'schema' | 'custom'>): CelType =>
  custom ? withMetadata(typeOf(custom.schema)) : ofField(`#${schema}`)

const OBJECT_META = '#io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta'

/** A policy sees all of an object's metadata. */
function withMetadata(own: CelType): CelType {
  if (own.kind !== 'object') return own
  return { ...own, field: (name) => (name === 'metadata' ? ofField(OBJECT_META) : (ALWAYS[name] ?? own.field(name))) }
}

const ALWAYS: Readonly<Record<string, CelType>> = { apiVersion: STRING, kind: STRING }

/** Times, quantities and what may be text or number are texts or numbers to a policy: of them nothing is known. */
const SCALARS: Readonly<Record<string, CelType>> = {
  string: STRING,
  bool: scalar('bool'),
  int32: scalar('int'),
  int64: scalar('int'),
}

function ofField(type: FieldType): CelType {
  if (type.startsWith('[]')) return listOf(ofField(type.slice(2)))
  if (type.startsWith('{}')) return mapOf(STRING, ofField(type.slice(2)))
  const name = type.slice(1)
  const fields = type.startsWith('#') ? definitions[name]?.fields : undefined
  if (!fields) return SCALARS[type] ?? DYN
  return {
    kind: 'object',
    name,
    field(asked) {
      const own = Object.hasOwn(fields, asked) ? asked : Object.keys(fields).find((one) => escapedName(one) === asked)
      const found = own === undefined ? undefined : fields[own]
      return found === undefined ? undefined : ofField(found)
    },
  }
}
