/** The controllers' read-only view, on the store. Objects come from its cache: parsed once. */
import type { ClusterView, ListQuery } from '../../controllers/controller.ts'
import type { Catalog } from '../../kube/catalog.ts'
import type { Resource } from '../../kube/resource.ts'
import type { FieldTerm } from '../../kube/selectors.ts'
import type { Store } from '../../store/store.ts'

export function createView(store: Store, catalog: Catalog): ClusterView {
  return {
    get resources() {
      return catalog.stored
    },
    resourceOf: catalog.byKind,
    get: (resource, key) => store.get(resource, key),
    list: (resource, query) => store.list(resource, query && { ...query, fields: termsOf(query) }),
    each: (resource, query) => store.each(resource, query && { ...query, fields: termsOf(query) }),
    ownedBy(resource, ownerUid) {
      const found = store.dependents(ownerUid, resource as unknown as Resource)
      return found.map(({ key }) => store.get(resource, key)).filter((object) => object !== undefined)
    },
    dependents(ownerUid) {
      return store.dependents(ownerUid).flatMap(({ type, key }) => {
        const resource = catalog.byName(type)
        const object = resource && store.get(resource, key)
        return resource && object ? [{ resource, object }] : []
      })
    },
  }
}

const termsOf = ({ fields }: ListQuery): FieldTerm[] | undefined =>
  fields && Object.entries(fields).map(([field, value]) => ({ field, op: '=', value }))
