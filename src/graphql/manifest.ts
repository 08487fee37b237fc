/** Manifests as people write them: JSON, or YAML with any number of documents, or a List; out come objects. */
import { parseAllDocuments } from 'yaml'
import { badRequest } from '../kube/errors.ts'
import { isRecord } from '../kube/json.ts'
import type { Key } from '../kube/object.ts'
import { builtIn } from '../kube/registry.ts'
import type { Resource } from '../kube/resource.ts'
import { AS_JSON, YAML } from '../kube/yaml.ts'
import { MAX_DOCUMENTS } from './limits.ts'

/** One object to apply: its kind is served and its name is there; the rest is the cluster's to judge. */
export interface Manifest {
  readonly resource: Resource
  readonly key: Key
  readonly object: Record<string, unknown>
}

export function manifestsOf(given: unknown): readonly Manifest[] {
  const documents = typeof given === 'string' ? documentsOf(given) : Array.isArray(given) ? given : [given]
  const objects = documents.flatMap(itemsOf)
  if (objects.length === 0) throw badRequest('manifest: Required value: there is no object in it')
  if (objects.length > MAX_DOCUMENTS)
    throw badRequest(`manifest: Too many: ${objects.length}: at most ${MAX_DOCUMENTS}`)
  return objects.map(manifestOf)
}

/** JSON is YAML too. What is empty between two `---` is nothing. */
function documentsOf(text: string): unknown[] {
  const documents = parseAllDocuments(text, YAML)
  if ('empty' in documents) return []
  return documents.map((document) => {
    const [error] = document.errors
    if (error) throw badRequest(`manifest: ${error.message.split('\n')[0]}`)
    try {
      return document.toJS(AS_JSON)
    } catch {
      throw badRequest('manifest: too many aliases')
    }
  })
}

function itemsOf(document: unknown): unknown[] {
  if (document === null || document === undefined) return []
  if (isRecord(document) && document['kind'] === 'List' && Array.isArray(document['items'])) return document['items']
  return [document]
}

function manifestOf(object: unknown, index: number): Manifest {
  const where = `manifest[${index}]`
  if (!isRecord(object)) throw badRequest(`${where}: must be an object`)
  const { apiVersion, kind, metadata } = object
  const resource =
    typeof apiVersion === 'string' && typeof kind === 'string' ? builtIn.byKind(apiVersion, kind) : undefined
  if (!resource)
    throw badRequest(`${where}: no matches for kind ${JSON.stringify(kind)} in version ${JSON.stringify(apiVersion)}`)
  const { name, namespace } = isRecord(metadata) ? metadata : {}
  if (typeof name !== 'string' || name === '') throw badRequest(`${where}: metadata.name: Required value`)
  if (namespace !== undefined && typeof namespace !== 'string')
    throw badRequest(`${where}: metadata.namespace: must be a text`)
  return { resource, key: { namespace: resource.scope === 'cluster' ? '' : namespace || 'default', name }, object }
}
