/** What rules of webhooks and policies are matched against beside the write itself. */
import type { Surroundings } from '../../../kube/admission/match.ts'
import type { Catalog } from '../../../kube/catalog.ts'
import { resourceName } from '../../../kube/resource.ts'
import { namespaces } from '../../../kube/resources/core/namespace.ts'
import type { Store } from '../../../store/store.ts'

export const surroundingsOf = (store: Store, catalog: Catalog): Surroundings => ({
  versionsOf(resource) {
    const name = resourceName(resource)
    return catalog.resources.filter((other) => resourceName(other) === name)
  },
  labelsOf: (name) => store.get(namespaces, { namespace: '', name })?.metadata.labels,
})
