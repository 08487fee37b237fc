/** ServiceAccount tokens of Pods, asked for once and renewed at 80 % of their life (or a day), as the kubelet does. */
import type { Pod } from '../../../src/kube/types.ts'
import type { TokenRequest, TokenResponse } from '../../../src/protocol/agent.ts'

const RENEW_AT = 0.8
const MAX_AGE_MS = 24 * 3600_000

interface Held {
  readonly token: string
  readonly renewAt: number
  readonly expiresAt: number
}

export class TokenCache {
  readonly #held = new Map<string, Held>()
  readonly #ask: (request: TokenRequest) => Promise<TokenResponse>
  readonly #now: () => number

  constructor(ask: (request: TokenRequest) => Promise<TokenResponse>, now: () => number) {
    this.#ask = ask
    this.#now = now
  }

  /** A token due for renewal that cannot be renewed serves on until it expires: the control plane may be away. */
  async token(pod: Pod, audience: string | undefined, expirationSeconds: number): Promise<string> {
    const key = `${pod.metadata.uid}/${audience ?? ''}/${expirationSeconds}`
    const held = this.#held.get(key)
    if (held && this.#now() < held.renewAt) return held.token
    try {
      return await this.#renew(key, pod, { audience, expirationSeconds })
    } catch (error) {
      if (held && this.#now() < held.expiresAt) return held.token
      throw error
    }
  }

  /** When the Pod's volumes want a look again for a token's sake. */
  renewalOf(uid: string): number | undefined {
    const times = [...this.#held].filter(([key]) => key.startsWith(`${uid}/`)).map(([, held]) => held.renewAt)
    return times.length === 0 ? undefined : Math.min(...times)
  }

  forget(uid: string): void {
    for (const key of this.#held.keys()) if (key.startsWith(`${uid}/`)) this.#held.delete(key)
  }

  async #renew(
    key: string,
    pod: Pod,
    { audience, expirationSeconds }: { audience?: string; expirationSeconds: number },
  ) {
    const asked = this.#now()
    const { token, expirationTimestamp } = await this.#ask({
      pod: { namespace: pod.metadata.namespace ?? '', name: pod.metadata.name, uid: pod.metadata.uid },
      serviceAccount: pod.spec.serviceAccountName ?? 'default',
      audiences: audience ? [audience] : [],
      expirationSeconds,
    })
    const expiresAt = Date.parse(expirationTimestamp)
    const renewAt = asked + Math.min(MAX_AGE_MS, (expiresAt - asked) * RENEW_AT)
    this.#held.set(key, { token, renewAt, expiresAt })
    return token
  }
}
