/** The kinds of this control plane: a list. Everything that serves kinds is derived from it. */
import { catalogOf } from './catalog.ts'
import type { Resource } from './resource.ts'
import { customResourceDefinitions } from './resources/apiextensions/custom-resource-definition.ts'
import { deployments } from './resources/apps/deployment.ts'
import { replicaSets } from './resources/apps/replica-set.ts'
import { leases } from './resources/coordination/lease.ts'
import { configMaps } from './resources/core/config-map.ts'
import { endpoints } from './resources/core/endpoints.ts'
import { events } from './resources/core/event.ts'
import { namespaces } from './resources/core/namespace.ts'
import { nodes } from './resources/core/node.ts'
import { pods } from './resources/core/pod.ts'
import { replicationControllers } from './resources/core/replication-controller.ts'
import { secrets } from './resources/core/secret.ts'
import { services } from './resources/core/service.ts'
import { serviceAccounts } from './resources/core/service-account.ts'
import { endpointSlices } from './resources/discovery/endpoint-slice.ts'

const all = [
  configMaps,
  endpoints,
  events,
  namespaces,
  nodes,
  pods,
  replicationControllers,
  secrets,
  serviceAccounts,
  services,
  deployments,
  replicaSets,
  leases,
  endpointSlices,
  customResourceDefinitions,
]

// A list of kinds forgets which object type each is of; who needs the type imports the kind.
export const resources = all as unknown as readonly Resource[]

/** What every cluster serves. */
export const builtIn = catalogOf(resources)
