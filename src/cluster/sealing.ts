/**
 * Seals what must not lie open in a database: AES-256-GCM under the deployment's key (a Worker secret). The sealed text
 * names the purpose as associated data, so one sealed thing can't stand in for another.
 */

const IV_BYTES = 12

export interface Sealer {
  seal(purpose: string, plain: string): Promise<string>
  /** Throws if the text was sealed under another key, for another purpose, or was changed. */
  open(purpose: string, sealed: string): Promise<string>
}

/** `key`: 32 bytes, base64. */
export function createSealer(key: string): Sealer {
  let imported: Promise<CryptoKey> | undefined
  const keyOf = () => {
    imported ??= crypto.subtle.importKey('raw', fromBase64(key), 'AES-GCM', false, ['encrypt', 'decrypt'])
    return imported
  }
  const additional = (purpose: string) => new TextEncoder().encode(purpose)
  return {
    async seal(purpose, plain) {
      const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES))
      const algorithm = { name: 'AES-GCM', iv, additionalData: additional(purpose) }
      const sealed = await crypto.subtle.encrypt(algorithm, await keyOf(), new TextEncoder().encode(plain))
      return `${toBase64(iv)}.${toBase64(new Uint8Array(sealed))}`
    },
    async open(purpose, sealed) {
      const [iv = '', text = ''] = sealed.split('.')
      const algorithm = { name: 'AES-GCM', iv: fromBase64(iv), additionalData: additional(purpose) }
      return new TextDecoder().decode(await crypto.subtle.decrypt(algorithm, await keyOf(), fromBase64(text)))
    },
  }
}

const toBase64 = (bytes: Uint8Array): string => btoa(String.fromCharCode(...bytes))
const fromBase64 = (text: string): Uint8Array<ArrayBuffer> => Uint8Array.from(atob(text), (char) => char.charCodeAt(0))
