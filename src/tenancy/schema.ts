/** What all tenants share, on D1: organizations, tokens and clusters. Tokens are stored as hashes. */
import { index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import type { Compat } from '../kube/compat.ts'

export const organizations = sqliteTable('organizations', {
  id: text('id').primaryKey(),
  name: text('name').notNull().unique(),
  /** Milliseconds since the epoch. */
  createdAt: integer('created_at').notNull(),
})

export const clusters = sqliteTable(
  'clusters',
  {
    id: text('id').primaryKey(),
    organizationId: text('organization_id')
      .notNull()
      .references(() => organizations.id),
    name: text('name').notNull(),
    createdAt: integer('created_at').notNull(),
    /** PEM; also in every namespace's kube-root-ca.crt. */
    caCertificate: text('ca_certificate').notNull(),
    /** JWK (public) that ServiceAccount tokens are verified with. */
    signingPublicKey: text('signing_public_key').notNull(),
    /** The version of Kubernetes whose clients it was made for, beside those of today. */
    compat: text('compat').$type<Compat>(),
  },
  (t) => [index('clusters_by_organization').on(t.organizationId)],
)

export const tokens = sqliteTable(
  'tokens',
  {
    id: text('id').primaryKey(),
    organizationId: text('organization_id')
      .notNull()
      .references(() => organizations.id),
    /** `organization`: all its clusters; `cluster`: of one; `join`: lets a node in; `node`: one node's own. */
    kind: text('kind', { enum: ['organization', 'cluster', 'join', 'node'] }).notNull(),
    clusterId: text('cluster_id').references(() => clusters.id, { onDelete: 'cascade' }),
    /** The node's name, for `node` tokens. */
    node: text('node'),
    /** Whom its holder is to a cluster, for `cluster` tokens; without one, an admin (system:masters). */
    user: text('user'),
    groups: text('groups', { mode: 'json' }).$type<string[]>(),
    description: text('description').notNull(),
    /** SHA-256 of the token, hex: the token itself is shown once and kept nowhere. */
    hash: text('hash').notNull().unique(),
    createdAt: integer('created_at').notNull(),
    expiresAt: integer('expires_at'),
  },
  (t) => [index('tokens_by_organization').on(t.organizationId), index('tokens_by_cluster').on(t.clusterId)],
)

/** Deployment-wide facts, such as whether the first organization has been made. */
export const settings = sqliteTable('settings', {
  key: text('key').primaryKey(),
  value: text('value').notNull(),
})
