/** Bearer tokens: made once, shown once, kept as SHA-256. */

/** `skc_` and 32 random bytes: enough that nobody guesses one, and secret scanners know its form. */
export function newToken(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(32))
  return `skc_${base64url(bytes)}`
}

/** A name for rows: 12 random bytes, lower case letters and digits, as fit for paths and host names. */
export function newId(prefix: string): string {
  const letters = 'abcdefghijklmnopqrstuvwxyz0123456789'
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return `${prefix}${Array.from(bytes, (byte) => letters[byte % letters.length]).join('')}`
}

/** Hex of SHA-256. The tokens are random, so no salt or slow hash is needed. */
export async function hashOf(token: string): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(token)))
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '')
}
