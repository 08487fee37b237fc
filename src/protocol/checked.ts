import type { z } from 'zod'
import { badRequest } from '../kube/errors.ts'

/** A body in the shape that `schema` says. Throws 400, which names what is wrong first by its path: `pods.0.uid: ...`. */
export function checked<T>(schema: z.ZodType<T>, body: unknown): T {
  const result = schema.safeParse(body)
  if (result.success) return result.data
  const [issue] = result.error.issues
  throw badRequest(`${issue?.path.join('.') || 'body'}: ${issue?.message ?? 'malformed'}`)
}
