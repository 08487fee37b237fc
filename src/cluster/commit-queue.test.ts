import { describe, expect, it } from 'vitest'
import { createCommitQueue, Overloaded } from './commit-queue.ts'

function world() {
  const turns: (() => void)[] = []
  let commits = 0
  const queue = createCommitQueue({
    transaction: (work) => work(),
    committed: () => {
      commits += 1
    },
    later: (work) => void turns.push(work),
  })
  return {
    queue,
    commits: () => commits,
    /** Runs one turn; whether there was any. */
    turn() {
      const next = turns.shift()
      next?.()
      return next !== undefined
    },
  }
}

describe('commitQueue', () => {
  it('commits what arrived together at once, in order', async () => {
    const { queue, turn, commits } = world()
    const done: number[] = []
    const all = Promise.all([1, 2, 3].map((value) => queue.commit(() => done.push(value))))
    turn()
    await all
    expect(done).toEqual([1, 2, 3])
    expect(commits()).toBe(1)
  })

  it('lets one write fail without the others', async () => {
    const { queue, turn } = world()
    const fails = queue.commit(() => {
      throw new Error('refused')
    })
    const works = queue.commit(() => 'done')
    turn()
    await expect(fails).rejects.toThrow('refused')
    await expect(works).resolves.toBe('done')
  })

  it('leaves what is too much for a turn to the next', async () => {
    const { queue, turn, commits } = world()
    const all = Array.from({ length: 150 }, (_, index) => queue.commit(() => index))
    let turns = 0
    while (turn()) turns += 1
    expect(await Promise.all(all)).toHaveLength(150)
    expect({ turns, commits: commits() }).toEqual({ turns: 3, commits: 3 })
  })

  it('refuses what is more than can wait, and takes writes again when it has caught up', async () => {
    const { queue, turn } = world()
    const waiting = Array.from({ length: 4096 }, () => queue.commit(() => 1))
    await expect(queue.commit(() => 1)).rejects.toBeInstanceOf(Overloaded)
    while (turn());
    await Promise.all(waiting)
    const next = queue.commit(() => 'taken')
    turn()
    await expect(next).resolves.toBe('taken')
  })
})
