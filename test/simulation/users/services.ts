/** What users do to Services and to Endpoints that they keep themselves. */
import { clone } from '../../../src/kube/json.ts'
import { type KubeObject, keyOf } from '../../../src/kube/object.ts'
import { endpoints } from '../../../src/kube/resources/core/endpoints.ts'
import { services } from '../../../src/kube/resources/core/service.ts'
import type { Cluster } from '../cluster.ts'
import type { Chance } from '../random.ts'
import { type Act, APPS, creation, deletion, NAMESPACES, oneOf } from './act.ts'
import * as drafts from './drafts.ts'

export const serviceActs: readonly Act[] = [
  { weight: 8, what: 'creates a Service', run: creation(services, drafts.serviceOf) },
  { weight: 2, what: 'creates a Service without a selector', run: creation(services, drafts.bareServiceOf) },
  { weight: 2, what: 'keeps Endpoints', run: keepEndpoints },
  { weight: 3, what: 'deletes a Service', run: deletion(services) },
  { weight: 2, what: 'changes a Service', run: changeService },
]

function changeService(cluster: Cluster, chance: Chance): void {
  const found = oneOf(cluster, chance, services)
  if (!found?.spec.selector) return
  const app = chance.pick(APPS)
  const type = found.spec.clusterIP === 'None' ? 'ClusterIP' : chance.pick(['ClusterIP', 'NodePort'])
  cluster.client.patch(services, keyOf(found), (draft) => {
    draft.spec.selector = { app }
    draft.spec.type = type
  })
}

/** What `drafts.bareServiceOf` and `keepEndpoints` make. */
export const isKeptByHand = ({ metadata }: KubeObject): boolean => metadata.name.endsWith('-bare')

/** For a Service that has no selector; of the same name, or they are the control plane's. */
function keepEndpoints({ client }: Cluster, chance: Chance): void {
  const key = { namespace: chance.pick(NAMESPACES), name: `${chance.pick(APPS)}-bare` }
  const addresses = Array.from({ length: chance.int(3) }, (_, at) => ({ ip: `192.0.2.${at + 1}` }))
  const subsets = addresses.length > 0 ? [{ addresses, ports: [{ port: 5432 }] }] : []
  client.write(`keep endpoints ${key.namespace}/${key.name}`, ({ operations, store }) => {
    const found = store.get(endpoints, key)
    const draft = { ...(found ? clone(found) : { metadata: { name: key.name } }), subsets }
    // What the draft lacks the operation fills in.
    const object = found
      ? operations.update(endpoints, key, draft as never)
      : operations.create(endpoints, key.namespace, draft as never)
    return [{ resource: endpoints as never, object }]
  })
}
