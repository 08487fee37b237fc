/**
 * Says of each ValidatingAdmissionPolicy which state of it was looked at, and what its expressions ask of the kinds it
 * is about that these do not have.
 * https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/#type-checking
 */
import { expressionWarnings } from '../kube/admission/type-check.ts'
import { keyOf, keyText } from '../kube/object.ts'
import { validatingAdmissionPolicies } from '../kube/resources/admissionregistration/validating-admission-policy.ts'
import type { ValidatingAdmissionPolicy } from '../kube/types.ts'
import { type ClusterView, controller, type Outcome, on, settled, updateStatus, write } from './controller.ts'

export const policyStatus = controller({
  name: 'validatingadmissionpolicy-status',
  concerns: [on(validatingAdmissionPolicies, (policy) => [keyText(keyOf(policy))])],
  reconcile({ cluster, key }): Outcome {
    const policy = cluster.get(validatingAdmissionPolicies, key)
    // As in Kubernetes a policy is looked at once for each state of its spec, whatever becomes of the kinds.
    if (!policy || policy.status.observedGeneration === policy.metadata.generation) return settled
    return write(updateStatus(validatingAdmissionPolicies, checked(policy, cluster)))
  },
})

function checked(policy: ValidatingAdmissionPolicy, cluster: ClusterView): ValidatingAdmissionPolicy {
  const { apiVersion = '', kind = '' } = policy.spec.paramKind ?? {}
  const warnings = expressionWarnings(policy.spec, {
    resources: cluster.resources,
    params: cluster.resourceOf(apiVersion, kind),
  })
  const { generation } = policy.metadata
  return {
    ...policy,
    status: {
      ...policy.status,
      ...(generation === undefined ? {} : { observedGeneration: generation }),
      typeChecking: warnings.length === 0 ? {} : { expressionWarnings: warnings },
    },
  }
}
