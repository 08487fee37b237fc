/**
 * The signers that Kubernetes itself has, and what each signs.
 * https://kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/#kubernetes-signers
 */
import { NODES } from '../rbac/user.ts'
import type { RequestedCertificate } from './request.ts'

export const API_CLIENT = 'kubernetes.io/kube-apiserver-client'
export const KUBELET_CLIENT = 'kubernetes.io/kube-apiserver-client-kubelet'
export const KUBELET_SERVING = 'kubernetes.io/kubelet-serving'
export const LEGACY_UNKNOWN = 'kubernetes.io/legacy-unknown'

export const USAGES: readonly string[] = [
  'signing',
  'digital signature',
  'content commitment',
  'key encipherment',
  'key agreement',
  'data encipherment',
  'cert sign',
  'crl sign',
  'encipher only',
  'decipher only',
  'any',
  'server auth',
  'client auth',
  'code signing',
  'email protection',
  's/mime',
  'ipsec end system',
  'ipsec tunnel',
  'ipsec user',
  'timestamping',
  'ocsp signing',
  'microsoft sgc',
  'netscape sgc',
]

type Rule = (certificate: RequestedCertificate, usages: readonly string[]) => string | undefined

const NODE = 'system:node:'

/** Why a signer does not sign; undefined where it does. */
const RULES: Readonly<Record<string, Rule>> = {
  [API_CLIENT]: (_, usages) => usagesFault(usages, ['client auth'], ['digital signature', 'key encipherment']),
  [KUBELET_CLIENT]: (certificate, usages) =>
    nodeFault(certificate) ??
    usagesFault(usages, ['digital signature', 'client auth'], ['key encipherment']) ??
    (certificate.dnsNames.length > 0
      ? 'DNS subjectAltNames are not allowed'
      : certificate.ipAddresses.length > 0
        ? 'IP subjectAltNames are not allowed'
        : undefined),
  [KUBELET_SERVING]: (certificate, usages) =>
    nodeFault(certificate) ??
    usagesFault(usages, ['digital signature', 'server auth'], ['key encipherment']) ??
    (certificate.dnsNames.length + certificate.ipAddresses.length === 0
      ? 'at least one DNS or IP subjectAltName is required'
      : undefined),
}

function nodeFault({ commonName, organizations, others }: RequestedCertificate): string | undefined {
  if (organizations.length !== 1 || organizations[0] !== NODES) return `subject organization is not ${NODES}`
  if (!commonName.startsWith(NODE)) return `subject common name does not begin with ${NODE}`
  return others.length > 0 ? 'email and URI subjectAltNames are not allowed' : undefined
}

function usagesFault(
  usages: readonly string[],
  needed: readonly string[],
  also: readonly string[],
): string | undefined {
  const isRight =
    needed.every((usage) => usages.includes(usage)) &&
    usages.every((usage) => needed.includes(usage) || also.includes(usage))
  return isRight ? undefined : 'usages did not match'
}

export const isOwnSigner = (name: string): boolean => Object.hasOwn(RULES, name)

export const signingFault = (signer: string, certificate: RequestedCertificate, usages: readonly string[]) =>
  RULES[signer]?.(certificate, usages)
