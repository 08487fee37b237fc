/** What of Node's zlib the Worker uses (compatibility flag nodejs_compat). */
declare module 'node:zlib' {
  export function gzipSync(data: Uint8Array, options?: { level?: number }): Uint8Array<ArrayBuffer>
  export function gunzipSync(data: Uint8Array): Uint8Array<ArrayBuffer>
}
