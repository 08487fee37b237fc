import { describe, expect, it } from 'vitest'
import { answering, type Callout, CalloutsNeeded, createAttempts, forEachGathering } from './attempt.ts'

function world() {
  let drawn = 0
  let now = 1000
  const attempts = createAttempts({ next: () => ++drawn, uuid: () => `uuid-${++drawn}` }, { now: () => now++ })
  return { attempts, random: attempts.random, clock: attempts.clock }
}

function callout(key: string, asked: string[], answer: unknown = `answer to ${key}`): Callout<unknown> {
  return {
    key,
    async ask() {
      asked.push(key)
      return answer
    },
  }
}

/** Runs work until it has all its answers. */
async function settle<T>(work: () => T, ask: (needed: CalloutsNeeded) => Promise<void>): Promise<T> {
  for (;;) {
    try {
      return work()
    } catch (error) {
      if (!(error instanceof CalloutsNeeded)) throw error
      await ask(error)
    }
  }
}

describe('an attempt', () => {
  it('asks each question once, and answers in the order of the questions', async () => {
    const asked: string[] = []
    const { attempts } = world()
    const attempt = attempts.begin()
    const questions = ['a', 'b', 'c'].map((key) => callout(key, asked))
    const work = () => attempt.run(() => [attempt.answers.of(questions.slice(0, 1)), attempt.answers.of(questions)])
    expect(await settle(work, attempt.ask)).toEqual([['answer to a'], ['answer to a', 'answer to b', 'answer to c']])
    expect(asked).toEqual(['a', 'b', 'c'])
  })

  it('has the same chance and time in every run, and others have others', async () => {
    const { attempts, random, clock } = world()
    const seen: unknown[] = []
    const attempt = attempts.begin()
    const work = () =>
      attempt.run(() => {
        seen.push([random.next(), random.uuid(), clock.now(), clock.now()])
        return attempt.answers.of([callout('a', [])])
      })
    await settle(work, attempt.ask)
    expect(seen).toHaveLength(2)
    expect(seen[0]).toEqual(seen[1])
    const other = attempts.begin().run(() => [random.next(), random.uuid(), clock.now()])
    expect(other).not.toEqual((seen[0] as unknown[]).slice(0, 3))
  })

  it('lets one part draw more than before, and the next draws what it drew', () => {
    const { attempts, random } = world()
    const attempt = attempts.begin()
    const draws = (first: number) =>
      attempt.run(() => [
        attempt.part(0, () => Array.from({ length: first }, random.uuid)),
        attempt.part(1, () => [random.uuid()]),
      ])
    const [, before] = draws(1)
    const [, after] = draws(3)
    expect(after).toEqual(before)
  })

  it('begins anew once it has been forgotten', async () => {
    const asked: string[] = []
    const { attempts, random } = world()
    const attempt = attempts.begin()
    const work = () => attempt.run(() => [random.uuid(), ...attempt.answers.of([callout('a', asked)])])
    const first = await settle(work, attempt.ask)
    attempt.forget()
    expect(await settle(work, attempt.ask)).not.toEqual(first)
    expect(asked).toEqual(['a', 'a'])
  })

  it('asks sixteen at a time, however many there are', async () => {
    const { attempts } = world()
    const attempt = attempts.begin()
    let open = 0
    let most = 0
    const slow = (key: string): Callout<unknown> => ({
      key,
      async ask() {
        open += 1
        most = Math.max(most, open)
        await Promise.resolve()
        open -= 1
      },
    })
    await attempt.ask(new CalloutsNeeded(Array.from({ length: 100 }, (_, index) => slow(`${index}`))))
    expect(most).toBe(16)
  })

  it('fails as the asking does', async () => {
    const attempt = world().attempts.begin()
    const needed = new CalloutsNeeded([{ key: 'a', ask: () => Promise.reject(new Error('no')) }])
    await expect(attempt.ask(needed)).rejects.toThrow('no')
  })
})

describe('forEachGathering', () => {
  const missing = (key: string) => {
    throw new CalloutsNeeded([callout(key, [])])
  }

  it('does all of the work, and asks for all that it lacks at once', () => {
    const done: string[] = []
    const work = (item: string) => (item.startsWith('?') ? missing(item) : void done.push(item))
    try {
      forEachGathering(['a', '?b', 'c', '?d'], work)
      expect.unreachable()
    } catch (error) {
      expect((error as CalloutsNeeded).callouts.map(({ key }) => key)).toEqual(['?b', '?d'])
    }
    expect(done).toEqual(['a', 'c'])
  })

  it('lets other errors pass, but for those that may only follow from what is missing', () => {
    const fail = (item: string) => {
      if (item === '!') throw new Error('broken')
      missing(item)
    }
    expect(() => forEachGathering(['!', 'a'], fail)).toThrow('broken')
    expect(() => forEachGathering(['a', '!'], fail)).toThrow(CalloutsNeeded)
  })
})

describe('answering', () => {
  it('reads anew after each answer, and gives up where there is no end to it', async () => {
    const memory = new Set<string>()
    const read = () => {
      for (const key of ['a', 'b'])
        if (!memory.has(key)) throw new CalloutsNeeded([{ key, ask: async () => memory.add(key) }])
      return [...memory]
    }
    expect(await answering(read)).toEqual(['a', 'b'])
    const never = () => {
      throw new CalloutsNeeded([callout('x', [])])
    }
    await expect(answering(never)).rejects.toThrow(CalloutsNeeded)
  })
})
