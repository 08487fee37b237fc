/** Rules of Pod specs beyond the schema: k8s.io/kubernetes pkg/apis/core/validation (ValidatePodSpec). */
import { type FieldError, type FieldPath, invalidValue, notSupported, required } from '../field.ts'
import { toNumber } from '../json.ts'
import { labelErrors } from '../metadata.ts'
import { dnsLabelErrors, dnsSubdomainErrors } from '../names.ts'
import type { Pod } from '../types.ts'
import { validateContainers } from './validate-containers.ts'
import { validateEphemeralContainers } from './validate-ephemeral.ts'
import { dnsErrors, gateErrors, hostAliasErrors, osErrors } from './validate-host.ts'
import { validateAffinity, validateTolerations } from './validate-placement.ts'
import { validatePodSecurity } from './validate-security.ts'
import { validateSpread } from './validate-spread.ts'
import { named } from './validate-values.ts'
import { validateVolumes } from './validate-volumes.ts'

type PodSpec = Pod['spec']

const RESTART_POLICIES = ['Always', 'OnFailure', 'Never']
const MAX_DEADLINE_SECONDS = 2 ** 31 - 1
const DNS_POLICIES = ['ClusterFirst', 'ClusterFirstWithHostNet', 'Default', 'None']

export function validatePodSpec(spec: PodSpec, at: FieldPath): FieldError[] {
  const errors: FieldError[] = []
  const volumes = validateVolumes(spec.volumes ?? [], at.child('volumes'), errors)
  const names = new Set<string>()
  validateContainers(spec.containers ?? [], at.child('containers'), { names, volumes, spec, isInit: false }, errors)
  validateContainers(
    spec.initContainers ?? [],
    at.child('initContainers'),
    { names, volumes, spec, isInit: true },
    errors,
  )
  validateEphemeralContainers(
    spec.ephemeralContainers ?? [],
    at.child('ephemeralContainers'),
    { names, volumes, spec },
    errors,
  )
  if (spec.restartPolicy && !RESTART_POLICIES.includes(spec.restartPolicy))
    errors.push(notSupported(at.child('restartPolicy'), spec.restartPolicy, RESTART_POLICIES))
  if (spec.dnsPolicy && !DNS_POLICIES.includes(spec.dnsPolicy))
    errors.push(notSupported(at.child('dnsPolicy'), spec.dnsPolicy, DNS_POLICIES))
  errors.push(...dnsErrors(spec, at.child('dnsConfig')))
  const deadline = spec.activeDeadlineSeconds
  if (deadline !== undefined && !(toNumber(deadline) >= 1 && toNumber(deadline) <= MAX_DEADLINE_SECONDS))
    errors.push(
      invalidValue(
        at.child('activeDeadlineSeconds'),
        deadline,
        `must be between 1 and ${MAX_DEADLINE_SECONDS}, inclusive`,
      ),
    )
  validatePodSecurity(spec, at.child('securityContext'), errors)
  named(spec.serviceAccountName, at.child('serviceAccountName'), dnsSubdomainErrors, errors)
  named(spec.nodeName, at.child('nodeName'), dnsSubdomainErrors, errors)
  named(spec.hostname, at.child('hostname'), dnsLabelErrors, errors)
  named(spec.subdomain, at.child('subdomain'), dnsLabelErrors, errors)
  errors.push(...labelErrors(spec.nodeSelector, at.child('nodeSelector')))
  for (const [index, secret] of (spec.imagePullSecrets ?? []).entries())
    if (!secret.name) errors.push(required(at.child('imagePullSecrets').index(index).child('name')))
  validateTolerations(spec.tolerations ?? [], at.child('tolerations'), errors)
  validateAffinity(spec, at.child('affinity'), errors)
  validateSpread(spec, at.child('topologySpreadConstraints'), errors)
  errors.push(
    ...hostAliasErrors(spec, at.child('hostAliases')),
    ...gateErrors(spec, at),
    ...osErrors(spec, at.child('os')),
  )
  return errors
}
