/** Binding: binds the Pod that it names to a node, and is kept nowhere. Schedulers today create it below the Pod. */
import { resource } from '../../define.ts'

export const bindings = resource({
  group: '',
  version: 'v1',
  kind: 'Binding',
  plural: 'bindings',
  scope: 'namespaced',
  schema: 'io.k8s.api.core.v1.Binding',
  columns: [],
  verbs: ['create'],
  isStorageVersion: false,
})
