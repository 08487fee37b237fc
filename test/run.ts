/**
 * `npm test`: everything, layer by layer, with what each took. Ends with a line that counts them all.
 * Each layer is a command of its own, so that one can be run alone (the names are the arguments).
 */
import { spawnSync } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
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

let passed = 0
let failed = 0
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
  if (layer.counts) count(report)
  else if (isGood) passed += 1
  else failed += 1
  rmSync(report, { force: true })
  return isGood
}

function count(report: string): void {
  try {
    const { numPassedTests, numFailedTests } = JSON.parse(readFileSync(report, 'utf8')) as {
      numPassedTests: number
      numFailedTests: number
    }
    passed += numPassedTests
    failed += numFailedTests
  } catch {
    failed += 1
  }
}
