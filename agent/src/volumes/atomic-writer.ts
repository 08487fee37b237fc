/**
 * Writes a volume's files so that a reader sees all of the old ones or all of the new: they live in a directory of
 * their own, and one rename turns the `..data` link to it (pkg/volume/util/atomic_writer.go).
 */
import {
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { codeOf } from '../log.ts'
import type { Payload } from './payload.ts'

const DATA = '..data'

/** Answers whether anything changed. */
export async function writePayload(directory: string, payload: Payload): Promise<boolean> {
  await mkdir(directory, { recursive: true, mode: 0o755 })
  const old = await readlink(join(directory, DATA)).catch(ignoreMissing)
  if (old !== undefined && (await isSame(join(directory, old), payload))) return false
  // Not joined: '..' alone would be the directory above.
  const fresh = await mkdtemp(`${directory}/..version_`)
  await chmod(fresh, 0o755)
  for (const [path, file] of payload) await writeOne(join(fresh, path), file.data, file.mode)
  const temporary = join(directory, '..data_tmp')
  await rm(temporary, { force: true })
  await symlink(fresh.slice(directory.length + 1), temporary)
  await rename(temporary, join(directory, DATA))
  await linkNames(directory, payload)
  if (old !== undefined) await rm(join(directory, old), { recursive: true, force: true })
  return true
}

async function writeOne(path: string, data: Buffer, mode: number): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o755 })
  await writeFile(path, data)
  // Not by the creation mode: the umask would cut it.
  await chmod(path, mode)
}

/** Each top-level name is a link into `..data`; links of names that are gone go too. */
async function linkNames(directory: string, payload: Payload): Promise<void> {
  const wanted = new Set([...payload.keys()].map((path) => path.split('/')[0] ?? path))
  for (const name of await readdir(directory)) {
    if (name.startsWith('..')) continue
    if (wanted.has(name)) wanted.delete(name)
    else await rm(join(directory, name), { force: true })
  }
  for (const name of wanted) await symlink(join(DATA, name), join(directory, name))
}

async function isSame(directory: string, payload: Payload): Promise<boolean> {
  const names = await filesBelow(directory).catch(ignoreMissing)
  if (names === undefined || names.length !== payload.size) return false
  for (const name of names) {
    const file = payload.get(name)
    const path = join(directory, name)
    if (file === undefined) return false
    if (!file.data.equals(await readFile(path))) return false
    if (((await lstat(path)).mode & 0o7777) !== file.mode) return false
  }
  return true
}

async function filesBelow(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true, recursive: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
}

function ignoreMissing(error: unknown): undefined {
  if (codeOf(error) === 'ENOENT' || codeOf(error) === 'EINVAL') return undefined
  throw error
}
