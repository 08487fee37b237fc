/**
 * What agents send, checked where it comes in: the protocol's own fields here, the statuses in it as a client's would be.
 * Fields that are not known are left out, so that a newer agent may say more.
 */
import { z } from 'zod'
import { parseJson } from '../../kube/json.ts'
import { decode } from '../../kube/schema/decode.ts'
import type { CertificateRequest, SyncRequest, TokenRequest } from '../../protocol/agent.ts'
import { checked } from '../../protocol/checked.ts'
import { readBody } from '../apiserver/bodies.ts'

const statusOf = (kind: 'Pod' | 'Node') => {
  const target = { kind: `${kind}Status`, version: 'v1', schema: `io.k8s.api.core.v1.${kind}Status` }
  return z.looseObject({}).transform((status) => decode(target, status).object)
}

const pod = { namespace: z.string().min(1), name: z.string().min(1), uid: z.string().min(1) }

const sync = z.object({
  cursor: z.string().optional(),
  node: z.object({ labels: z.record(z.string(), z.string()), status: statusOf('Node') }).optional(),
  pods: z.array(z.object({ ...pod, status: statusOf('Pod') })).default([]),
  ended: z.array(z.object(pod)).default([]),
  events: z
    .array(
      z.object({
        about: z.object({
          kind: z.enum(['Pod', 'Node']),
          // A Node has none.
          namespace: z.string(),
          name: z.string().min(1),
          uid: z.string(),
          fieldPath: z.string().optional(),
        }),
        type: z.enum(['Normal', 'Warning']),
        reason: z.string(),
        message: z.string(),
      }),
    )
    .default([]),
})

const token = z.object({
  pod: z.object(pod),
  serviceAccount: z.string().min(1),
  audiences: z.array(z.string()).default([]),
  expirationSeconds: z.number().int().positive(),
})

const certificate = z.object({ csr: z.string().min(1) })

// decode() has made the statuses their definitions' shape.
export const readSync = async (request: Request): Promise<SyncRequest> =>
  (await read(request, sync)) as unknown as SyncRequest
export const readTokenRequest = (request: Request): Promise<TokenRequest> => read(request, token)
export const readCertificateRequest = (request: Request): Promise<CertificateRequest> => read(request, certificate)

/** Throws 400, 413. */
async function read<T>(request: Request, schema: z.ZodType<T>): Promise<T> {
  const { text } = await readBody(request)
  return checked(schema, parseJson(text))
}
