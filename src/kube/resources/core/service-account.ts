import { column, resource } from '../../define.ts'
import type { ServiceAccount } from '../../types.ts'
import { ageColumn, nameColumn } from '../columns.ts'

export const serviceAccounts = resource<ServiceAccount>({
  group: '',
  version: 'v1',
  kind: 'ServiceAccount',
  plural: 'serviceaccounts',
  shortNames: ['sa'],
  scope: 'namespaced',
  subresources: [
    { name: 'token', verbs: ['create'], group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest' },
  ],
  schema: 'io.k8s.api.core.v1.ServiceAccount',
  columns: [nameColumn(), column('Secrets', 'integer', (account) => account.secrets?.length ?? 0), ageColumn()],
  deleteReturnsObject: true,
})
