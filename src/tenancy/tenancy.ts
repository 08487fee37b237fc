/**
 * Organizations, tokens and clusters on D1. Every look-up of a cluster names the organization it is asked for: what
 * belongs to another is not found. Must not know HTTP or what a cluster does.
 */
import { and, eq, gt, isNull, or } from 'drizzle-orm'
import { type DrizzleD1Database, drizzle } from 'drizzle-orm/d1'
import type { Compat } from '../kube/compat.ts'
import { clusters, organizations, settings, tokens } from './schema.ts'
import { hashOf, newId, newToken } from './tokens.ts'

declare const clusterIdBrand: unique symbol
/** Made only by `authorizedCluster` and `clusterOfToken`: holding one proves that the caller may use the cluster. */
export type ClusterId = string & { readonly [clusterIdBrand]: true }

export interface Organization {
  readonly id: string
  readonly name: string
}

export interface ClusterRecord {
  readonly id: ClusterId
  readonly organizationId: string
  readonly name: string
  readonly createdAt: number
  readonly caCertificate: string
  readonly signingPublicKey: string
  readonly compat: Compat | null
}

export type TokenKind = 'organization' | 'cluster' | 'join' | 'node'

export interface TokenRecord {
  readonly id: string
  readonly organizationId: string
  readonly kind: TokenKind
  readonly clusterId: string | null
  readonly node: string | null
  /** The user that its holder is to the cluster; null: an admin. */
  readonly user: string | null
  readonly groups: readonly string[] | null
  readonly description: string
  readonly createdAt: number
  readonly expiresAt: number | null
}

export interface NewToken {
  readonly organizationId: string
  readonly kind: TokenKind
  readonly clusterId?: string | undefined
  readonly node?: string | undefined
  readonly user?: string | undefined
  readonly groups?: readonly string[] | undefined
  readonly description: string
  /** Milliseconds since the epoch. */
  readonly expiresAt?: number | undefined
}

export interface Tenancy {
  /** Once in a deployment's life; undefined ever after. */
  bootstrap(organization: string): Promise<Organization | undefined>
  organization(id: string): Promise<Organization | undefined>

  createToken(token: NewToken): Promise<{ token: string; record: TokenRecord }>
  /** The record of a valid token; undefined for unknown and expired ones. */
  token(token: string): Promise<TokenRecord | undefined>
  listTokens(organizationId: string): Promise<TokenRecord[]>
  deleteToken(organizationId: string, id: string): Promise<boolean>
  /** A node has one credential: a new one ends the former. */
  replaceNodeToken(token: NewToken & { kind: 'node'; clusterId: string; node: string }): Promise<string>

  createCluster(cluster: {
    id: string
    organizationId: string
    name: string
    caCertificate: string
    signingPublicKey: string
    compat?: Compat | undefined
  }): Promise<ClusterRecord>
  authorizedCluster(organizationId: string, id: string): Promise<ClusterRecord | undefined>
  /** By id alone: only for requests that prove their right with the cluster's own signature (ServiceAccount tokens). */
  clusterForVerification(id: string): Promise<ClusterRecord | undefined>
  listClusters(organizationId: string): Promise<ClusterRecord[]>
  deleteCluster(id: ClusterId): Promise<void>
}

const BOOTSTRAPPED = 'bootstrapped'

export function createTenancy(d1: D1Database, now: () => number): Tenancy {
  const db: DrizzleD1Database = drizzle(d1)
  const byId = async (id: string) => (await db.select().from(clusters).where(eq(clusters.id, id)))[0]

  const insertToken = async (token: NewToken) => {
    const secret = newToken()
    const record: TokenRecord = {
      id: newId('t-'),
      organizationId: token.organizationId,
      kind: token.kind,
      clusterId: token.clusterId ?? null,
      node: token.node ?? null,
      user: token.user ?? null,
      groups: token.groups ?? null,
      description: token.description,
      createdAt: now(),
      expiresAt: token.expiresAt ?? null,
    }
    await db
      .insert(tokens)
      .values({ ...record, groups: record.groups && [...record.groups], hash: await hashOf(secret) })
    return { token: secret, record }
  }

  return {
    async bootstrap(name) {
      // The insert decides between two who come at once: the key is unique.
      const won = await db
        .insert(settings)
        .values({ key: BOOTSTRAPPED, value: String(now()) })
        .onConflictDoNothing()
        .returning()
      if (won.length === 0) return undefined
      const organization = { id: newId('o-'), name }
      await db.insert(organizations).values({ ...organization, createdAt: now() })
      return organization
    },
    organization: async (id) => (await db.select().from(organizations).where(eq(organizations.id, id)))[0],

    createToken: insertToken,
    async token(secret) {
      const isValid = or(isNull(tokens.expiresAt), gt(tokens.expiresAt, now()))
      const found = await db
        .select()
        .from(tokens)
        .where(and(eq(tokens.hash, await hashOf(secret)), isValid))
      return found[0] && recordOf(found[0])
    },
    listTokens: async (organizationId) =>
      (await db.select().from(tokens).where(eq(tokens.organizationId, organizationId))).map(recordOf),
    async deleteToken(organizationId, id) {
      const gone = await db
        .delete(tokens)
        .where(and(eq(tokens.organizationId, organizationId), eq(tokens.id, id)))
        .returning()
      return gone.length > 0
    },
    async replaceNodeToken(token) {
      await db
        .delete(tokens)
        .where(and(eq(tokens.clusterId, token.clusterId), eq(tokens.kind, 'node'), eq(tokens.node, token.node)))
      return (await insertToken(token)).token
    },

    async createCluster(cluster) {
      const row = { ...cluster, compat: cluster.compat ?? null, createdAt: now() }
      await db.insert(clusters).values(row)
      return clusterOf(row)
    },
    async authorizedCluster(organizationId, id) {
      const row = await byId(id)
      return row?.organizationId === organizationId ? clusterOf(row) : undefined
    },
    async clusterForVerification(id) {
      const row = await byId(id)
      return row && clusterOf(row)
    },
    listClusters: async (organizationId) =>
      (await db.select().from(clusters).where(eq(clusters.organizationId, organizationId))).map(clusterOf),
    async deleteCluster(id) {
      await db.delete(tokens).where(eq(tokens.clusterId, id))
      await db.delete(clusters).where(eq(clusters.id, id))
    },
  }
}

const recordOf = ({ hash: _, ...record }: typeof tokens.$inferSelect): TokenRecord => record

/** The one place where the brand is made: rows reach it by one of the look-ups above. */
const clusterOf = (row: typeof clusters.$inferSelect): ClusterRecord => ({ ...row, id: row.id as ClusterId })
