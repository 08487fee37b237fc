/**
 * `npm test`: everything, layer by layer, with what each took. Ends with a line that counts them all.
 * Each layer is a command of its own, so that one can be run alone (the names are the arguments).
 */
import { spawnSync } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative, resolve } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { ensurePackages } from './packages.ts'

const root = resolve(import.meta.dirname, '..')

interface Layer {
  readonly name: string
  readonly command: readonly string[]
  /** A vitest layer, whose tests are counted. */
  readonly counts?: true
}

const vitest = (project: string, config?: string): Layer => ({
  name: project,
  command: ['vitest', 'run', ...(config ? ['--config', config] : ['--project', project])],
  counts: true,
})

const LAYERS: readonly Layer[] = [
  { name: 'lint', command: ['biome', 'check'] },
  { name: 'types', command: ['tsc', '-p', 'tsconfig.json'] },
  { name: 'types-node', command: ['tsc', '-p', 'tsconfig.node.json'] },
  { name: 'worker-size', command: ['node', 'scripts/worker-size.ts'] },
  vitest('unit'),
  vitest('simulation'),
  vitest('workers', 'vitest.workers.config.ts'),
  vitest('agent', 'agent/vitest.config.ts'),
  vitest('e2e'),
]

const wanted = process.argv.slice(2)
const layers = wanted.length === 0 ? LAYERS : LAYERS.filter((layer) => wanted.includes(layer.name))
if (layers.length === 0) {
  console.error(`no such layer; one of: ${LAYERS.map((layer) => layer.name).join(', ')}`)
  process.exit(2)
}

ensurePackages()

/** Of one failure's message: enough for an assertion or a command's standard error. */
const FAILURE_CHARACTERS = 800

let passed = 0
let failed = 0
/** What failed and why, said again at the end: a log is often cut to its last lines. */
const failures: string[] = []
const took: { name: string; seconds: number; isGood: boolean }[] = []

for (const layer of layers) {
  console.log(`\n── ${layer.name}`)
  const started = performance.now()
  const isGood = run(layer)
  took.push({ name: layer.name, seconds: (performance.now() - started) / 1000, isGood })
}

console.log('')
for (const { name, seconds, isGood } of took)
  console.log(`${isGood ? 'ok    ' : 'FAILED'} ${name.padEnd(14)} ${seconds.toFixed(1)} s`)
for (const line of failures) console.log(`\n${line}`)
console.log(`\n${passed} passed, ${failed} failed`)
process.exit(failed > 0 || took.some((layer) => !layer.isGood) ? 1 : 0)

function run(layer: Layer): boolean {
  const report = join(tmpdir(), `skycrane-test-${process.pid}-${layer.name}.json`)
  const [program = '', ...args] = layer.command
  const reporters = layer.counts ? ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`] : []
  const result = spawnSync(join(root, 'node_modules', '.bin', program), [...args, ...reporters], {
    cwd: root,
    stdio: 'inherit',
  })
  const isGood = result.status === 0
  if (layer.counts) count(report, layer.name)
  else if (isGood) passed += 1
  else failed += 1
  rmSync(report, { force: true })
  return isGood
}

interface Report {
  readonly numPassedTests: number
  readonly testResults: readonly {
    readonly name: string
    readonly status: string
    /** Why the file failed as a whole, in its set-up for example. */
    readonly message: string
    readonly assertionResults: readonly {
      readonly fullName: string
      readonly status: string
      readonly failureMessages: readonly string[]
    }[]
  }[]
}

function count(report: string, layer: string): void {
  let results: Report
  try {
    results = JSON.parse(readFileSync(report, 'utf8')) as Report
  } catch {
    failed += 1
    failures.push(`${layer}: ended without a report`)
    return
  }
  passed += results.numPassedTests
  for (const file of results.testResults) {
    const broken = file.assertionResults.filter(({ status }) => status === 'failed')
    for (const { fullName, failureMessages } of broken) fail(file.name, fullName, failureMessages.join('\n'))
    if (file.status === 'failed' && broken.length === 0) fail(file.name, 'its set-up', file.message)
  }
}

function fail(file: string, what: string, why: string): void {
  failed += 1
  failures.push(`${relative(root, file)}: ${what}\n${stripVTControlCharacters(why).slice(0, FAILURE_CHARACTERS)}`)
}
