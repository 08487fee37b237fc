/** The agents' door: joining with a token, then everything else with the node's own credential. */
import { z } from 'zod'
import { badRequest, conflict, forbidden, notFound, unauthorized } from '../kube/errors.ts'
import { parseJson } from '../kube/json.ts'
import { dnsSubdomainErrors } from '../kube/names.ts'
import type { JoinResponse } from '../protocol/agent.ts'
import { checked } from '../protocol/checked.ts'
import type { Tenancy } from '../tenancy/tenancy.ts'
import { authenticate, forgetAll } from './authenticate.ts'
import type { Env } from './env.ts'
import { forwardedHeaders } from './kubernetes.ts'

const joinRequest = z.object({ nodeName: z.string().min(1).max(253), formerCredential: z.string().optional() })

export async function join(request: Request, env: Env, tenancy: Tenancy): Promise<Response> {
  const record = await authenticate(tenancy, request.headers)
  if (record.kind !== 'join' || record.clusterId === null) throw unauthorized('a join token is needed')
  const { nodeName, formerCredential } = checked(joinRequest, parseJson(await request.text()))
  const [nameError] = dnsSubdomainErrors(nodeName)
  if (nameError) throw badRequest(`nodeName: Invalid value: ${JSON.stringify(nodeName)}: ${nameError}`)
  const cluster = await tenancy.authorizedCluster(record.organizationId, record.clusterId)
  if (cluster === undefined) throw notFound({ group: '', plural: 'clusters' }, record.clusterId)
  const former = formerCredential ? await tenancy.token(formerCredential) : undefined
  const isSameMachine = former?.kind === 'node' && former.clusterId === cluster.id && former.node === nodeName
  if (!isSameMachine && !(await env.CLUSTERS.get(env.CLUSTERS.idFromName(cluster.id)).isNodeNameFree(nodeName)))
    throw conflict({ group: '', plural: 'nodes' }, nodeName, 'another machine that is alive has this name')
  const credential = await tenancy.replaceNodeToken({
    organizationId: record.organizationId,
    kind: 'node',
    clusterId: cluster.id,
    node: nodeName,
    description: `node ${nodeName}`,
  })
  // The former credential has ended, and is not to be remembered as good.
  forgetAll()
  const { origin } = new URL(request.url)
  const body: JoinResponse = {
    cluster: cluster.id,
    nodeName,
    credential,
    apiServer: `${origin}/clusters/${cluster.id}`,
  }
  return Response.json(body, { status: 201 })
}

/** sync, token, certificate and doorbell: the cluster object's, for the node that the credential names. */
export async function agent(request: Request, env: Env, tenancy: Tenancy): Promise<Response> {
  const record = await authenticate(tenancy, request.headers)
  if (record.kind !== 'node' || record.clusterId === null || record.node === null)
    throw forbidden({ group: '', plural: 'nodes' }, '', 'a node credential is needed')
  const stub = env.CLUSTERS.get(env.CLUSTERS.idFromName(record.clusterId))
  const headers = forwardedHeaders(request, { kind: 'node', node: record.node })
  const upgrade = request.headers.get('upgrade')
  if (upgrade) headers.set('upgrade', upgrade)
  const { pathname } = new URL(request.url)
  return stub.fetch(`https://cluster${pathname}`, {
    method: request.method,
    headers,
    ...(request.method === 'POST' ? { body: request.body } : {}),
  })
}
