/** A Pod's volumes on the host: made before its containers, kept up to date while it runs, removed with it. */
import { chmod, chown, lstat, mkdir, open, readdir, realpath, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { IVolumeMount } from 'kubernetes-models/v1'
import { bytesOf } from '../../../src/kube/quantity.ts'
import type { Pod } from '../../../src/kube/types.ts'
import { codeOf, type Log, messageOf } from '../log.ts'
import type { Container, Volume } from '../pods/containers.ts'
import { ConfigError } from '../pods/env.ts'
import { expand } from '../pods/expansion.ts'
import type { Mount } from '../runtime/runtime.ts'
import { writePayload } from './atomic-writer.ts'
import { mountTmpfs, unmountBelow } from './mounts.ts'
import { type PayloadContext, payloadOf } from './payload.ts'

/** Where each volume of a Pod is on the host. */
export type VolumePaths = ReadonlyMap<string, string>

/** A volume could not be set up; the Pod waits and it is tried again. */
export class MountError extends Error {
  readonly volume: string

  constructor(volume: string, cause: unknown) {
    super(`MountVolume.SetUp failed for volume "${volume}" : ${messageOf(cause)}`, { cause })
    this.volume = volume
  }
}

export class Volumes {
  readonly #root: string
  readonly #log: Log

  constructor(dataDir: string, log: Log) {
    this.#root = join(dataDir, 'pods')
    this.#log = log
  }

  podDir(uid: string): string {
    return join(this.#root, uid)
  }

  /** Idempotent: also brings volumes with a payload up to date. Throws MountError. */
  async setUp(pod: Pod, context: PayloadContext): Promise<VolumePaths> {
    const paths = new Map<string, string>()
    for (const volume of pod.spec.volumes ?? []) {
      try {
        paths.set(volume.name, await this.#setUpOne(pod, volume, context))
      } catch (error) {
        throw new MountError(volume.name, error)
      }
    }
    return paths
  }

  /** The Pod has ended: its volumes go, its termination messages stay until its object is gone. */
  async tearDown(uid: string): Promise<void> {
    const directory = this.podDir(uid)
    await unmountBelow(directory)
    await rm(join(directory, 'files'), { recursive: true, force: true })
    await rm(join(directory, 'volumes'), { recursive: true, force: true })
  }

  async remove(uid: string): Promise<void> {
    const directory = this.podDir(uid)
    await unmountBelow(directory)
    await rm(directory, { recursive: true, force: true })
  }

  /** Uids of Pods that left something on the disk. */
  async known(): Promise<string[]> {
    return readdir(this.#root).catch((error: unknown) => {
      if (codeOf(error) === 'ENOENT') return []
      throw error
    })
  }

  async #setUpOne(pod: Pod, volume: Volume, context: PayloadContext): Promise<string> {
    if (volume.hostPath) return hostPath(volume.hostPath.path, volume.hostPath.type ?? '')
    if (volume.emptyDir) return this.#emptyDir(pod, volume)
    const payload = await payloadOf(pod, volume, context)
    if (!payload) throw new Error('unsupported volume type')
    const directory = join(await this.#secretsDir(pod), volume.name)
    const hasChanged = await writePayload(directory, payload)
    if (hasChanged) await giveToGroup(directory, pod.spec.securityContext?.fsGroup)
    return directory
  }

  async #emptyDir(pod: Pod, volume: Volume): Promise<string> {
    const directory = join(this.podDir(pod.metadata.uid), 'volumes', volume.name)
    const isNew = (await mkdir(directory, { recursive: true })) !== undefined
    if (volume.emptyDir?.medium === 'Memory') {
      const { sizeLimit } = volume.emptyDir
      await mountTmpfs(directory, { mode: '0777', ...(sizeLimit ? { sizeBytes: bytesOf(sizeLimit) } : {}) })
    }
    if (isNew) {
      await chmod(directory, 0o777)
      await giveToGroup(directory, pod.spec.securityContext?.fsGroup)
    }
    return directory
  }

  /** Secrets and tokens stay off the disk where the host lets us mount a tmpfs. */
  async #secretsDir(pod: Pod): Promise<string> {
    const directory = join(this.podDir(pod.metadata.uid), 'files')
    await mkdir(directory, { recursive: true, mode: 0o755 })
    await mountTmpfs(directory, { mode: '0755' }).catch((error: unknown) =>
      this.#log.warn({ pod: pod.metadata.uid, error: messageOf(error) }, 'no tmpfs for secrets; they are on the disk'),
    )
    return directory
  }
}

async function hostPath(path: string, type: string): Promise<string> {
  if (type === 'DirectoryOrCreate') await mkdir(path, { recursive: true, mode: 0o755 })
  if (type === 'FileOrCreate') await (await open(path, 'a', 0o644)).close()
  const found = await stat(path).catch(() => undefined)
  if (type === '') {
    // As Docker did for the kubelet: a path that is not there becomes a directory.
    if (!found) await mkdir(path, { recursive: true, mode: 0o755 })
    return path
  }
  const is: Record<string, boolean | undefined> = {
    Directory: found?.isDirectory(),
    DirectoryOrCreate: found?.isDirectory(),
    File: found?.isFile(),
    FileOrCreate: found?.isFile(),
    Socket: found?.isSocket(),
    CharDevice: found?.isCharacterDevice(),
    BlockDevice: found?.isBlockDevice(),
  }
  if (!is[type]) throw new Error(`hostPath type check failed: ${path} is not a ${WHAT[type] ?? type}`)
  return path
}

const WHAT: Record<string, string> = {
  Directory: 'directory',
  DirectoryOrCreate: 'directory',
  File: 'file',
  FileOrCreate: 'file',
  Socket: 'socket file',
  CharDevice: 'character device',
  BlockDevice: 'block device',
}

/** fsGroup: the group owns everything, may write, and new files inherit it (SetVolumeOwnership). */
async function giveToGroup(path: string, gid: number | undefined): Promise<void> {
  if (gid === undefined) return
  const info = await lstat(path)
  if (info.isSymbolicLink()) return
  await chown(path, info.uid, gid)
  await chmod(path, (info.mode & 0o7777) | (info.isDirectory() ? 0o2770 : 0o660))
  if (!info.isDirectory()) return
  for (const name of await readdir(path)) await giveToGroup(join(path, name), gid)
}

/** A container's mounts of its Pod's volumes, sub-paths resolved. Throws ConfigError. */
export async function mountsOf(
  container: Container,
  paths: VolumePaths,
  env: ReadonlyMap<string, string>,
): Promise<Mount[]> {
  const mounts: Mount[] = []
  for (const mount of container.volumeMounts ?? []) {
    const base = paths.get(mount.name)
    if (base === undefined)
      throw new ConfigError(`cannot find volume "${mount.name}" to mount into container "${container.name}"`)
    mounts.push({
      source: await sourceOf(base, mount, env),
      target: mount.mountPath,
      isReadOnly: mount.readOnly ?? false,
      propagation: PROPAGATION[mount.mountPropagation ?? 'None'] ?? 'private',
    })
  }
  return mounts
}

const PROPAGATION: Record<string, Mount['propagation']> = {
  None: 'private',
  HostToContainer: 'rslave',
  Bidirectional: 'rshared',
}

/** A sub-path is followed through links but may not lead out of its volume; what is missing is made a directory. */
async function sourceOf(base: string, mount: IVolumeMount, env: ReadonlyMap<string, string>): Promise<string> {
  const subPath = mount.subPathExpr ? expand(mount.subPathExpr, (name) => env.get(name)) : mount.subPath
  if (!subPath) return base
  const wanted = join(base, subPath)
  const root = await realpath(base)
  if (!isBelow(wanted, base)) throw new ConfigError(`failed to prepare subPath for volumeMount "${mount.name}"`)
  await mkdir(wanted, { recursive: true, mode: 0o777 }).catch((error: unknown) => {
    if (codeOf(error) !== 'EEXIST') throw error
  })
  const real = await realpath(wanted)
  if (!isBelow(real, root))
    throw new ConfigError(`failed to prepare subPath for volumeMount "${mount.name}" of container`)
  return real
}

const isBelow = (path: string, root: string): boolean => path === root || path.startsWith(`${root}/`)
