/**
 * What controllers want signed with the cluster's keys: certificates that were approved, tokens that Secrets are to hold.
 * To sign takes turns of its own, so it follows the commit that wished for it; what an eviction loses is wished again.
 */
import { pemOf } from '../kube/certificates/request.ts'
import { clone } from '../kube/json.ts'
import { keyText } from '../kube/object.ts'
import { certificateSigningRequests } from '../kube/resources/certificates/certificate-signing-request.ts'
import { secrets } from '../kube/resources/core/secret.ts'
import { serviceAccounts } from '../kube/resources/core/service-account.ts'
import { accountNameOf, withToken } from '../kube/service-account-secrets.ts'
import type { Store } from '../store/store.ts'
import type { Clock, Operations } from './apiserver/operations.ts'
import type { Wish } from './engine/writes.ts'
import type { TokenIssuer } from './service-account-tokens.ts'

/** A certificate to be signed as a CertificateSigningRequest asks for it. */
export interface SigningRequest {
  /** PEM of the PKCS#10 request: subject, names and key are taken from it. */
  readonly csr: string
  /** As CertificateSigningRequests name them. */
  readonly usages: readonly string[]
  readonly seconds: number
}

export interface CertificateSigner {
  /** Answers PEM. Throws where the request is not signed by its own key. */
  sign(request: SigningRequest): Promise<string>
}

export interface SignaturesOptions {
  readonly store: Store
  readonly operations: Operations
  readonly tokens: TokenIssuer
  readonly certificates: CertificateSigner
  /** PEM. */
  readonly caCertificate: () => string
  readonly clock: Clock
  readonly commit: (work: () => void) => Promise<void>
  readonly log: (message: string, fields: Record<string, unknown>) => void
}

export interface Signatures {
  wish(wish: Wish): void
  /** Begins what has been wished for; called once the wishes are committed. */
  fulfil(): void
}

/** kube-controller-manager's --cluster-signing-duration. */
const DEFAULT_SECONDS = 365 * 24 * 3600
const BY = { name: 'kube-controller-manager' }
const BY_STATUS = { ...BY, subresource: 'status' }

export function createSignatures(options: SignaturesOptions): Signatures {
  const { store, operations, tokens, certificates, caCertificate, clock, commit, log } = options
  const wishes = new Map<string, Wish>()
  const inWork = new Set<string>()

  async function certificate({ key, uid }: Wish): Promise<void> {
    const request = store.get(certificateSigningRequests, key)
    if (request?.metadata.uid !== uid || request.status.certificate) return
    const { request: csr = '', usages = [], expirationSeconds = DEFAULT_SECONDS } = request.spec
    const signed = await certificates
      .sign({ csr: pemOf(csr) ?? '', usages, seconds: Math.min(Number(expirationSeconds), DEFAULT_SECONDS) })
      .then((pem) => ({ certificate: btoa(pem) }))
      .catch((error: unknown) => ({ failure: error instanceof Error ? error.message : String(error) }))
    await commit(() => {
      const current = store.get(certificateSigningRequests, key)
      if (current?.metadata.uid !== uid || current.status.certificate) return
      const next = clone(current)
      if ('certificate' in signed) next.status.certificate = signed.certificate
      else
        next.status.conditions = [
          ...(next.status.conditions ?? []),
          { type: 'Failed', status: 'True', reason: 'SignerValidationFailure', message: signed.failure },
        ]
      operations.update(certificateSigningRequests, key, next, 'status', BY_STATUS)
    })
  }

  async function token({ key, uid }: Wish): Promise<void> {
    const secret = store.get(secrets, key)
    const account = secret && store.get(serviceAccounts, { namespace: key.namespace, name: accountNameOf(secret) })
    if (secret?.metadata.uid !== uid || account === undefined) return
    const issued = await tokens.issue({
      account,
      bound: { kind: 'Secret', name: key.name, uid },
      audiences: [],
      seconds: undefined,
      now: clock.now(),
    })
    await commit(() => {
      const current = store.get(secrets, key)
      if (current?.metadata.uid !== uid) return
      operations.update(
        secrets,
        key,
        withToken(current, account, { token: issued.token, ca: caCertificate() }),
        'object',
        BY,
      )
    })
  }

  async function work(id: string, wish: Wish): Promise<void> {
    inWork.add(id)
    try {
      await (wish.what === 'certificate' ? certificate(wish) : token(wish))
    } catch (error) {
      log('signing failed', { what: wish.what, key: keyText(wish.key), error: String(error) })
    } finally {
      inWork.delete(id)
    }
  }

  return {
    wish(wish) {
      wishes.set(`${wish.what} ${wish.uid}`, wish)
    },
    fulfil() {
      for (const [id, wish] of wishes) {
        wishes.delete(id)
        if (!inWork.has(id)) void work(id, wish)
      }
    },
  }
}
