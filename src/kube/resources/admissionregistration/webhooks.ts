/** What mutating and validating webhooks have in common: defaults, and admissionregistration's validation. */
import type {
  IIoK8sApiAdmissionregistrationV1MutatingWebhook,
  IIoK8sApiAdmissionregistrationV1ValidatingWebhook,
} from 'kubernetes-models/admissionregistration.k8s.io/v1'
import { column } from '../../define.ts'
import { duplicate, type FieldError, type FieldPath, invalidValue, notSupported, required } from '../../field.ts'
import { deepEqual } from '../../json.ts'
import { dnsSubdomainErrors } from '../../names.ts'
import type { KubeObject } from '../../object.ts'
import type { Column } from '../../resource.ts'
import { clientConfigErrors } from '../../webhooks/client-config.ts'
import { REVIEW_VERSIONS, reviewVersionErrors, speaks } from '../../webhooks/review-versions.ts'
import { ageColumn, nameColumn } from '../columns.ts'
import { labelSelectorErrors } from '../label-selector.ts'
import { matchConditionErrors } from './match-conditions.ts'
import { defaultRule, ruleErrors } from './rules.ts'

export type MutatingWebhook = IIoK8sApiAdmissionregistrationV1MutatingWebhook
export type ValidatingWebhook = IIoK8sApiAdmissionregistrationV1ValidatingWebhook
type Webhook = MutatingWebhook | ValidatingWebhook

const NO_SIDE_EFFECTS = ['None', 'NoneOnDryRun']
const SIDE_EFFECTS = [...NO_SIDE_EFFECTS, 'Some', 'Unknown']
const MAX_TIMEOUT = 30
/** https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#timeouts */
const DEFAULT_TIMEOUT = 10

export function defaultWebhook(webhook: Webhook): void {
  // Go's struct is there in any case; what it lacks, validation says.
  webhook.clientConfig ??= {}
  if (webhook.clientConfig.service) webhook.clientConfig.service.port ??= 443
  webhook.failurePolicy ??= 'Fail'
  webhook.matchPolicy ??= 'Equivalent'
  webhook.namespaceSelector ??= {}
  webhook.objectSelector ??= {}
  webhook.timeoutSeconds ??= DEFAULT_TIMEOUT
  for (const rule of webhook.rules ?? []) defaultRule(rule)
}

/** `previous`: what an update replaces. What older versions let in and is there already may stay. */
export function webhooksErrors(
  webhooks: readonly Webhook[] | undefined,
  at: FieldPath,
  previous: readonly Webhook[] | undefined,
): FieldError[] {
  const isStrict = {
    effects: previous?.every(hasNoSideEffects) ?? true,
    versions:
      previous?.every(({ admissionReviewVersions: versions = [] }) => versions.length === 0 || speaks(versions)) ??
      true,
    names: previous === undefined || isUnique(previous.map(({ name }) => name)),
    conditions: previous === undefined || !sameConditions(webhooks ?? [], previous),
  }
  const names = webhooks?.map(({ name }) => name) ?? []
  return (webhooks ?? []).flatMap((webhook, index) => {
    const here = at.index(index)
    const { name, admissionReviewVersions = [] } = webhook
    const versions = here.child('admissionReviewVersions')
    return [
      ...webhookErrors(webhook, here, isStrict),
      ...(admissionReviewVersions.length === 0
        ? [required(versions, `must specify one of ${REVIEW_VERSIONS.join(', ')}`)]
        : reviewVersionErrors(admissionReviewVersions, versions, isStrict.versions)),
      ...(isStrict.names && name && names.indexOf(name) < index ? [duplicate(here.child('name'), name)] : []),
    ]
  })
}

const hasNoSideEffects = ({ sideEffects }: Webhook): boolean => NO_SIDE_EFFECTS.includes(sideEffects)

const isUnique = (names: readonly string[]): boolean => new Set(names).size === names.length

const sameConditions = (webhooks: readonly Webhook[], others: readonly Webhook[]): boolean =>
  webhooks.length === others.length &&
  webhooks.every(({ matchConditions }, index) => deepEqual(matchConditions, others[index]?.matchConditions))

function webhookErrors(
  webhook: Webhook,
  at: FieldPath,
  isStrict: { readonly effects: boolean; readonly conditions: boolean },
): FieldError[] {
  const { timeoutSeconds = DEFAULT_TIMEOUT } = webhook
  return [
    ...nameErrors(webhook.name, at.child('name')),
    ...(webhook.rules ?? []).flatMap((rule, index) => ruleErrors(rule, at.child('rules').index(index))),
    ...sideEffectErrors(
      webhook.sideEffects,
      at.child('sideEffects'),
      isStrict.effects ? NO_SIDE_EFFECTS : SIDE_EFFECTS,
    ),
    ...(timeoutSeconds < 1 || timeoutSeconds > MAX_TIMEOUT
      ? [invalidValue(at.child('timeoutSeconds'), timeoutSeconds, 'the timeout value must be between 1 and 30 seconds')]
      : []),
    ...labelSelectorErrors(webhook.namespaceSelector, at.child('namespaceSelector')),
    ...labelSelectorErrors(webhook.objectSelector, at.child('objectSelector')),
    ...clientConfigErrors(webhook.clientConfig, at.child('clientConfig')),
    ...(isStrict.conditions
      ? matchConditionErrors(webhook.matchConditions, at.child('matchConditions'), {
          hasParams: false,
          hasAuthorizer: true,
        })
      : []),
  ]
}

/** `hook.example.com`. */
function nameErrors(name: string | undefined, at: FieldPath): FieldError[] {
  if (!name) return [required(at)]
  const wrong = dnsSubdomainErrors(name)
  if (wrong.length > 0) return [invalidValue(at, name, wrong.join(','))]
  return name.split('.').length < 3
    ? [invalidValue(at, name, 'should be a domain with at least three segments separated by dots')]
    : []
}

function sideEffectErrors(effects: string | undefined, at: FieldPath, allowed: readonly string[]): FieldError[] {
  if (effects === undefined) return [required(at, `must specify one of ${allowed.join(', ')}`)]
  return allowed.includes(effects) ? [] : [notSupported(at, effects, allowed)]
}

export const webhookColumns = <T extends KubeObject & { readonly webhooks?: readonly unknown[] }>(): Column<T>[] => [
  nameColumn(),
  column('Webhooks', 'integer', ({ webhooks }) => webhooks?.length ?? 0),
  ageColumn(),
]
