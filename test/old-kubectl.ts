/**
 * kubectl 1.20, which clusters made for `compat: 1.20` must suit: Debian 12's package, unpacked into a cache beside the
 * machine's own kubectl, which stays as it is. Where the package isn't to be had, its tests say so and are left out.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'

const PACKAGE = 'kubernetes-client=1.20*'

export const oldKubectl = resolve(import.meta.dirname, '..', 'node_modules', '.cache', 'kubectl-1.20', 'kubectl')
export const hasOldKubectl = (): boolean => existsSync(oldKubectl)

export function ensureOldKubectl(): void {
  if (hasOldKubectl()) return
  const folder = mkdtempSync(join(tmpdir(), 'skycrane-kubectl-'))
  const runs = (program: string, ...args: string[]): boolean =>
    spawnSync(program, args, { cwd: folder, stdio: 'ignore' }).status === 0
  try {
    const isDownloaded =
      runs('apt-get', 'download', PACKAGE) || (runs('apt-get', 'update') && runs('apt-get', 'download', PACKAGE))
    const file = isDownloaded ? readdirSync(folder).find((name) => name.endsWith('.deb')) : undefined
    if (file === undefined || !runs('dpkg-deb', '-x', file, 'unpacked')) {
      console.log(`The tests with kubectl 1.20 are left out: there is no package ${PACKAGE} here`)
      return
    }
    mkdirSync(dirname(oldKubectl), { recursive: true })
    cpSync(join(folder, 'unpacked', 'usr', 'bin', 'kubectl'), oldKubectl)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
