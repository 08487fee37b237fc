/** What is used of Node's crypto in workerd (nodejs_compat): digests without waiting. */
declare module 'node:crypto' {
  interface Hash {
    update(text: string): Hash
    digest(encoding: 'base64' | 'hex'): string
  }
  export function createHash(algorithm: 'sha256'): Hash
}
