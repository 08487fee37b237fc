/** What judges writes: when one of these changes, what was refused may be let through, and is tried without waiting. */
import { resourceName } from '../../kube/resource.ts'
import { mutatingWebhookConfigurations } from '../../kube/resources/admissionregistration/mutating-webhook-configuration.ts'
import { validatingAdmissionPolicies } from '../../kube/resources/admissionregistration/validating-admission-policy.ts'
import { validatingAdmissionPolicyBindings } from '../../kube/resources/admissionregistration/validating-admission-policy-binding.ts'
import { validatingWebhookConfigurations } from '../../kube/resources/admissionregistration/validating-webhook-configuration.ts'

const JUDGES: ReadonlySet<string> = new Set([
  resourceName(mutatingWebhookConfigurations),
  resourceName(validatingAdmissionPolicies),
  resourceName(validatingAdmissionPolicyBindings),
  resourceName(validatingWebhookConfigurations),
])

/** Of a resource's name, as the log has it. */
export const isJudge = (resource: string): boolean => JUDGES.has(resource)
