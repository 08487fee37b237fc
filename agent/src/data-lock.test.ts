import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { lockData, lockPath } from './data-lock.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'skycrane-lock-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const startOf = (pid: number | undefined) => readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[19]

describe('lockData', () => {
  it('keeps a second agent out while the first lives', async () => {
    const other = spawn('sleep', ['60'])
    writeFileSync(lockPath(folder), JSON.stringify({ pid: other.pid, startedAt: startOf(other.pid) }))
    expect(() => lockData(folder)).toThrow(`another agent (process ${other.pid}) uses ${folder}`)
    const exit = new Promise((done) => other.once('exit', done))
    other.kill('SIGKILL')
    await exit
    expect(() => lockData(folder)).not.toThrow()
  })

  it('takes no process for the agent that only has its number', () => {
    writeFileSync(lockPath(folder), JSON.stringify({ pid: 1, startedAt: 'another time' }))
    expect(() => lockData(folder)).not.toThrow()
  })

  it('can be taken again once it was let go of, and by the same process', () => {
    lockData(folder).release()
    lockData(folder)
    expect(() => lockData(folder)).not.toThrow()
  })
})
