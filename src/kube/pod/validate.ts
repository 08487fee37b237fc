/** Rules of Pod specs beyond the schema: k8s.io/kubernetes pkg/apis/core/validation (ValidatePodSpec). */
import { type FieldError, type FieldPath, forbiddenField, invalidEach, invalidValue, notSupported } from '../field.ts'
import { toNumber } from '../json.ts'
import { labelErrors } from '../metadata.ts'
import { dnsLabelErrors, dnsSubdomainErrors } from '../names.ts'
import type { Pod } from '../types.ts'
import { validateContainers } from './validate-containers.ts'
import { validateEphemeralContainers } from './validate-ephemeral.ts'
import { dnsErrors, gateErrors, hostAliasErrors, hostUserErrors } from './validate-host.ts'
import { validateAffinity, validateTolerations } from './validate-placement.ts'
import { validateResources } from './validate-resources.ts'
import { validatePodSecurity } from './validate-security.ts'
import { validateSpread } from './validate-spread.ts'
import { named } from './validate-values.ts'
import { validateVolumes } from './validate-volumes.ts'
import { hostProcessErrors, osErrors } from './validate-windows.ts'

type PodSpec = Pod['spec']

const RESTART_POLICIES = ['Always', 'OnFailure', 'Never']
const MAX_DEADLINE_SECONDS = 2 ** 31 - 1
const DNS_POLICIES = ['ClusterFirst', 'ClusterFirstWithHostNet', 'Default', 'None']

/** A Pod that a spec is of; of a template there is none. */
export interface SpecOwner {
  readonly name: string
  /** It is made now, and not updated. */
  readonly isNew: boolean
}

export function validatePodSpec(spec: PodSpec, at: FieldPath, pod?: SpecOwner): FieldError[] {
  const errors: FieldError[] = []
  const volumes = validateVolumes(spec.volumes ?? [], { at: at.child('volumes'), podName: pod?.name ?? '' }, errors)
  const context = { names: new Set<string>(), volumes, spec, isPod: pod !== undefined }
  validateContainers(spec.containers ?? [], at.child('containers'), { ...context, isInit: false }, errors)
  validateContainers(spec.initContainers ?? [], at.child('initContainers'), { ...context, isInit: true }, errors)
  validateEphemeralContainers(spec.ephemeralContainers ?? [], at.child('ephemeralContainers'), context, errors)
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
  if (pod?.isNew && spec.nodeName && spec.schedulingGates?.length)
    errors.push(forbiddenField(at.child('nodeName'), 'cannot be set until all schedulingGates have been cleared'))
  named(spec.priorityClassName, at.child('priorityClassName'), dnsSubdomainErrors, errors)
  if (spec.runtimeClassName !== undefined)
    errors.push(
      ...invalidEach(at.child('runtimeClassName'), spec.runtimeClassName, dnsSubdomainErrors(spec.runtimeClassName)),
    )
  if (spec.overhead) validateResources({ limits: spec.overhead }, at.child('overhead'), errors)
  named(spec.hostname, at.child('hostname'), dnsLabelErrors, errors)
  named(spec.subdomain, at.child('subdomain'), dnsLabelErrors, errors)
  errors.push(...labelErrors(spec.nodeSelector, at.child('nodeSelector')))
  validateTolerations(spec.tolerations ?? [], at.child('tolerations'), errors)
  validateAffinity(spec, at.child('affinity'), errors)
  validateSpread(spec, at.child('topologySpreadConstraints'), errors)
  errors.push(
    ...hostAliasErrors(spec, at.child('hostAliases')),
    ...gateErrors(spec, at),
    ...osErrors(spec, at),
    ...hostProcessErrors(spec, at),
    ...hostUserErrors(spec, at),
    ...(pod && !spec.serviceAccountName ? tokenErrors(spec, at.child('volumes')) : []),
  )
  return errors
}

/** Nobody's token. */
const tokenErrors = ({ volumes = [] }: PodSpec, at: FieldPath): FieldError[] =>
  volumes.flatMap(({ projected }, index) =>
    (projected?.sources ?? []).flatMap(({ serviceAccountToken }, each) =>
      serviceAccountToken
        ? [
            forbiddenField(
              at.index(index).child('projected').child('sources').index(each).child('serviceAccountToken'),
              'must not be specified when serviceAccountName is not set',
            ),
          ]
        : [],
    ),
  )
