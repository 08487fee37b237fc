/** A certificate authority for tests: signs what the agent asks to be signed. */
import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import * as x509 from '@peculiar/x509'
import type { CertificateRequest, CertificateResponse } from '../../../src/protocol/agent.ts'

export interface Authority {
  /** PEM. */
  readonly ca: string
  sign(request: CertificateRequest): Promise<CertificateResponse>
}

const KEY = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const DAY_MS = 86_400_000

export async function createAuthority(ips: readonly string[]): Promise<Authority> {
  const keys = (await webcrypto.subtle.generateKey(KEY, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=test-ca',
    keys,
    signingAlgorithm: KEY,
    extensions: [new x509.BasicConstraintsExtension(true, undefined, true)],
  })
  return {
    ca: ca.toString('pem'),
    async sign({ csr }) {
      const request = new x509.Pkcs10CertificateRequest(csr)
      const notAfter = new Date(Date.now() + DAY_MS)
      const signed = await x509.X509CertificateGenerator.create({
        subject: request.subject,
        issuer: ca.subject,
        notAfter,
        publicKey: request.publicKey,
        signingKey: keys.privateKey,
        signingAlgorithm: KEY,
        extensions: [
          new x509.SubjectAlternativeNameExtension([
            ...ips.map((value) => ({ type: 'ip' as const, value })),
            { type: 'dns', value: 'kubernetes.default.svc' },
          ]),
        ],
      })
      return { certificate: signed.toString('pem'), ca: ca.toString('pem'), notAfter: notAfter.toISOString() }
    },
  }
}
