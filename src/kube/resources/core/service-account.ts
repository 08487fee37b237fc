import { column, resource } from '../../define.ts'
import type { ServiceAccount } from '../../types.ts'
import { ageColumn, nameColumn } from '../columns.ts'

/** Whether the account's Pods may use the Secrets that it lists only. */
const ENFORCED = 'kubernetes.io/enforce-mountable-secrets'

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
  warnings: ({ metadata }) =>
    metadata.annotations?.[ENFORCED] === undefined
      ? []
      : [
          `metadata.annotations[${ENFORCED}]: deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets`,
        ],
  deleteReturnsObject: true,
})
