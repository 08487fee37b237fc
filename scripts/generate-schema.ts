/**
 * Derives the schema table (src/kube/generated) from kubernetes-models: field names and types from its declarations,
 * integer widths and string formats by asking its compiled validators. Run with `npm run generate:schema` after an
 * update of the package; the result is committed.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { LATER_FIELDS, LATER_VALUES } from './later-fields.ts'

const modules = resolve(import.meta.dirname, '..', 'node_modules')
const MODELS = join(modules, 'kubernetes-models')
const MACHINERY = join(modules, '@kubernetes-models', 'apimachinery')
const OUT = resolve(import.meta.dirname, '..', 'src', 'kube', 'generated')

/** Everything reachable from these is taken. */
const ROOTS = [
  ...kinds(
    'v1',
    'Namespace Node Pod Service Endpoints ConfigMap Secret ServiceAccount Event ReplicationController Binding PodTemplate',
    'ResourceQuota LimitRange PersistentVolume PersistentVolumeClaim ComponentStatus',
  ),
  ...kinds('apps/v1', 'Deployment ReplicaSet DaemonSet StatefulSet ControllerRevision'),
  ...kinds('batch/v1', 'Job CronJob'),
  ...kinds('batch/v1beta1', 'CronJob'),
  ...kinds('autoscaling/v1', 'HorizontalPodAutoscaler Scale'),
  ...kinds('autoscaling/v2', 'HorizontalPodAutoscaler'),
  ...kinds('autoscaling/v2beta2', 'HorizontalPodAutoscaler'),
  ...kinds('policy/v1', 'PodDisruptionBudget Eviction'),
  ...kinds('policy/v1beta1', 'PodDisruptionBudget Eviction'),
  ...kinds('networking.k8s.io/v1', 'Ingress IngressClass NetworkPolicy'),
  ...kinds('discovery.k8s.io/v1', 'EndpointSlice'),
  ...kinds('discovery.k8s.io/v1beta1', 'EndpointSlice'),
  ...kinds('coordination.k8s.io/v1', 'Lease'),
  ...kinds('events.k8s.io/v1', 'Event'),
  ...kinds('rbac.authorization.k8s.io/v1', 'Role RoleBinding ClusterRole ClusterRoleBinding'),
  ...kinds('storage.k8s.io/v1', 'StorageClass CSIDriver CSINode VolumeAttachment CSIStorageCapacity'),
  ...kinds('scheduling.k8s.io/v1', 'PriorityClass'),
  ...kinds('node.k8s.io/v1', 'RuntimeClass'),
  ...kinds('certificates.k8s.io/v1', 'CertificateSigningRequest'),
  ...kinds(
    'admissionregistration.k8s.io/v1',
    'MutatingWebhookConfiguration ValidatingWebhookConfiguration ValidatingAdmissionPolicy',
    'ValidatingAdmissionPolicyBinding',
  ),
  ...kinds('flowcontrol.apiserver.k8s.io/v1', 'FlowSchema PriorityLevelConfiguration'),
  ...kinds('apiextensions.k8s.io/v1', 'CustomResourceDefinition'),
  ...kinds('apiregistration.k8s.io/v1', 'APIService'),
  ...kinds('authentication.k8s.io/v1', 'TokenRequest TokenReview SelfSubjectReview'),
  ...kinds(
    'authorization.k8s.io/v1',
    'SubjectAccessReview LocalSubjectAccessReview SelfSubjectAccessReview SelfSubjectRulesReview',
  ),
  ...[
    ...['DeleteOptions', 'Status', 'ListMeta', 'LabelSelector', 'WatchEvent'],
    ...['APIVersions', 'APIGroupList', 'APIGroup', 'APIResourceList'],
  ].map((kind) => join(MACHINERY, 'apis', 'meta', 'v1', kind)),
  join(MACHINERY, 'version', 'Info'),
]

function kinds(version: string, ...names: readonly string[]): string[] {
  return names.flatMap((line) => line.split(' ')).map((kind) => join(MODELS, ...version.split('/'), kind))
}

const SCALARS: Record<string, string> = {
  'io.k8s.apimachinery.pkg.api.resource.Quantity': 'quantity',
  'io.k8s.apimachinery.pkg.apis.meta.v1.Time': 'time',
  'io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime': 'microtime',
  'io.k8s.apimachinery.pkg.util.intstr.IntOrString': 'intstr',
  'io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1': 'any',
  'io.k8s.apimachinery.pkg.runtime.RawExtension': 'any',
  'io.k8s.apimachinery.pkg.apis.meta.v1.Patch': 'any',
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSON': 'json',
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrBool': 'schemaOrBool',
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrArray': 'schemaOrArray',
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrStringArray': 'schemaOrStrings',
}

/** Kinds that kubernetes-models writes out in place. */
const WRITTEN_OUT: Record<string, string> = {
  'io.k8s.api.apps.v1.StatefulSetSpec.volumeClaimTemplates': join(MODELS, 'v1', 'PersistentVolumeClaim'),
}

interface Definition {
  /** Field to type: a scalar, or `#definition`; `[]` before it for a list, `{}` for a map. */
  fields: Record<string, string>
  required: string[]
  enums: Record<string, string[]>
}

const definitions: Record<string, Definition> = {}
const docs: Record<string, Record<string, string>> = {}

/** The OpenAPI name of a declaration file, which stands where its group and version say. */
function nameOf(file: string): string {
  if (file.startsWith(MACHINERY)) return `io.k8s.apimachinery.pkg.${relative(MACHINERY, file).replaceAll('/', '.')}`
  const [group = '', version, kind] = relative(MODELS, file).split('/')
  if (kind === undefined) return `io.k8s.api.core.${group}.${version}`
  const server = SERVERS[group]
  if (server) return `io.k8s.${server}.${version}.${kind}`
  return `io.k8s.api.${group.replace(/\.k8s\.io$/, '').replace(/\..*$/, '')}.${version}.${kind}`
}

/** Groups whose types are declared with the server that serves them. */
const SERVERS: Record<string, string> = {
  'apiextensions.k8s.io': 'apiextensions-apiserver.pkg.apis.apiextensions',
  'apiregistration.k8s.io': 'kube-aggregator.pkg.apis.apiregistration',
}

interface Declared {
  readonly name: string
  readonly optional: boolean
  readonly type: string
  readonly doc: string
}

const unwrapDoc = (comment: string): string =>
  comment
    .replace(/^\s*\/\*\*|\*\/\s*$/g, '')
    .split('\n')
    .map((line) => line.replace(/^\s*\* ?/, ''))
    .join('\n')
    // Escaped so that a comment would not end, or Markdown not be read.
    .replaceAll(/\\([*/"])/g, '$1')
    .trim()

function parse(file: string) {
  const text = readFileSync(`${file}.d.ts`, 'utf8')
  const imports = new Map<string, string>()
  for (const [, alias = '', from = ''] of text.matchAll(/import \{ (\w+) \} from "([^"]+)";/g)) {
    const path = from.startsWith('.') ? resolve(dirname(file), from.replace(/\.js$/, '')) : join(modules, from)
    imports.set(alias, path)
  }
  const short = /export interface (I\w+)/.exec(text)?.[1] ?? ''
  const own = /export type \{ I\w+ as (I\w+)/.exec(text)?.[1] ?? ''
  const [, doc = '', body = ''] =
    /((?:\/\*\*(?:(?!\*\/)[\s\S])*\*\/)?)\s*export interface I\w+[^{]*\{\n((?:[\s\S]*?\n)?)\}\n/.exec(text) ?? []
  const fields: Declared[] = []
  const pattern = /(\s*\/\*\*(?:(?!\*\/)[\s\S])*\*\/)?\s*"([^"]+)"(\??): ((?:[^;{]|\{[^}]*\})+);/g
  for (const [, comment = '', name = '', optional, type = ''] of body.matchAll(pattern))
    fields.push({
      name,
      optional: optional === '?',
      type: type.replaceAll(/\s+/g, ' ').trim(),
      doc: unwrapDoc(comment),
    })
  return { imports, short, own, fields, doc: unwrapDoc(doc) }
}

type Validate = ((data: unknown) => boolean) & {
  errors?: { instancePath: string; keyword: string; params: { format?: string } }[] | null
}

async function validatorOf(file: string, own: string): Promise<Validate | undefined> {
  const base = file.startsWith(MACHINERY) ? MACHINERY : MODELS
  const path = join(base, '_schemas', `${own.slice(1)}.js`)
  if (!existsSync(path)) return undefined
  return ((await import(pathToFileURL(path).href)) as { validate: Validate }).validate
}

/** What the validator says of one value in a field. */
function complaints(validate: Validate | undefined, field: string, wrap: (value: unknown) => unknown, value: unknown) {
  if (!validate) return []
  validate({ [field]: wrap(value) })
  return (validate.errors ?? []).filter((error) => error.instancePath.startsWith(`/${field}`))
}

function numberType(validate: Validate | undefined, field: string, wrap: (value: unknown) => unknown): string {
  if (!complaints(validate, field, wrap, 0.5).some((error) => error.keyword === 'type')) return 'double'
  return complaints(validate, field, wrap, 2 ** 40).some((error) => error.params.format === 'int32') ? 'int32' : 'int64'
}

function stringType(validate: Validate | undefined, field: string, wrap: (value: unknown) => unknown): string {
  const format = complaints(validate, field, wrap, '\u0001').find((error) => error.keyword === 'format')?.params.format
  if (format === 'byte') return 'byte'
  return format === 'date-time' ? 'time' : 'string'
}

async function visit(file: string): Promise<void> {
  const name = nameOf(file)
  if (definitions[name] || SCALARS[name]) return
  const { imports, short, own, fields, doc } = parse(file)
  const validate = await validatorOf(file, own)
  const definition: Definition = { fields: {}, required: [], enums: {} }
  definitions[name] = definition
  docs[name] = { '': doc }
  const pending: string[] = []

  const typeOf = (type: string, field: string, wrap: (value: unknown) => unknown): string => {
    const list = /^Array<(.+)>$/.exec(type)?.[1]
    if (list) return `[]${typeOf(list, field, (value) => wrap([value]))}`
    const map = /^\{ \[key: string\]: (.+?);? \}$/.exec(type)?.[1]
    if (map) return `{}${typeOf(map, field, (value) => wrap({ key: value }))}`
    if (type === 'boolean') return 'bool'
    if (type === 'number') return numberType(validate, field, wrap)
    if (type === 'string') return stringType(validate, field, wrap)
    if (/^"[^"]*"( \| "[^"]*")*$/.test(type)) {
      if (field !== 'apiVersion' && field !== 'kind')
        definition.enums[field] = [...type.matchAll(/"([^"]*)"/g)]
          .map(([, value = '']) => value)
          .filter((value) => !LATER_VALUES[`${name}.${field}`]?.includes(value))
      return 'string'
    }
    const isOwn = type === own || type === short
    const target = imports.get(type) ?? (isOwn ? file : WRITTEN_OUT[`${name}.${field}`])
    if (!target) return 'any'
    const targetName = nameOf(target)
    const scalar = SCALARS[targetName]
    if (scalar) {
      const { doc } = parse(target)
      if (doc !== '') docs[targetName] ??= { '': doc }
      return scalar
    }
    pending.push(target)
    return `#${targetName}`
  }

  for (const field of fields) {
    if (LATER_FIELDS[name]?.includes(field.name)) continue
    definition.fields[field.name] = typeOf(field.type, field.name, (value) => value)
    if (!field.optional && field.name !== 'apiVersion' && field.name !== 'kind') definition.required.push(field.name)
    docs[name][field.name] = field.doc
  }
  for (const target of pending) await visit(target)
}

for (const root of ROOTS) await visit(root)

const sorted = <T>(all: Record<string, T>): Record<string, T> =>
  Object.fromEntries(Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1)))

const compact = Object.fromEntries(
  Object.entries(sorted(definitions)).map(([name, { fields, required, enums }]) => [
    name,
    { fields, ...(required.length > 0 ? { required } : {}), ...(Object.keys(enums).length > 0 ? { enums } : {}) },
  ]),
)

mkdirSync(OUT, { recursive: true })
const banner = '// Generated by scripts/generate-schema.ts from kubernetes-models. Do not edit.\n'
writeFileSync(
  join(OUT, 'schema.ts'),
  `${banner}import type { Definition } from '../schema/definition.ts'\n\nexport const definitions: Readonly<Record<string, Definition>> = ${JSON.stringify(compact, null, 1)}\n`,
)
writeFileSync(
  join(OUT, 'docs.ts'),
  `${banner}export const docs: Readonly<Record<string, Readonly<Record<string, string>>>> = ${JSON.stringify(sorted(docs))}\n`,
)
console.log(`${Object.keys(definitions).length} definitions`)
