import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { pauseProgram } from './pause-program.ts'

describe('the pause program', () => {
  it.each([
    ['x64', 62],
    ['arm64', 183],
  ] as const)('is a small ELF file for %s', (architecture, machine) => {
    const program = pauseProgram(architecture)
    expect(program.subarray(0, 4).toString('latin1')).toBe('\x7fELF')
    expect(program.readUInt16LE(18)).toBe(machine)
    expect(program.length).toBeLessThan(400)
    expect(program.readBigUInt64LE(96)).toBe(BigInt(program.length))
  })

  it.runIf(process.platform === 'linux' && process.arch === 'x64').each(['SIGTERM', 'SIGINT'] as const)(
    'waits, and exits with 0 on %s',
    async (signal) => {
      const folder = mkdtempSync(join(tmpdir(), 'pause-'))
      const path = join(folder, 'pause')
      writeFileSync(path, pauseProgram('x64'), { mode: 0o755 })
      const child = spawn(path)
      const exited = new Promise((resolve) => child.once('exit', (code) => resolve(code)))
      await new Promise((resolve) => child.once('spawn', resolve))
      expect(await Promise.race([exited, new Promise((resolve) => setTimeout(resolve, 50, 'waits'))])).toBe('waits')
      child.kill(signal)
      expect(await exited).toBe(0)
      rmSync(folder, { recursive: true })
    },
  )
})
