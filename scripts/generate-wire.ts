/**
 * Derives from the Go types of Kubernetes' API what kubernetes-models does not say: the field numbers of the protobuf
 * encoding, and how lists, maps and structs are merged (list types for server-side apply, patch strategies for strategic
 * merge). Public facts, kept as compact tables in src/kube/generated for the definitions of schema.ts.
 *
 * `npm run generate:wire -- DIR`, where DIR holds clones of kubernetes/api, kubernetes/apimachinery,
 * kubernetes/apiextensions-apiserver and kubernetes/kube-aggregator under these names.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { definitions } from '../src/kube/generated/schema.ts'

/** Kubernetes v1.32.0: later types have other fields, and merge some of them differently. */
const TAG = 'v0.32.0'
const OUT = resolve(import.meta.dirname, '..', 'src', 'kube', 'generated')
const [clones] = process.argv.slice(2)
if (!clones || !existsSync(clones)) throw new Error('the folder with the clones is missing')

/** Where the types of a definition's package stand. */
function sourceOf(name: string): [clone: string, path: string] {
  const [, clone, path] = /^io\.k8s\.([a-z-]+)\.(pkg\..+)$/.exec(name) ?? []
  if (clone && path) return [clone, path.replaceAll('.', '/')]
  const [, group = '', version = ''] = /^io\.k8s\.api\.([^.]+)\.([^.]+)$/.exec(name) ?? []
  return ['api', `${group}/${version}`]
}

/** Of a clone with or without a work tree. '' for a package that is there no more. */
function read([clone, path]: readonly [string, string], file: string): string {
  try {
    return execFileSync('git', ['-C', join(clones ?? '', clone), 'show', `${TAG}:${path}/${file}`], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      maxBuffer: 2 ** 26,
    })
  } catch {
    return ''
  }
}

interface Field {
  readonly type: string
  /** '' where the fields of that type stand in this one. */
  readonly json: string
  readonly isOptional: boolean
  readonly number: string
  readonly rule: string
}

interface Struct {
  readonly isAtomic: boolean
  readonly fields: readonly Field[]
}

const MARKER = /^\s*\/\/ \+(\w+)=(\S+)/
const FIELD = /^\s*(?:\w+\s+)?([*[\]\w.]+)\s+`(.*json:"[^"]*".*)`/

function structsOf(text: string): Map<string, Struct> {
  const structs = new Map<string, Struct>()
  for (const [, comment = '', name = '', body = ''] of text.matchAll(
    /((?:^\/\/.*\n)*)^type (\w+) struct \{\n([\s\S]*?)^\}/gm,
  ))
    structs.set(name, { isAtomic: comment.includes('+structType=atomic'), fields: fieldsOf(body) })
  for (const [, name = ''] of text.matchAll(/^type (\w+) struct\{\}/gm))
    structs.set(name, { isAtomic: false, fields: [] })
  return structs
}

function fieldsOf(body: string): Field[] {
  const fields: Field[] = []
  let markers: [string, string][] = []
  for (const line of body.split('\n')) {
    const marker = MARKER.exec(line)
    if (marker) markers.push([marker[1] ?? '', marker[2] ?? ''])
    const match = FIELD.exec(line)
    if (!match) continue
    const [, type = '', tags = ''] = match
    const [json = '', ...options] = (/json:"([^"]*)"/.exec(tags)?.[1] ?? '').split(',')
    const number = /protobuf:"[^",]*,(\d+)/.exec(tags)?.[1] ?? ''
    if (json !== '-')
      fields.push({ type, json, number, isOptional: options.includes('omitempty'), rule: ruleOf(markers, tags) })
    markers = []
  }
  return fields
}

/** `map port,protocol|merge port`: the list type with its keys, and the patch strategy with its key. */
function ruleOf(markers: readonly (readonly [string, string])[], tags: string): string {
  const values = (name: string) => markers.flatMap(([marker, value]) => (marker === name ? [value] : []))
  const [list = values('mapType')[0] ?? values('structType')[0] ?? ''] = values('listType')
  const apply = list === 'map' ? `map ${values('listMapKey').join(',')}` : list
  const strategy = /patchStrategy:"([^"]*)"/.exec(tags)?.[1] ?? ''
  const key = /patchMergeKey:"([^"]*)"/.exec(tags)?.[1] ?? ''
  const patch = [strategy, key].filter((part) => part !== '').join(' ')
  return patch === '' ? apply : `${apply}|${patch}`
}

const numbers: Record<string, string> = {}
const rules: Record<string, Record<string, string>> = {}
const packages = new Map<string, Map<string, Struct>>()

function packageOf(name: string): Map<string, Struct> {
  const known = packages.get(name)
  if (known) return known
  const source = sourceOf(name)
  const files = ['types.go', 'well_known_types.go', 'types_jsonschema.go', 'watch.go']
  const structs = structsOf(files.map((file) => read(source, file)).join('\n'))
  packages.set(name, structs)
  return structs
}

/** A field whose number is unknown is not in protobuf (`-`), and one that the definition lacks is not served. */
function note(name: string): void {
  const dot = name.lastIndexOf('.')
  const structs = packageOf(name.slice(0, dot))
  const struct = structs.get(name.slice(dot + 1))
  if (!struct || numbers[name] !== undefined) return
  const fields = definitions[name]?.fields
  numbers[name] = struct.fields
    .flatMap(({ json, type, number, isOptional }) => {
      if (number === '') return []
      if (json === '') return [`${number}+${type.split('.').at(-1)}`]
      if (fields && !Object.hasOwn(fields, json)) return []
      return [`${number}${type.startsWith('*') || !isOptional ? '!' : ':'}${json}`]
    })
    .join(' ')
  const own = ruledFields(structs, struct).filter(([field]) => !fields || Object.hasOwn(fields, field))
  if (struct.isAtomic) own.unshift(['', 'atomic'])
  if (own.length > 0) rules[name] = Object.fromEntries(own)
  for (const { json, type, number } of struct.fields)
    if (json === '' && number !== '') note(`${name.slice(0, dot)}.${type.split('.').at(-1)}`)
}

const ruledFields = (structs: ReadonlyMap<string, Struct>, struct: Struct): [string, string][] =>
  struct.fields.flatMap(({ json, type, rule }): [string, string][] => {
    const inline = json === '' ? structs.get(type) : undefined
    if (inline) return ruledFields(structs, inline)
    return rule === '' ? [] : [[json, rule]]
  })

for (const name of Object.keys(definitions)) note(name)

const missing = Object.keys(definitions).filter((name) => numbers[name] === undefined)
if (missing.length > 0) console.log(`not in the clones, so without field numbers: ${missing.join(' ')}`)

const sorted = <T>(all: Readonly<Record<string, T>>): [string, T][] =>
  Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1))

writeFileSync(
  join(OUT, 'protobuf.ts'),
  `/**
 * Field numbers of Kubernetes' protobuf encoding: public facts of k8s.io/api and its like. Generated by
 * scripts/generate-wire.ts. A field is \`<number>:<name>\`; with \`!\` for \`:\` a zero is a value (a pointer in Go, or without
 * omitempty), with \`+\` the fields of that message stand in this one.
 */
export const protobufFields: Readonly<Record<string, string>> = {
${sorted(numbers)
  .map(([name, fields]) => `  '${name}': '${fields}',`)
  .join('\n')}
}
`,
)
writeFileSync(
  join(OUT, 'merge-rules.ts'),
  `/**
 * How fields are merged: public facts of k8s.io/api and its like. Generated by scripts/generate-wire.ts. Of a field first
 * its list type (\`map\` with its keys, \`set\`, \`atomic\`; \`granular\` where its struct is otherwise atomic), then behind \`|\` its patch strategy and merge key; of the field ''
 * that the whole struct is atomic.
 */
export const mergeRules: Readonly<Record<string, Readonly<Record<string, string>>>> = {
${sorted(rules)
  .map(
    ([name, fields]) =>
      `  '${name}': { ${Object.entries(fields)
        .map(([field, rule]) => `${/^\w+$/.test(field) ? field : `'${field}'`}: '${rule}'`)
        .join(', ')} },`,
  )
  .join('\n')}
}
`,
)
console.log(`${Object.keys(numbers).length} messages, ${Object.keys(rules).length} with merge rules`)
