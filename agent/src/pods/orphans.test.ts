import { describe, expect, it } from 'vitest'
import { stopOrphan } from './orphans.ts'
import { exited, observedOf, running, seen } from './testing.ts'

/** Containers that end when they get the signal they listen to. */
function engine(obeys: Record<string, string>) {
  const signals: string[] = []
  const ended = new Set<string>()
  return {
    signals,
    kill: async (id: string, signal: string) => {
      signals.push(`${signal} ${id}`)
      if (signal === 'SIGKILL' || obeys[id] === signal) ended.add(id)
    },
    exited: async (id: string, signal: AbortSignal) => {
      if (!ended.has(id)) await new Promise((resolve) => signal.addEventListener('abort', resolve))
    },
  }
}

describe('an orphan', () => {
  it('is asked to end, by its own signal', async () => {
    const docker = engine({ 'web-0': 'SIGQUIT' })
    const web = seen('web', running, { stopSignal: 'SIGQUIT', graceSeconds: 3600 })
    await stopOrphan(observedOf([web, seen('done', exited(0))]), docker)
    expect(docker.signals).toEqual(['SIGQUIT web-0', 'SIGKILL web-0'])
  })

  it('that does not listen is killed when its time is up, or when nobody waits so long', async () => {
    const docker = engine({})
    await stopOrphan(observedOf([seen('short', running, { graceSeconds: 0 })]), docker)
    await stopOrphan(observedOf([seen('long', running, { graceSeconds: 3600 })]), docker, 0)
    expect(docker.signals).toEqual(['SIGTERM short-0', 'SIGKILL short-0', 'SIGTERM long-0', 'SIGKILL long-0'])
  })
})
