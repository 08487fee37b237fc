/**
 * The embedded server's own CA and certificate, made at the first start and kept in the state folder. The CA goes into
 * every kubeconfig, for kubectl sends its token over HTTPS only.
 */
import 'reflect-metadata'
import type { webcrypto } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509'
import { writePrivately } from './files.ts'

const KEY = { name: 'ECDSA', namedCurve: 'P-256' } as const
const SIGNATURE = { name: 'ECDSA', hash: 'SHA-256' } as const
const DAY_MS = 24 * 60 * 60 * 1000
const CA_DAYS = 3650
const SERVER_DAYS = 365
/** A certificate with less time than this left is made anew at the next start. */
const RENEW_DAYS = 60

export interface ServerCertificate {
  /** PEM. */
  readonly ca: string
  readonly certificate: string
  readonly key: string
}

/** `hosts`: names and IPv4 addresses that the server is reached by. */
export async function serverCertificate(folder: string, hosts: readonly string[]): Promise<ServerCertificate> {
  const kept = read(folder)
  if (kept && isUsable(kept.certificate, hosts)) return kept
  const authority = existsSync(join(folder, 'ca.key')) ? await loadAuthority(folder) : await createAuthority(folder)
  const keys = await newKeys()
  const certificate = await X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: 'CN=skycrane',
    issuer: authority.certificate.subject,
    notBefore: new Date(Date.now() - DAY_MS),
    notAfter: new Date(Date.now() + SERVER_DAYS * DAY_MS),
    publicKey: keys.publicKey,
    signingKey: authority.key,
    signingAlgorithm: SIGNATURE,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      new SubjectAlternativeNameExtension(hosts.map((value) => ({ type: isAddress(value) ? 'ip' : 'dns', value }))),
    ],
  })
  writePrivately(join(folder, 'server.key'), await toPem(keys.privateKey))
  writePrivately(join(folder, 'server.crt'), certificate.toString('pem'))
  const made = read(folder)
  if (!made) throw new Error(`the certificate could not be kept in ${folder}`)
  return made
}

function read(folder: string): ServerCertificate | undefined {
  const paths = ['ca.crt', 'server.crt', 'server.key'].map((name) => join(folder, name))
  if (!paths.every((path) => existsSync(path))) return undefined
  const [ca = '', certificate = '', key = ''] = paths.map((path) => readFileSync(path, 'utf8'))
  return { ca, certificate, key }
}

function isUsable(pem: string, hosts: readonly string[]): boolean {
  const certificate = new X509Certificate(pem)
  const names = certificate.getExtension(SubjectAlternativeNameExtension)?.names.items.map((item) => item.value) ?? []
  return (
    certificate.notAfter.getTime() - Date.now() > RENEW_DAYS * DAY_MS && hosts.every((host) => names.includes(host))
  )
}

async function createAuthority(folder: string) {
  const keys = await newKeys()
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: 'CN=skycrane-server-ca',
    notBefore: new Date(Date.now() - DAY_MS),
    notAfter: new Date(Date.now() + CA_DAYS * DAY_MS),
    keys,
    signingAlgorithm: SIGNATURE,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
    ],
  })
  writePrivately(join(folder, 'ca.key'), await toPem(keys.privateKey))
  writePrivately(join(folder, 'ca.crt'), certificate.toString('pem'))
  return { certificate, key: keys.privateKey }
}

async function loadAuthority(folder: string) {
  const pem = readFileSync(join(folder, 'ca.key'), 'utf8')
  const bytes = Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ''), 'base64')
  const key = await crypto.subtle.importKey('pkcs8', bytes, KEY, false, ['sign'])
  return { certificate: new X509Certificate(readFileSync(join(folder, 'ca.crt'), 'utf8')), key }
}

const newKeys = () => crypto.subtle.generateKey(KEY, true, ['sign', 'verify'])

const serialNumber = (): string => crypto.randomUUID().replaceAll('-', '')

const isAddress = (host: string): boolean => /^\d+(\.\d+){3}$/.test(host)

async function toPem(key: webcrypto.CryptoKey): Promise<string> {
  const text = Buffer.from(await crypto.subtle.exportKey('pkcs8', key)).toString('base64')
  return `-----BEGIN PRIVATE KEY-----\n${text.match(/.{1,64}/g)?.join('\n')}\n-----END PRIVATE KEY-----\n`
}
