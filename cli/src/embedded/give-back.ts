/**
 * Gives memory back that starting took: the bundle and the runtime's configuration stood in buffers of some 90 MB, which
 * Node would collect with its next garbage, of which a process that only holds the runtime makes none.
 */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

export function giveMemoryBack(): void {
  setFlagsFromString('--expose-gc')
  // Node has no other way to it once it runs; a context made after the flag has it among its globals.
  const collect: unknown = runInNewContext('gc')
  if (typeof collect === 'function') collect()
}
