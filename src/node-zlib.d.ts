/** What of Node's zlib the Worker uses (compatibility flag nodejs_compat). */
declare module 'node:zlib' {
  export function gzipSync(data: Uint8Array, options?: { level?: number }): Uint8Array<ArrayBuffer>
  export function deflateRawSync(
    data: Uint8Array,
    options?: { level?: number; finishFlush?: number; chunkSize?: number },
  ): Uint8Array<ArrayBuffer>
  /** Of `data` alone, or of what stood before and had `value`. */
  export function crc32(data: Uint8Array, value?: number): number
  export const constants: { readonly Z_SYNC_FLUSH: number }
}
