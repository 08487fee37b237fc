/** What a request's writes must pass beyond its verb: what depends on who asks and on the objects themselves. */
import type { KubeObject } from '../../kube/object.ts'
import { RBAC_GROUP } from '../../kube/rbac/rules.ts'
import { isMaster, nodeOf } from '../../kube/rbac/user.ts'
import type { RequestVerb } from '../../kube/request.ts'
import { resourceName } from '../../kube/resource.ts'
import { certificateSigningRequests } from '../../kube/resources/certificates/certificate-signing-request.ts'
import type { CertificateSigningRequest } from '../../kube/types.ts'
import type { Admit } from '../apiserver/tracking.ts'
import { admitSigningRequest } from './certificates.ts'
import { checkEscalation } from './escalation.ts'
import { restrictNode } from './node-restriction.ts'
import { checkParameters, type Known } from './parameters.ts'
import type { Requester } from './requester.ts'

const SIGNING_REQUESTS = resourceName(certificateSigningRequests)
/** The resource says that it is one. */
const requestOf = (object: KubeObject): CertificateSigningRequest => object as CertificateSigningRequest

export function admitOf(known: Known, requester: Requester, verb: RequestVerb): Admit {
  const { store } = known
  const { user } = requester
  const node = nodeOf(user)
  const isBound = !isMaster(user)
  return (resource, { next, previous, scope }) => {
    if (next !== undefined && resourceName(resource) === SIGNING_REQUESTS)
      admitSigningRequest(requester, requestOf(next), previous && requestOf(previous), scope)
    if (!isBound) return
    if (node !== undefined) restrictNode(node, resource, { next, previous })
    if (next === undefined) return
    const { name, namespace = '' } = next.metadata
    // An update or patch of what is not there makes it.
    if (previous === undefined && verb !== 'create')
      requester.check({ verb: 'create', group: resource.group, resource: resource.plural, namespace, name })
    if (scope === 'object') checkParameters(known, requester, resource, next, previous)
    if (resource.group === RBAC_GROUP) checkEscalation(store, requester, resource, next, previous)
  }
}
