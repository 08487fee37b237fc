/**
 * Has approved CertificateSigningRequests signed that are for Kubernetes' own signers, and clears away old ones.
 * https://kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/
 */
import { readRequest } from '../kube/certificates/request.ts'
import { isOwnSigner, signingFault } from '../kube/certificates/signers.ts'
import { clone } from '../kube/json.ts'
import { keyText } from '../kube/object.ts'
import { certificateSigningRequests, hasCondition } from '../kube/resources/certificates/certificate-signing-request.ts'
import type { CertificateSigningRequest } from '../kube/types.ts'
import { controller, lookAgain, type Outcome, on, remove, settled, sign, updateStatus, write } from './controller.ts'

const HOUR_MS = 3600_000
const PENDING_MS = 24 * HOUR_MS
/** A signature may be lost, with the object that was about to make it. */
const AGAIN_MS = 30_000

export const certificateSigning = controller({
  name: 'csrsigning',
  concerns: [on(certificateSigningRequests, ({ metadata }) => [keyText({ namespace: '', name: metadata.name })])],
  reconcile({ cluster, key, now }): Outcome {
    const request = cluster.get(certificateSigningRequests, key)
    if (!request) return settled
    const endsAt = endOf(request)
    if (endsAt <= now) return write(remove(certificateSigningRequests, request))
    const { spec, status } = request
    const isDone = status.certificate || hasCondition(request, 'Denied') || hasCondition(request, 'Failed')
    if (isDone || !hasCondition(request, 'Approved') || !isOwnSigner(spec.signerName)) return lookAgain(endsAt)
    const asked = readRequest(spec.request ?? '')
    const fault = asked ? signingFault(spec.signerName, asked, spec.usages ?? []) : 'unable to parse the request'
    if (fault !== undefined) return write(updateStatus(certificateSigningRequests, failed(request, fault)))
    return { writes: [sign('certificate', request)], lookAgainAt: now + AGAIN_MS }
  },
})

/** When a request is of no use any more: an hour after its verdict, a day after it was made. */
function endOf({ metadata, status }: CertificateSigningRequest): number {
  const verdicts = (status.conditions ?? []).map(({ lastUpdateTime }) => Date.parse(lastUpdateTime ?? ''))
  const told = Math.max(...verdicts.filter((time) => Number.isFinite(time)))
  return Number.isFinite(told) ? told + HOUR_MS : Date.parse(metadata.creationTimestamp) + PENDING_MS
}

function failed(request: CertificateSigningRequest, message: string): CertificateSigningRequest {
  const next = clone(request)
  const condition = { type: 'Failed', status: 'True', reason: 'SignerValidationFailure', message }
  next.status.conditions = [...(next.status.conditions ?? []), condition]
  return next
}
