/** What a PKCS#10 request (RFC 2986) asks for, as far as signers look at it. */
import 'reflect-metadata'
import { Pkcs10CertificateRequest, SubjectAlternativeNameExtension } from '@peculiar/x509'

export interface RequestedCertificate {
  readonly commonName: string
  readonly organizations: readonly string[]
  readonly dnsNames: readonly string[]
  readonly ipAddresses: readonly string[]
  /** Mail addresses and URIs. */
  readonly others: readonly string[]
}

const HEADER = '-----BEGIN CERTIFICATE REQUEST-----'

/** `request`: base64 of PEM, as a CertificateSigningRequest has it. Undefined where it can't be read. */
export function readRequest(request: string): RequestedCertificate | undefined {
  const pem = pemOf(request)
  if (!pem?.includes(HEADER)) return undefined
  try {
    const { subjectName, extensions } = new Pkcs10CertificateRequest(pem)
    const names = extensions
      .filter((extension) => extension instanceof SubjectAlternativeNameExtension)
      .flatMap((extension) => extension.names.items)
    const of = (...types: string[]) => names.filter(({ type }) => types.includes(type)).map(({ value }) => value)
    return {
      commonName: subjectName.getField('CN')[0] ?? '',
      organizations: subjectName.getField('O'),
      dnsNames: of('dns'),
      ipAddresses: of('ip'),
      others: of('email', 'url'),
    }
  } catch {
    return undefined
  }
}

export function pemOf(base64: string): string | undefined {
  try {
    return atob(base64)
  } catch {
    return undefined
  }
}
