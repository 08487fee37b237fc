/**
 * Kubernetes' client for Python, Debian's package of 1.22's time, unchanged: what python/*.py claim about a cluster. They run
 * in one process, for the client takes a second to load.
 */
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ControlPlane, startControlPlane } from './control-plane.ts'

const folder = join(import.meta.dirname, 'python')
/** Debian's: another Python on the path would not have its packages. */
const PYTHON = '/usr/bin/python3'

const claimsOf = (file: string): string[] =>
  [...readFileSync(join(folder, file), 'utf8').matchAll(/^@claim\("(.+)"\)$/gm)].map(([, text]) => text ?? '')
const CLAIMS = ['typed.py', 'untyped.py'].map((file) => ({ file, claims: claimsOf(file) }))

interface Result {
  readonly claim: string
  readonly error: string | null
}

let plane: ControlPlane
const results = new Map<string, string | null>()

beforeAll(async () => {
  plane = await startControlPlane()
  // No bytecode beside the sources.
  const child = spawn(PYTHON, ['-B', join(folder, 'main.py'), plane.ready.kubeconfig], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let errors = ''
  child.stderr.on('data', (chunk) => (errors = `${errors}${chunk}`.slice(-4000)))
  for await (const line of createInterface({ input: child.stdout })) {
    const { claim, error } = JSON.parse(line) as Result
    results.set(claim, error)
  }
  if (results.size === 0) throw new Error(`Python said nothing: ${errors}`)
}, 120_000)

afterAll(() => plane?.stop(), 30_000)

describe.each(CLAIMS)("Python's client, $file", ({ claims }) => {
  it.each(claims)('%s', (claim) => {
    expect(results.has(claim)).toBe(true)
    expect(results.get(claim) ?? '').toBe('')
  })
})
