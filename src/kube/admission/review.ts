/**
 * AdmissionReview (admission.k8s.io/v1): what a webhook is sent, and what it answers.
 * https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#webhook-request-and-response
 */
import { type StatusDetails, StatusError } from '../errors.ts'
import { isRecord, parseSent } from '../json.ts'
import type { Attributes, GroupVersionKind } from './attributes.ts'

export interface ReviewedAs {
  readonly kind: GroupVersionKind
  readonly resource: { readonly group: string; readonly version: string; readonly plural: string }
}

const GROUP = 'admission.k8s.io'

const gvr = ({ group, version, plural }: ReviewedAs['resource']) => ({ group, version, resource: plural })

/** `attributes` in the version that the webhook is to see; `requested`: what the client asked for. */
export function admissionReview(
  attributes: Attributes,
  requested: ReviewedAs,
  { uid, version }: { readonly uid: string; readonly version: string },
): Record<string, unknown> {
  const { kind, resource, subresource, operation, name, namespace, user, object, oldObject, isDryRun, options } =
    attributes
  return {
    kind: 'AdmissionReview',
    apiVersion: `${GROUP}/${version}`,
    request: {
      uid,
      kind,
      resource: gvr(resource),
      ...(subresource === undefined ? {} : { subResource: subresource }),
      requestKind: requested.kind,
      requestResource: gvr(requested.resource),
      ...(subresource === undefined ? {} : { requestSubResource: subresource }),
      ...(name === '' ? {} : { name }),
      ...(namespace === '' ? {} : { namespace }),
      operation,
      userInfo: user,
      object: object ?? null,
      oldObject: oldObject ?? null,
      dryRun: isDryRun,
      options,
    },
  }
}

export interface Verdict {
  readonly allowed: boolean
  readonly status: Readonly<Record<string, unknown>>
  /** A JSON patch (RFC 6902); undefined where there is none. */
  readonly patch: readonly unknown[] | undefined
  readonly warnings: readonly string[]
}

/** Texts that a webhook may warn with; more and longer ones are cut (k8s.io/apiserver: 256 and 4,096 characters in all). */
const MAX_WARNING_CHARACTERS = 256
const MAX_WARNINGS = 16

/** Reads a webhook's answer to the review `uid`. Throws an Error that says what is wrong with it. */
export function verdictOf(
  answer: unknown,
  { uid, version }: { readonly uid: string; readonly version: string },
): Verdict {
  if (!isRecord(answer)) throw new Error('expected webhook response of admission.k8s.io, Kind=AdmissionReview')
  const { apiVersion, kind, response } = answer
  if (kind !== 'AdmissionReview' || apiVersion !== `${GROUP}/${version}`)
    throw new Error(
      `expected webhook response of ${GROUP}/${version}, Kind=AdmissionReview, got ${String(apiVersion ?? '')}, Kind=${String(kind ?? '')}`,
    )
  if (!isRecord(response)) throw new Error('webhook response was absent')
  if (response['uid'] !== uid)
    throw new Error(`expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(response['uid'] ?? '')}`)
  const { allowed, status, warnings } = response
  if (typeof allowed !== 'boolean') throw new Error('response.allowed must be a boolean')
  return {
    allowed,
    status: isRecord(status) ? status : {},
    patch: patchOf(response),
    warnings: warningsOf(warnings),
  }
}

function patchOf({ patch, patchType }: Record<string, unknown>): readonly unknown[] | undefined {
  if (patch === undefined || patch === null || patch === '') {
    if (patchType) throw new Error(`webhook returned response.patchType but not response.patch`)
    return undefined
  }
  if (patchType !== 'JSONPatch')
    throw new Error(
      patchType
        ? `webhook returned invalid response.patchType of ${JSON.stringify(patchType)}`
        : 'webhook returned response.patch but not response.patchType',
    )
  const operations = parsed(patch)
  if (!Array.isArray(operations)) throw new Error('response.patch is no JSON patch')
  return operations
}

/** `[]byte` in JSON is base64. */
function parsed(patch: unknown): unknown {
  try {
    const bytes = Uint8Array.from(atob(String(patch)), (character) => character.charCodeAt(0))
    return parseSent(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    throw new Error('response.patch is not the base64 of a JSON patch')
  }
}

function warningsOf(warnings: unknown): string[] {
  if (!Array.isArray(warnings)) return []
  return warnings
    .filter((text): text is string => typeof text === 'string' && text !== '')
    .slice(0, MAX_WARNINGS)
    .map((text) => text.slice(0, MAX_WARNING_CHARACTERS))
}

const LEAST_REFUSAL = 400

/** What the client is told where a webhook says no: in its words and with its code. */
export function denial(webhook: string, { status }: Verdict): StatusError {
  const { code, reason, message, details } = status
  const denied = `admission webhook ${JSON.stringify(webhook)} denied the request`
  const why =
    typeof message === 'string' && message !== ''
      ? `${denied}: ${message}`
      : typeof reason === 'string' && reason !== ''
        ? `${denied}: ${reason}`
        : `${denied} without explanation`
  return new StatusError(
    typeof code === 'number' && code >= LEAST_REFUSAL && code < 600 ? code : LEAST_REFUSAL,
    typeof reason === 'string' ? reason : '',
    why,
    // A webhook's details are shown as they are.
    isRecord(details) ? (details as StatusDetails) : undefined,
  )
}
