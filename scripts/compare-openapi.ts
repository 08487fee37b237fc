/**
 * Compares what is published of the built-in kinds with Kubernetes' own OpenAPI v2 document, and prints what differs: fields,
 * types, lists and merge keys, required fields, paths and their methods. Descriptions and enumerations are not compared.
 *
 * `node scripts/compare-openapi.ts FILE`, where FILE is api/openapi-spec/swagger.json of the release that is served.
 */
import { readFileSync } from 'node:fs'
import { openApiV2 } from '../src/kube/openapi.ts'
import { builtIn } from '../src/kube/registry.ts'

type Json = { readonly [key: string]: Json } & {
  readonly $ref?: string
  readonly type?: string
  readonly format?: string
}

interface Document {
  readonly definitions: Readonly<Record<string, Json>>
  readonly paths: Readonly<Record<string, Json>>
}

const [file] = process.argv.slice(2)
if (!file) throw new Error('the document to compare with is missing')
const theirs = JSON.parse(readFileSync(file, 'utf8')) as Document
const ours = JSON.parse(openApiV2(builtIn)) as Document

const differences: string[] = []

/** A schema in a few words: its type, what it refers to, and Kubernetes' extensions. */
function shown(schema: Json | undefined): string {
  if (schema === undefined) return 'nothing'
  const { $ref, type = '', format = '', items, additionalProperties } = schema
  const extensions = Object.entries(schema).filter(([key]) => key.startsWith('x-kubernetes-') && !key.endsWith('-kind'))
  return [
    $ref?.replace('#/definitions/', '') ?? type + (format && `:${format}`),
    ...(items ? [`of ${shown(items)}`] : []),
    ...(additionalProperties ? [`to ${shown(additionalProperties)}`] : []),
    ...extensions.map(([key, value]) => `${key.slice('x-kubernetes-'.length)}=${JSON.stringify(value)}`).sort(),
  ].join(' ')
}

const listed = (value: unknown): string => [...((value ?? []) as string[])].sort().join(',')

function compare(where: string, own: string, other: string): void {
  if (own !== other) differences.push(`${where}: ${own || 'nothing'}, and not ${other || 'nothing'}`)
}

for (const [name, own] of Object.entries(ours.definitions)) {
  const other = theirs.definitions[name]
  if (other === undefined) {
    differences.push(`${name}: is not there`)
    continue
  }
  compare(name, shown(own), shown(other))
  compare(`${name} required`, listed(own['required']), listed(other['required']))
  const fields = new Set([...Object.keys(own['properties'] ?? {}), ...Object.keys(other['properties'] ?? {})])
  for (const field of fields)
    compare(`${name}.${field}`, shown(own['properties']?.[field]), shown(other['properties']?.[field]))
}

const METHODS = ['get', 'put', 'post', 'patch', 'delete', 'options', 'head']
const methodsOf = (item: Json | undefined): string => METHODS.filter((method) => item?.[method] !== undefined).join(',')

for (const path of new Set([...Object.keys(ours.paths), ...Object.keys(theirs.paths)])) {
  const [own, other] = [ours.paths[path], theirs.paths[path]]
  compare(path, methodsOf(own), methodsOf(other))
  for (const method of METHODS)
    if (own?.[method] && other?.[method]) compare(`${method} ${path}`, answerOf(own[method]), answerOf(other[method]))
}

/** An operation by its name, what it is of, and what it answers. */
function answerOf(operation: Json): string {
  const { operationId, responses } = operation
  const kind = JSON.stringify(operation['x-kubernetes-group-version-kind'] ?? {}, ['group', 'version', 'kind'])
  const answers = Object.entries(responses ?? {}).map(
    ([code, answer]) => `${code} ${shown((answer as Json)['schema'])}`,
  )
  return [operationId, operation['x-kubernetes-action'] ?? '', kind, ...answers.sort()].join(' ')
}

for (const difference of differences) console.log(difference)
console.log(`${differences.length} differences`)
process.exitCode = differences.length === 0 ? 0 : 1
