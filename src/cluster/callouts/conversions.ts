/**
 * Custom resources in other versions than they are stored in, where a webhook says how (apiextensions.k8s.io/v1
 * ConversionReview). What it said of an object is remembered: its answer depends on the object alone.
 * https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definition-versioning/#webhook-conversion
 */
import { createHash } from 'node:crypto'
import type { CustomResourceDefinition } from '../../kube/custom/definition.ts'
import type { Converter, CustomObject } from '../../kube/custom/resource.ts'
import { StatusError } from '../../kube/errors.ts'
import { isRecord, stringify } from '../../kube/json.ts'
import type { KubeObject } from '../../kube/object.ts'
import { CalloutsNeeded } from './attempt.ts'
import type { Transport } from './transport.ts'

/** kube-apiserver's own limit of a conversion. */
const TIMEOUT_MS = 30_000
/** Text of the objects remembered; beyond it the oldest are asked for again. Twice what a list or watch wants at once. */
const REMEMBERED_CHARACTERS = 8 * 1024 * 1024

interface Wanted {
  readonly object: KubeObject
  readonly resolve: (converted: CustomObject) => void
  readonly reject: (error: unknown) => void
}

export function createConverter(transport: Transport, uuid: () => string): Converter {
  const memory = createMemory()
  /** What is to be asked in this turn, by the webhook and the version wanted: one review for all of it. */
  const batches = new Map<string, Wanted[]>()
  /** Asked and not answered yet: watches of the same objects ask once. */
  const asking = new Map<string, Promise<void>>()

  function ask(definition: CustomResourceDefinition, object: KubeObject, apiVersion: string): Promise<CustomObject> {
    const id = `${definition.metadata.uid}/${definition.metadata.resourceVersion}/${apiVersion}`
    return new Promise((resolve, reject) => {
      const wanted = { object, resolve, reject }
      const batch = batches.get(id)
      if (batch) {
        batch.push(wanted)
        return
      }
      const fresh = [wanted]
      batches.set(id, fresh)
      queueMicrotask(() => {
        batches.delete(id)
        void review(definition, fresh, apiVersion)
      })
    })
  }

  async function review(
    definition: CustomResourceDefinition,
    all: readonly Wanted[],
    apiVersion: string,
  ): Promise<void> {
    const objects = all.map(({ object }) => object)
    try {
      const converted = await convertAll(transport, definition, objects, { apiVersion, uid: uuid() })
      for (const [index, { resolve }] of all.entries()) resolve(converted[index] as CustomObject)
    } catch (error) {
      const { apiVersion: from = '', kind = '' } = objects[0] ?? {}
      const reason = error instanceof Error ? error.message : String(error)
      const failed = `conversion webhook for ${from}, Kind=${kind} failed: ${reason}`
      for (const { reject } of all) reject(new StatusError(500, 'InternalError', failed))
    }
  }

  return (definition, object, apiVersion) => {
    const key = keyOf(definition, object, apiVersion)
    const known = memory.get(key)
    if (known) return withMetadataOf(object, known)
    throw new CalloutsNeeded([
      {
        key,
        ask() {
          const known = asking.get(key)
          if (known) return known
          const answer = ask(definition, object, apiVersion)
            .then((converted) => memory.set(key, converted))
            .finally(() => asking.delete(key))
          asking.set(key, answer)
          return answer
        },
      },
    ])
  }
}

/** What a webhook may look at; what changes with every write is none of it. */
function keyOf({ metadata }: CustomResourceDefinition, object: KubeObject, apiVersion: string): string {
  const { name, namespace, uid, labels, annotations } = object.metadata
  const looked = stringify({ ...object, metadata: { name, namespace, uid, labels, annotations } })
  return createHash('sha256')
    .update(`${metadata.uid}/${metadata.resourceVersion}/${apiVersion}/${looked}`)
    .digest('hex')
}

async function convertAll(
  transport: Transport,
  { spec }: CustomResourceDefinition,
  objects: readonly KubeObject[],
  { apiVersion, uid }: { readonly apiVersion: string; readonly uid: string },
): Promise<CustomObject[]> {
  const { clientConfig = {}, conversionReviewVersions = [] } = spec.conversion?.webhook ?? {}
  const version = conversionReviewVersions.find((one) => one === 'v1' || one === 'v1beta1') ?? 'v1'
  const review = {
    kind: 'ConversionReview',
    apiVersion: `apiextensions.k8s.io/${version}`,
    request: { uid, desiredAPIVersion: apiVersion, objects },
  }
  return convertedOf(await transport.post(clientConfig, review, TIMEOUT_MS), objects, { apiVersion, uid, version })
}

function convertedOf(
  answer: unknown,
  objects: readonly KubeObject[],
  { apiVersion, uid, version }: { readonly apiVersion: string; readonly uid: string; readonly version: string },
): CustomObject[] {
  if (!isRecord(answer) || answer['kind'] !== 'ConversionReview') throw new Error('the response is no ConversionReview')
  if (answer['apiVersion'] !== `apiextensions.k8s.io/${version}`)
    throw new Error(`expected a ConversionReview of ${version}, got ${String(answer['apiVersion'])}`)
  const { response } = answer
  if (!isRecord(response)) throw new Error('webhook response was absent')
  if (response['uid'] !== uid) throw new Error(`expected response.uid=${JSON.stringify(uid)}`)
  const { result, convertedObjects } = response
  if (!isRecord(result) || result['status'] !== 'Success')
    throw new Error(isRecord(result) && result['message'] ? String(result['message']) : 'it gave no reason')
  if (!Array.isArray(convertedObjects) || convertedObjects.length !== objects.length)
    throw new Error(`expected ${objects.length} converted objects`)
  return objects.map((object, index) => checked(object, convertedObjects[index], apiVersion))
}

/** It must be the same object, of the version wanted. */
function checked(object: KubeObject, converted: unknown, apiVersion: string): CustomObject {
  if (!isRecord(converted)) throw new Error('a converted object is none')
  if (converted['apiVersion'] !== apiVersion)
    throw new Error(`expected a converted object of ${apiVersion}, got ${String(converted['apiVersion'])}`)
  if (converted['kind'] !== object.kind)
    throw new Error(`a converted object has another kind: ${String(converted['kind'])}`)
  const { metadata } = converted
  if (!isRecord(metadata)) throw new Error('a converted object has no metadata')
  for (const field of ['name', 'namespace', 'uid'] as const)
    if ((metadata[field] ?? '') !== (object.metadata[field] ?? ''))
      throw new Error(`a converted object has another metadata.${field}`)
  // Its kind's shape is brought about by whoever asked for it.
  return converted as unknown as CustomObject
}

function withMetadataOf(object: KubeObject, converted: CustomObject): CustomObject {
  const { labels, annotations } = converted.metadata
  const { labels: _, annotations: __, ...own } = object.metadata
  return {
    ...converted,
    metadata: { ...own, ...(labels ? { labels } : {}), ...(annotations ? { annotations } : {}) },
  }
}

function createMemory() {
  const known = new Map<string, { readonly object: CustomObject; readonly size: number }>()
  let characters = 0
  return {
    get: (key: string) => known.get(key)?.object,
    set(key: string, object: CustomObject) {
      if (known.has(key)) return
      const size = stringify(object).length
      known.set(key, { object, size })
      characters += size
      for (const [oldest, { size: its }] of known) {
        if (characters <= REMEMBERED_CHARACTERS || oldest === key) break
        known.delete(oldest)
        characters -= its
      }
    },
  }
}
