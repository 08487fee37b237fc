import { describe, expect, it } from 'vitest'
import { createFanOut } from './fan-out.ts'

function world() {
  const turns: (() => void)[] = []
  const told: string[] = []
  const fanOut = createFanOut((work) => void turns.push(work))
  return {
    told,
    run(name: string, steps: number) {
      fanOut.run(
        (function* () {
          for (let step = 0; step < steps; step++) {
            if (step > 0) yield
            told.push(`${name}${step}`)
          }
        })(),
      )
    },
    fail() {
      fanOut.run(
        // biome-ignore lint/correctness/useYield: it ends before it could.
        (function* () {
          throw new Error('broken')
        })(),
      )
    },
    turn: () => turns.shift()?.(),
    waiting: () => turns.length,
  }
}

describe('fan-out', () => {
  it('begins at once, goes on a step a turn, and waits for nothing when all is told', () => {
    const { run, told, turn, waiting } = world()
    run('a', 3)
    expect(told).toEqual(['a0'])
    turn()
    turn()
    expect(told).toEqual(['a0', 'a1', 'a2'])
    turn()
    expect(waiting()).toBe(0)
  })

  it('tells in order: a later job begins when those before are done', () => {
    const { run, told, turn } = world()
    run('a', 2)
    run('b', 2)
    for (let turns = 0; turns < 6; turns++) turn()
    expect(told).toEqual(['a0', 'a1', 'b0', 'b1'])
  })

  it('does all at once where too much waits', () => {
    const { run, told, turn } = world()
    for (let job = 0; job < 65; job++) run(`${job}-`, 2)
    expect(told).toHaveLength(130)
    expect(told.slice(0, 3)).toEqual(['0-0', '0-1', '1-0'])
    turn()
    run('next', 1)
    expect(told.at(-1)).toBe('next0')
  })

  it('goes on after a job that broke', () => {
    const { run, fail, told } = world()
    expect(fail).toThrow('broken')
    run('a', 1)
    expect(told).toEqual(['a0'])
  })
})
