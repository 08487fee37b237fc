/** The certificate that the `kubernetes` Service is served with: the key is made here, the cluster's CA signs. */
import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import { Pkcs10CertificateRequestGenerator } from '@peculiar/x509'
import type { CertificateRequest, CertificateResponse } from '../../../src/protocol/agent.ts'

export interface ServingCertificate {
  /** PEM. */
  readonly key: string
  readonly certificate: string
  /** Milliseconds since the epoch: well before it ends. */
  readonly renewAt: number
}

const KEY = { name: 'ECDSA', namedCurve: 'P-256' }
const SIGNATURE = { name: 'ECDSA', hash: 'SHA-256' }
const RENEW_AT = 0.7

export async function newCertificate(
  ask: (request: CertificateRequest) => Promise<CertificateResponse>,
  now: number,
): Promise<ServingCertificate> {
  const keys = (await webcrypto.subtle.generateKey(KEY, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair
  const csr = await Pkcs10CertificateRequestGenerator.create({
    name: 'CN=kubernetes',
    keys,
    signingAlgorithm: SIGNATURE,
  })
  const answer = await ask({ csr: csr.toString('pem') })
  const exported = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64')
  const key = `-----BEGIN PRIVATE KEY-----\n${exported.match(/.{1,64}/g)?.join('\n')}\n-----END PRIVATE KEY-----\n`
  return { key, certificate: answer.certificate, renewAt: now + (Date.parse(answer.notAfter) - now) * RENEW_AT }
}
