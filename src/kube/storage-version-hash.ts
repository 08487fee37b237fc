/** Tells clients that migrate storage when the version that a kind is stored in has changed; opaque to them (KEP-2339). */
import { createHash } from 'node:crypto'
import type { Catalog } from './catalog.ts'
import { type Resource, resourceName } from './resource.ts'

const HASH_BYTES = 8

export function storageVersionHash(catalog: Catalog, resource: Resource): string {
  const { group, version, kind } = catalog.byName(resourceName(resource)) ?? resource
  const digest = createHash('sha256').update(`${group}/${version}/${kind}`).digest('base64')
  return btoa(atob(digest).slice(0, HASH_BYTES))
}
