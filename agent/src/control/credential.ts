/** The node's credential: got once with a join token, kept on disk, and got anew when it was revoked. */
import { join } from 'node:path'
import { readJson, writeFileAtomic } from '../disk.ts'
import type { Log } from '../log.ts'
import type { AgentOptions } from '../options.ts'
import type { ControlClient } from './client.ts'

export interface Membership {
  readonly server: string
  readonly cluster: string
  readonly nodeName: string
  readonly credential: string
  readonly apiServer: string
}

const isMembership = (value: unknown): value is Membership =>
  typeof value === 'object' && value !== null && 'credential' in value && 'nodeName' in value && 'apiServer' in value

const pathOf = (dataDir: string): string => join(dataDir, 'credential.json')

/** What the node has from an earlier run, for this server and name. */
export async function keptMembership({ dataDir, server, nodeName }: AgentOptions): Promise<Membership | undefined> {
  const kept = await readJson(pathOf(dataDir), isMembership)
  return kept?.server === server && kept.nodeName === nodeName ? kept : undefined
}

/** Joins; the former credential proves that this machine had the name before. */
export async function joinCluster(
  options: AgentOptions,
  client: ControlClient,
  former: Membership | undefined,
  log: Log,
): Promise<Membership> {
  const { token, server, nodeName, dataDir } = options
  if (!token) throw new Error('the node is not a member of the cluster, and there is no --token to join with')
  const answer = await client.join(token, { nodeName, ...(former ? { formerCredential: former.credential } : {}) })
  const membership = { server, ...answer }
  await writeFileAtomic(pathOf(dataDir), JSON.stringify(membership), 0o600)
  log.info({ cluster: answer.cluster, node: answer.nodeName }, 'joined')
  return membership
}
