/**
 * Gives a ClusterRole with an aggregationRule the rules of all ClusterRoles that its selectors choose.
 * https://kubernetes.io/docs/reference/access-authn-authz/rbac/#aggregated-clusterroles
 */
import { deepEqual } from '../kube/json.ts'
import { isTerminating, keyText } from '../kube/object.ts'
import type { PolicyRule } from '../kube/rbac/rules.ts'
import { clusterRoles } from '../kube/resources/rbac/roles.ts'
import { fromLabelSelector, matches } from '../kube/selectors.ts'
import type { ClusterRole } from '../kube/types.ts'
import { type ClusterView, controller, type Outcome, on, settled, update, write } from './controller.ts'

export const clusterRoleAggregation = controller({
  name: 'clusterrole-aggregation-controller',
  concerns: [
    on(clusterRoles, (role, cluster) => [
      ...(role.aggregationRule ? [keyText({ namespace: '', name: role.metadata.name })] : []),
      ...cluster
        .list(clusterRoles)
        .filter((other) => chooses(other, role))
        .map(({ metadata }) => keyText({ namespace: '', name: metadata.name })),
    ]),
  ],
  reconcile({ cluster, key }): Outcome {
    const role = cluster.get(clusterRoles, key)
    if (!role?.aggregationRule || isTerminating(role)) return settled
    const rules = aggregated(role, cluster)
    return deepEqual(rules, role.rules ?? []) ? settled : write(update(clusterRoles, { ...role, rules }))
  },
})

function chooses({ metadata, aggregationRule }: ClusterRole, other: ClusterRole): boolean {
  if (metadata.name === other.metadata.name) return false
  return (aggregationRule?.clusterRoleSelectors ?? []).some((given) => {
    const selector = fromLabelSelector(given)
    return selector !== undefined && matches(selector, other.metadata.labels)
  })
}

/** Rules that several have stand once, in the order of the roles' names. */
function aggregated(role: ClusterRole, cluster: ClusterView): PolicyRule[] {
  const found = new Map<string, PolicyRule>()
  for (const other of cluster.list(clusterRoles))
    if (chooses(role, other)) for (const rule of other.rules ?? []) found.set(JSON.stringify(rule), rule)
  return [...found.values()]
}
