/** Builds the Worker as `wrangler deploy` does, without deploying, and prints its size; fails if it does not build. */
import { spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '..')
const out = join(root, 'dist', 'dry-run')
const result = spawnSync(join(root, 'node_modules', '.bin', 'wrangler'), ['deploy', '--dry-run', '--outdir', out], {
  cwd: root,
  encoding: 'utf8',
  env: { ...process.env, WRANGLER_SEND_METRICS: 'false', CI: 'true' },
})
const size = /Total Upload: .*/.exec(result.stdout)?.[0]
rmSync(out, { recursive: true, force: true })
if (result.status !== 0 || !size) {
  console.error(result.stdout, result.stderr)
  process.exit(1)
}
console.log(`wrangler deploy --dry-run: ${size}`)
