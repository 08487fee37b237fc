/**
 * The first thing every command runs, with whatever Node the machine has and before any dependency is there: installs
 * the dependencies if they are missing or out of date, then runs the command on the Node they bring (24).
 */
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const [command = '', ...args] = process.argv.slice(2)

const COMMANDS = {
  start: ['cli/src/start.ts'],
  serve: ['cli/src/serve.ts'],
  test: ['test/run.ts'],
  bench: ['bench/run.ts'],
}

function run(program, parameters, options = {}) {
  const result = spawnSync(program, parameters, { cwd: root, stdio: 'inherit', ...options })
  if (result.error) throw result.error
  return result.status ?? 1
}

/**
 * npm install, once for each state of the lock file; its own output goes to standard error, so that `serve` stays clean.
 * Not `npm ci`: it refuses a lock file made where the registry has not every platform's optional packages.
 */
function installDependencies() {
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex')
  const stamp = join(root, 'node_modules', '.skycrane-installed')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return
  console.error('Installing dependencies ...')
  const status = run('npm', ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel', 'error'], {
    stdio: ['ignore', 2, 2],
  })
  if (status !== 0) {
    console.error('npm install failed; is there a network?')
    process.exit(status)
  }
  mkdirSync(dirname(stamp), { recursive: true })
  writeFileSync(stamp, lock)
}

/**
 * To glibc's malloc: one arena, and what is freed goes back to the system. The process that holds the runtime allocates
 * while it starts, and is then there for as long as the cluster is.
 */
const MALLOC = { MALLOC_ARENA_MAX: '1', MALLOC_MMAP_THRESHOLD_: '65536', MALLOC_TRIM_THRESHOLD_: '65536' }

const script = COMMANDS[command]
if (!script) {
  console.error(`unknown command ${JSON.stringify(command)}; one of: ${Object.keys(COMMANDS).join(', ')}`)
  process.exit(2)
}
installDependencies()
const child = spawn(join(root, 'node_modules', '.bin', 'node'), [...script, ...args], {
  cwd: root,
  stdio: 'inherit',
  env: {
    ...process.env,
    ...(command === 'start' || command === 'serve' ? MALLOC : {}),
    PATH: `${join(root, 'node_modules', '.bin')}:${process.env.PATH ?? ''}`,
  },
})
// A terminal's Ctrl-C reaches the child by itself; whoever signals only this process means the child too.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
child.on('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)))
