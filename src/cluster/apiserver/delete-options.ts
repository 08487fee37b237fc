/** DeleteOptions come in the body, in the query, or both; the body counts where it says something. */
import { badRequest, invalid, type StatusError } from '../../kube/errors.ts'
import { type FieldError, FieldPath, invalidValue } from '../../kube/field.ts'
import { toNumber } from '../../kube/json.ts'
import { isTrue } from '../../kube/request.ts'
import { decodeRequest, readBody } from './bodies.ts'
import { isDryRun } from './commit.ts'
import type { DeleteOptions } from './operations.ts'

const DELETE_OPTIONS = {
  kind: 'DeleteOptions',
  // Registered in every group and version: clients send `v1`, `meta.k8s.io/v1` or the resource's own.
  apiVersions: undefined,
  schema: 'io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions',
}

/** As decoded from a body. */
export interface SentDeleteOptions {
  readonly gracePeriodSeconds?: number
  readonly propagationPolicy?: string
  readonly orphanDependents?: boolean
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string }
  readonly dryRun?: readonly string[]
}

export interface DeleteRequest {
  readonly options: DeleteOptions
  readonly isTrial: boolean
}

export async function deleteOptionsOf(search: URLSearchParams, http: Request): Promise<DeleteRequest> {
  const body = await readBody(http)
  return checkedDeleteOptions(search, body.bytes.length === 0 ? {} : decodeRequest(DELETE_OPTIONS, body))
}

export function checkedDeleteOptions(search: URLSearchParams, sent: SentDeleteOptions): DeleteRequest {
  const grace = sent.gracePeriodSeconds ?? numberOf('gracePeriodSeconds', search)
  const policy = sent.propagationPolicy ?? search.get('propagationPolicy') ?? undefined
  const orphan = sent.orphanDependents ?? booleanOf('orphanDependents', search)
  if (policy !== undefined && orphan !== undefined)
    throw invalidOptions(invalidValue(POLICY, policy, 'orphanDependents and deletionPropagation cannot be both set'))
  return {
    options: {
      gracePeriodSeconds: grace === undefined ? undefined : toNumber(grace),
      propagationPolicy: policyOf(policy, orphan),
      preconditions: sent.preconditions,
    },
    isTrial: isDryRun(search, 'DeleteOptions', sent.dryRun),
  }
}

function numberOf(name: string, search: URLSearchParams): number | undefined {
  const text = search.get(name) ?? ''
  if (text === '') return undefined
  if (!/^[-+]?\d+$/.test(text)) throw badRequest(`${name}: Invalid value: ${JSON.stringify(text)}: must be an integer`)
  return Number(text)
}

function booleanOf(name: string, search: URLSearchParams): boolean | undefined {
  const text = search.get(name)
  return text === null ? undefined : isTrue(text)
}

function policyOf(policy: string | undefined, orphan: boolean | undefined): DeleteOptions['propagationPolicy'] {
  if (policy === undefined) {
    if (orphan === undefined) return undefined
    return orphan ? 'Orphan' : 'Background'
  }
  if (policy === 'Background' || policy === 'Foreground' || policy === 'Orphan') return policy
  throw invalidOptions({
    reason: 'FieldValueNotSupported',
    field: POLICY.text,
    // In Kubernetes' order, which is no alphabet's.
    message: `Unsupported value: ${JSON.stringify(policy)}: supported values: "Foreground", "Background", "Orphan", "nil"`,
  })
}

const POLICY = new FieldPath('propagationPolicy')

const invalidOptions = (error: FieldError): StatusError =>
  invalid({ group: 'meta.k8s.io', kind: 'DeleteOptions' }, '', [error])
