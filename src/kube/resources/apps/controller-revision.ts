import { column, resource } from '../../define.ts'
import { invalidValue, required } from '../../field.ts'
import { immutable } from '../../metadata.ts'
import { controllerOf } from '../../object.ts'
import type { ControllerRevision } from '../../types.ts'
import { ageColumn, nameColumn } from '../columns.ts'

/** `statefulset.apps/web`. */
function controllerText(revision: ControllerRevision): string {
  const owner = controllerOf(revision)
  if (!owner) return '<none>'
  const [group, version] = owner.apiVersion.split('/')
  const kind = owner.kind.toLowerCase()
  return `${version === undefined ? kind : `${kind}.${group}`}/${owner.name}`
}

export const controllerRevisions = resource<ControllerRevision>({
  group: 'apps',
  version: 'v1',
  kind: 'ControllerRevision',
  plural: 'controllerrevisions',
  scope: 'namespaced',
  schema: 'io.k8s.api.apps.v1.ControllerRevision',
  columns: [
    nameColumn(),
    column('Controller', 'string', controllerText),
    column('Revision', 'integer', (revision) => Number(revision.revision ?? 0)),
    ageColumn(),
  ],
  defaults(draft) {
    draft.revision ??= 0
  },
  validate(revision, at) {
    const errors = revision.data === undefined ? [required(at.child('data'), 'data is mandatory')] : []
    if (revision.revision < 0)
      errors.push(invalidValue(at.child('revision'), revision.revision, 'must be greater than or equal to 0'))
    return errors
  },
  // What is rolled back to must be what once was.
  validateUpdate: (next, previous, at) => immutable(next.data, previous.data, at.child('data')),
})
