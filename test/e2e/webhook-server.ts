/** A webhook as clusters have them: HTTPS with a certificate of a CA of its own, in this process. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { serverCertificate } from '../../cli/src/embedded/certificates.ts'

export interface Review {
  readonly apiVersion: string
  readonly kind: string
  // biome-ignore lint/suspicious/noExplicitAny: an admission or conversion request, looked into by tests only.
  readonly request: any
}

export interface WebhookServer {
  readonly port: number
  /** As a clientConfig has it. */
  readonly caBundle: string
  readonly reviews: readonly Review[]
  stop(): Promise<void>
}

/** `names`: what its certificate is for. */
export async function startWebhook(
  { host, names }: { readonly host: string; readonly names: readonly string[] },
  answer: (review: Review) => object,
): Promise<WebhookServer> {
  const folder = mkdtempSync(join(tmpdir(), 'skycrane-webhook-'))
  const { ca, certificate, key } = await serverCertificate(folder, names)
  const reviews: Review[] = []
  const server = createServer({ key, cert: certificate }, async (request, response) => {
    let text = ''
    for await (const chunk of request) text += chunk
    const review = JSON.parse(text) as Review
    reviews.push(review)
    const { apiVersion, kind } = review
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ apiVersion, kind, response: { uid: review.request.uid, ...answer(review) } }))
  })
  await new Promise<void>((done) => server.listen(0, host, done))
  return {
    // It listens on an address.
    port: (server.address() as AddressInfo).port,
    caBundle: Buffer.from(ca).toString('base64'),
    reviews,
    async stop() {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** PEM of a CA that nothing here is signed by. */
export async function strangersBundle(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'skycrane-webhook-'))
  await serverCertificate(folder, ['stranger.test'])
  const ca = readFileSync(join(folder, 'ca.crt')).toString('base64')
  rmSync(folder, { recursive: true, force: true })
  return ca
}
