/**
 * Who may ask for a certificate, approve it, and sign it: CertificateSubjectRestriction, CertificateApproval and
 * CertificateSigning.
 * https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#certificateapproval
 */

import { readRequest } from '../../kube/certificates/request.ts'
import { API_CLIENT } from '../../kube/certificates/signers.ts'
import { forbidden } from '../../kube/errors.ts'
import { deepEqual } from '../../kube/json.ts'
import { MASTERS } from '../../kube/rbac/user.ts'
import { certificateSigningRequests } from '../../kube/resources/certificates/certificate-signing-request.ts'
import type { CertificateSigningRequest } from '../../kube/types.ts'
import type { UpdateScope } from '../apiserver/tracking.ts'
import type { Requester } from './requester.ts'

/** Notes in a new request who asks. Throws 403. */
export function admitSigningRequest(
  requester: Requester,
  next: CertificateSigningRequest,
  previous: CertificateSigningRequest | undefined,
  scope: UpdateScope,
): void {
  if (previous === undefined) {
    ask(requester, next)
    return
  }
  if (scope === 'approval') permit(requester, next, 'approve')
  if (scope === 'status' && !deepEqual(next.status, previous.status)) permit(requester, next, 'sign')
}

function ask({ user }: Requester, next: CertificateSigningRequest): void {
  const { spec } = next
  const { username, uid, groups, extra } = user
  spec.username = username
  if (uid) spec.uid = uid
  spec.groups = [...groups]
  if (extra) spec.extra = Object.fromEntries(Object.entries(extra).map(([key, values]) => [key, [...values]]))
  const asked = spec.signerName === API_CLIENT ? readRequest(spec.request ?? '') : undefined
  if (asked?.organizations.includes(MASTERS))
    throw forbidden(
      certificateSigningRequests,
      next.metadata.name,
      `use of ${API_CLIENT} signer with ${MASTERS} group is not allowed`,
    )
}

/** The right is to the signer's name, or to all signers of its domain. */
function permit(requester: Requester, { metadata, spec }: CertificateSigningRequest, verb: 'approve' | 'sign'): void {
  const { signerName } = spec
  const may = (name: string): boolean =>
    requester.decide({ verb, group: 'certificates.k8s.io', resource: 'signers', namespace: '', name }).allowed
  if (may(signerName) || may(`${signerName.split('/')[0]}/*`)) return
  throw forbidden(
    certificateSigningRequests,
    metadata.name,
    `user not permitted to ${verb} requests with signerName ${JSON.stringify(signerName)}`,
  )
}
