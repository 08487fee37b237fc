/** Files of the state folder: whole or not at all, and readable by their owner only. */
import { renameSync, writeFileSync } from 'node:fs'

export function writePrivately(path: string, content: string): void {
  const temporary = `${path}.${process.pid}.tmp`
  writeFileSync(temporary, content, { mode: 0o600 })
  renameSync(temporary, path)
}
