import { describe, expect, it } from 'vitest'
import { createFanOut } from './fan-out.ts'

function world() {
  const turns: (() => void)[] = []
  const told: string[] = []
  function* job(name: string, steps: number): Generator<undefined> {
    for (let step = 0; step < steps; step++) {
      if (step > 0) yield
      told.push(`${name}${step}`)
    }
  }
  function* broken(): Generator<undefined> {
    yield
    throw new Error('broken')
  }
  const settle = () => {
    for (let next = turns.shift(); next; next = turns.shift()) next()
  }
  return {
    fanOut: createFanOut((work) => void turns.push(work)),
    told,
    job,
    broken,
    turn: () => turns.shift()?.(),
    settle,
  }
}

describe('fan-out', () => {
  it('begins at once, and goes on a step a turn', () => {
    const { fanOut, job, told, turn } = world()
    fanOut.run(job('a', 3), 1)
    expect(told).toEqual(['a0'])
    turn()
    expect(told).toEqual(['a0', 'a1'])
    turn()
    expect(told).toEqual(['a0', 'a1', 'a2'])
  })

  it('tells what is left of one job before the next begins, and none of it twice', () => {
    const { fanOut, job, told, settle } = world()
    fanOut.run(job('a', 3), 1)
    fanOut.run(job('b', 2), 1)
    expect(told).toEqual(['a0', 'a1', 'a2', 'b0'])
    settle()
    expect(told).toEqual(['a0', 'a1', 'a2', 'b0', 'b1'])
  })

  it('tells at once in a busy cluster', () => {
    const { fanOut, job, told, settle } = world()
    fanOut.run(job('a', 2), 1)
    fanOut.run(job('b', 2), 64)
    expect(told).toEqual(['a0', 'a1', 'b0', 'b1'])
    settle()
    expect(told).toHaveLength(4)
  })

  it('goes on after a job that broke', () => {
    const { fanOut, job, broken, told, turn } = world()
    fanOut.run(broken(), 1)
    expect(turn).toThrow('broken')
    fanOut.run(job('a', 1), 1)
    expect(told).toEqual(['a0'])
  })
})
