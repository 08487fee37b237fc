/** Role and ClusterRole: rules about what may be done (rbac.authorization.k8s.io/v1). */
import { column, resource } from '../../define.ts'
import { type FieldError, type FieldPath, invalidValue, required } from '../../field.ts'
import { type PolicyRule, RBAC_GROUP } from '../../rbac/rules.ts'
import type { ClusterRole, Role } from '../../types.ts'
import { nameColumn } from '../columns.ts'
import { labelSelectorErrors } from '../label-selector.ts'

const COLUMNS = [
  nameColumn<Role | ClusterRole>(),
  column<Role | ClusterRole>('Created At', 'string', ({ metadata }) => metadata.creationTimestamp),
]

function ruleErrors(rule: PolicyRule, at: FieldPath, isNamespaced: boolean): FieldError[] {
  const errors: FieldError[] = []
  const { verbs = [], apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] } = rule
  if (verbs.length === 0) errors.push(required(at.child('verbs'), 'verbs must contain at least one value'))
  if (nonResourceURLs.length > 0) {
    const urls = at.child('nonResourceURLs')
    if (isNamespaced)
      errors.push(invalidValue(urls, nonResourceURLs, 'namespaced rules cannot apply to non-resource URLs'))
    if (apiGroups.length + resources.length + resourceNames.length > 0)
      errors.push(
        invalidValue(urls, nonResourceURLs, 'rules cannot apply to both regular resources and non-resource URLs'),
      )
    return errors
  }
  if (apiGroups.length === 0)
    errors.push(required(at.child('apiGroups'), 'resource rules must supply at least one api group'))
  if (resources.length === 0)
    errors.push(required(at.child('resources'), 'resource rules must supply at least one resource'))
  return errors
}

const rulesErrors = (rules: readonly PolicyRule[] | undefined, root: FieldPath, isNamespaced: boolean): FieldError[] =>
  (rules ?? []).flatMap((rule, index) => ruleErrors(rule, root.child('rules').index(index), isNamespaced))

function aggregationErrors({ aggregationRule }: ClusterRole, root: FieldPath): FieldError[] {
  if (!aggregationRule) return []
  const at = root.child('aggregationRule').child('clusterRoleSelectors')
  const { clusterRoleSelectors = [] } = aggregationRule
  if (clusterRoleSelectors.length === 0)
    return [required(at, 'at least one clusterRoleSelector required if aggregationRule is non-nil')]
  return clusterRoleSelectors.flatMap((selector, index) => labelSelectorErrors(selector, at.index(index)))
}

export const roles = resource<Role>({
  group: RBAC_GROUP,
  version: 'v1',
  kind: 'Role',
  plural: 'roles',
  scope: 'namespaced',
  schema: 'io.k8s.api.rbac.v1.Role',
  columns: COLUMNS,
  nameRule: 'path-segment',
  validate: ({ rules }, root) => rulesErrors(rules, root, true),
  createOnUpdate: true,
})

export const clusterRoles = resource<ClusterRole>({
  group: RBAC_GROUP,
  version: 'v1',
  kind: 'ClusterRole',
  plural: 'clusterroles',
  scope: 'cluster',
  schema: 'io.k8s.api.rbac.v1.ClusterRole',
  columns: COLUMNS,
  nameRule: 'path-segment',
  validate: (role, root) => [...rulesErrors(role.rules, root, false), ...aggregationErrors(role, root)],
  createOnUpdate: true,
})
