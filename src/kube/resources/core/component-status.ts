/**
 * ComponentStatus: what `kubectl get componentstatuses` asks for, deprecated and still asked for. Scheduler, controllers
 * and storage are one object here: where it answers, they are well.
 */
import { column, resource } from '../../define.ts'
import type { KubeObject } from '../../object.ts'
import type { ComponentStatus } from '../../types.ts'
import { nameColumn } from '../columns.ts'

const healthOf = ({ conditions }: ComponentStatus) => conditions?.find(({ type }) => type === 'Healthy')

function statusOf(component: ComponentStatus): string {
  const health = healthOf(component)
  if (!health) return 'Unknown'
  return health.status === 'True' ? 'Healthy' : 'Unhealthy'
}

export const componentStatuses = resource<ComponentStatus>({
  group: '',
  version: 'v1',
  kind: 'ComponentStatus',
  plural: 'componentstatuses',
  shortNames: ['cs'],
  scope: 'cluster',
  schema: 'io.k8s.api.core.v1.ComponentStatus',
  columns: [
    nameColumn(),
    column('Status', 'string', statusOf),
    column('Message', 'string', (component) => healthOf(component)?.message ?? ''),
    column('Error', 'string', (component) => healthOf(component)?.error ?? ''),
  ],
  verbs: ['get', 'list'],
  isStorageVersion: false,
  deprecationWarning: 'v1 ComponentStatus is deprecated in v1.19+',
})

/** In order of names. Kept nowhere, and so without versions. */
export const COMPONENTS: readonly ComponentStatus[] = ['controller-manager', 'etcd-0', 'scheduler'].map((name) => ({
  kind: 'ComponentStatus',
  apiVersion: 'v1',
  metadata: { name } as KubeObject['metadata'],
  conditions: [{ type: 'Healthy', status: 'True', message: 'ok' }],
}))
