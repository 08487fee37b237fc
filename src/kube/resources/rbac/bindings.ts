/** RoleBinding and ClusterRoleBinding: to whom a role is given (rbac.authorization.k8s.io/v1). */
import { column, resource } from '../../define.ts'
import { type FieldError, type FieldPath, invalidEach, notSupported, required } from '../../field.ts'
import { deepEqual } from '../../json.ts'
import { dnsSubdomainErrors, pathSegmentErrors } from '../../names.ts'
import { RBAC_GROUP, type RoleRef, type Subject } from '../../rbac/rules.ts'
import type { Column } from '../../resource.ts'
import type { ClusterRoleBinding, RoleBinding } from '../../types.ts'
import { ageColumn, nameColumn } from '../columns.ts'

type Binding = RoleBinding | ClusterRoleBinding

const namesOf = ({ subjects = [] }: Binding, kind: Subject['kind'], show: (subject: Subject) => string): string =>
  subjects
    .filter((subject) => subject.kind === kind)
    .map(show)
    .join(', ')

const COLUMNS: readonly Column<Binding>[] = [
  nameColumn(),
  column('Role', 'string', ({ roleRef }) => `${roleRef.kind}/${roleRef.name}`),
  ageColumn(),
  column('Users', 'string', (binding) => namesOf(binding, 'User', ({ name }) => name), { wide: true }),
  column('Groups', 'string', (binding) => namesOf(binding, 'Group', ({ name }) => name), { wide: true }),
  column(
    'ServiceAccounts',
    'string',
    (binding) => namesOf(binding, 'ServiceAccount', ({ namespace = '', name }) => `${namespace}/${name}`),
    { wide: true },
  ),
]

function defaults(draft: Binding): void {
  // Go's struct is there in any case; what it lacks, validation says.
  draft.roleRef ??= { apiGroup: '', kind: '', name: '' }
  draft.roleRef.apiGroup ||= RBAC_GROUP
  for (const subject of draft.subjects ?? [])
    if (!subject.apiGroup && (subject.kind === 'User' || subject.kind === 'Group')) subject.apiGroup = RBAC_GROUP
}

function roleRefErrors({ apiGroup, kind, name }: RoleRef, at: FieldPath, kinds: readonly string[]): FieldError[] {
  return [
    ...(apiGroup === RBAC_GROUP ? [] : [notSupported(at.child('apiGroup'), apiGroup ?? '', [RBAC_GROUP])]),
    ...(kinds.includes(kind) ? [] : [notSupported(at.child('kind'), kind ?? '', kinds)]),
    ...(name ? invalidEach(at.child('name'), name, pathSegmentErrors(name)) : [required(at.child('name'))]),
  ]
}

function subjectErrors({ kind, apiGroup = '', name, namespace }: Subject, at: FieldPath): FieldError[] {
  const errors = name ? [] : [required(at.child('name'))]
  const inGroup = (group: string): FieldError[] =>
    apiGroup === group ? [] : [notSupported(at.child('apiGroup'), apiGroup, [group])]
  switch (kind) {
    case 'ServiceAccount':
      if (name) errors.push(...invalidEach(at.child('name'), name, dnsSubdomainErrors(name)))
      errors.push(...inGroup(''))
      if (!namespace) errors.push(required(at.child('namespace')))
      return errors
    case 'User':
    case 'Group':
      return [...errors, ...inGroup(RBAC_GROUP)]
    default:
      return [...errors, notSupported(at.child('kind'), kind ?? '', ['ServiceAccount', 'User', 'Group'])]
  }
}

const bindingErrors = (
  { roleRef, subjects = [] }: Binding,
  root: FieldPath,
  kinds: readonly string[],
): FieldError[] => [
  ...roleRefErrors(roleRef, root.child('roleRef'), kinds),
  ...subjects.flatMap((subject, index) => subjectErrors(subject, root.child('subjects').index(index))),
]

/** What a binding gives is fixed, so that who may change its subjects cannot give another role. */
function updateErrors(next: Binding, previous: Binding, root: FieldPath): FieldError[] {
  if (deepEqual(next.roleRef, previous.roleRef)) return []
  const { apiGroup, kind, name } = next.roleRef
  const shown = `rbac.RoleRef{APIGroup:${JSON.stringify(apiGroup)}, Kind:${JSON.stringify(kind)}, Name:${JSON.stringify(name)}}`
  return [
    {
      reason: 'FieldValueInvalid',
      field: root.child('roleRef').text,
      message: `Invalid value: ${shown}: cannot change roleRef`,
    },
  ]
}

export const roleBindings = resource<RoleBinding>({
  group: RBAC_GROUP,
  version: 'v1',
  kind: 'RoleBinding',
  plural: 'rolebindings',
  scope: 'namespaced',
  schema: 'io.k8s.api.rbac.v1.RoleBinding',
  columns: COLUMNS,
  nameRule: 'path-segment',
  defaults,
  validate: (binding, root) => bindingErrors(binding, root, ['Role', 'ClusterRole']),
  validateUpdate: updateErrors,
  createOnUpdate: true,
})

export const clusterRoleBindings = resource<ClusterRoleBinding>({
  group: RBAC_GROUP,
  version: 'v1',
  kind: 'ClusterRoleBinding',
  plural: 'clusterrolebindings',
  scope: 'cluster',
  schema: 'io.k8s.api.rbac.v1.ClusterRoleBinding',
  columns: COLUMNS,
  nameRule: 'path-segment',
  defaults,
  validate: (binding, root) => bindingErrors(binding, root, ['ClusterRole']),
  validateUpdate: updateErrors,
  createOnUpdate: true,
})
