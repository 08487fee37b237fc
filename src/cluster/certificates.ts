/**
 * The cluster's certificate authority. Its certificate is in every namespace's kube-root-ca.crt; it signs what agents
 * serve the `kubernetes` Service with, so that a Pod's client with the usual in-cluster configuration trusts it.
 */
import 'reflect-metadata'
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  Pkcs10CertificateRequest,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509'
import { badRequest } from '../kube/errors.ts'
import type { CertificateRequest, CertificateResponse } from '../protocol/agent.ts'
import { KUBERNETES_SERVICE_IP } from './apiserver/allocation.ts'
import type { SigningRequest } from './signatures.ts'

const KEY = { name: 'ECDSA', namedCurve: 'P-256' } as const
const SIGNATURE = { name: 'ECDSA', hash: 'SHA-256' } as const
const DAY_MS = 24 * 60 * 60 * 1000
const CA_DAYS = 3650
const SERVING_DAYS = 30
/** Clocks of nodes may be behind ours. */
const SKEW_MS = 5 * 60 * 1000

const SERVICE_NAMES = [
  'kubernetes',
  'kubernetes.default',
  'kubernetes.default.svc',
  'kubernetes.default.svc.cluster.local',
]

export interface Authority {
  /** PEM. */
  readonly certificate: string
  /** PKCS#8 PEM. */
  readonly key: string
}

export async function createAuthority(commonName: string, now: number): Promise<Authority> {
  const keys = await newKeys()
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: `CN=${commonName}`,
    notBefore: new Date(now - SKEW_MS),
    notAfter: new Date(now + CA_DAYS * DAY_MS),
    keys,
    signingAlgorithm: SIGNATURE,
    extensions: [
      new BasicConstraintsExtension(true, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign | KeyUsageFlags.digitalSignature, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  return { certificate: certificate.toString('pem'), key: await toPkcs8(keys.privateKey) }
}

/** An ES256 key pair to sign ServiceAccount tokens with: PKCS#8 PEM, and the public half as JWK text. */
export async function createSigningKey(): Promise<{ key: string; publicKey: string }> {
  const keys = await newKeys()
  return {
    key: await toPkcs8(keys.privateKey),
    publicKey: JSON.stringify(await crypto.subtle.exportKey('jwk', keys.publicKey)),
  }
}

/** Signs the key of an agent's request; names and usage are ours to say, whatever the request wished. */
export async function signServingCertificate(
  authority: Authority,
  { csr }: CertificateRequest,
  now: number,
): Promise<CertificateResponse> {
  const request = await verifiedRequest(csr)
  const ca = new X509Certificate(authority.certificate)
  const notAfter = new Date(now + SERVING_DAYS * DAY_MS)
  const certificate = await X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: 'CN=kubernetes',
    issuer: ca.subject,
    notBefore: new Date(now - SKEW_MS),
    notAfter,
    publicKey: await request.publicKey.export(),
    signingKey: await fromPkcs8(authority.key),
    signingAlgorithm: SIGNATURE,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      new SubjectAlternativeNameExtension([
        ...SERVICE_NAMES.map((value) => ({ type: 'dns' as const, value })),
        { type: 'ip', value: KUBERNETES_SERVICE_IP },
      ]),
      await AuthorityKeyIdentifierExtension.create(await ca.publicKey.export()),
    ],
  })
  return { certificate: certificate.toString('pem'), ca: authority.certificate, notAfter: notAfter.toISOString() }
}

const KEY_USAGES: Readonly<Record<string, KeyUsageFlags>> = {
  signing: KeyUsageFlags.digitalSignature,
  'digital signature': KeyUsageFlags.digitalSignature,
  'content commitment': KeyUsageFlags.nonRepudiation,
  'key encipherment': KeyUsageFlags.keyEncipherment,
  'key agreement': KeyUsageFlags.keyAgreement,
  'data encipherment': KeyUsageFlags.dataEncipherment,
}
const EXTENDED_KEY_USAGES: Readonly<Record<string, ExtendedKeyUsage>> = {
  'server auth': ExtendedKeyUsage.serverAuth,
  'client auth': ExtendedKeyUsage.clientAuth,
}

/** Answers PEM. What may be signed at all, its signer has judged. */
export async function signRequested(
  authority: Authority,
  { csr, usages, seconds }: SigningRequest,
  now: number,
): Promise<string> {
  const request = await verifiedRequest(csr)
  const ca = new X509Certificate(authority.certificate)
  const flags = usages.reduce((sum, usage) => sum | (KEY_USAGES[usage] ?? 0), 0)
  const names = request.extensions.find((extension) => extension instanceof SubjectAlternativeNameExtension)
  const certificate = await X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: request.subject,
    issuer: ca.subject,
    notBefore: new Date(now - SKEW_MS),
    // No certificate outlives its authority.
    notAfter: new Date(Math.min(now + seconds * 1000, ca.notAfter.getTime())),
    publicKey: await request.publicKey.export(),
    signingKey: await fromPkcs8(authority.key),
    signingAlgorithm: SIGNATURE,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      // An empty one is none.
      ...(flags === 0 ? [] : [new KeyUsagesExtension(flags, true)]),
      new ExtendedKeyUsageExtension(usages.flatMap((usage) => EXTENDED_KEY_USAGES[usage] ?? [])),
      ...(names ? [names] : []),
      await AuthorityKeyIdentifierExtension.create(await ca.publicKey.export()),
    ],
  })
  return certificate.toString('pem')
}

async function verifiedRequest(csr: string): Promise<Pkcs10CertificateRequest> {
  try {
    const request = new Pkcs10CertificateRequest(csr)
    if (await request.verify()) return request
  } catch {
    throw badRequest('csr is not a PEM encoded PKCS#10 request')
  }
  throw badRequest('csr is not signed by the key it names')
}

// generateKey of an asymmetric algorithm gives a pair.
const newKeys = async (): Promise<CryptoKeyPair> =>
  (await crypto.subtle.generateKey(KEY, true, ['sign', 'verify'])) as CryptoKeyPair

const serialNumber = (): string => crypto.randomUUID().replaceAll('-', '')

async function toPkcs8(key: CryptoKey): Promise<string> {
  // Exported as pkcs8 a key is bytes.
  const bytes = new Uint8Array((await crypto.subtle.exportKey('pkcs8', key)) as ArrayBuffer)
  const lines = btoa(String.fromCharCode(...bytes)).match(/.{1,64}/g) ?? []
  return `-----BEGIN PRIVATE KEY-----\n${lines.join('\n')}\n-----END PRIVATE KEY-----\n`
}

async function fromPkcs8(pem: string): Promise<CryptoKey> {
  const bytes = Uint8Array.from(atob(pem.replace(/-----[^-]+-----|\s/g, '')), (char) => char.charCodeAt(0))
  return crypto.subtle.importKey('pkcs8', bytes, KEY, false, ['sign'])
}
