/**
 * Durable timers: one row each, all of them in memory too (there are few: one a key that waits), so that finding the
 * earliest costs no query. The owner of the store sets one alarm, at `earliest`.
 */
import { integer, type Sql, text } from './sql.ts'

export interface Timer {
  readonly owner: string
  readonly key: string
  /** Milliseconds since the epoch. */
  readonly at: number
}

export interface Timers {
  /** Replaces the timer of that owner and key; undefined clears it. Writes no row if nothing changes. */
  set(owner: string, key: string, at: number | undefined): void
  /** When that owner's timer of that key is due. */
  at(owner: string, key: string): number | undefined
  /** Timers that are due, earliest first; they stay until set anew or cleared. */
  due(now: number): readonly Timer[]
  earliest(): number | undefined
  /** Forgets what memory holds, after a rollback. */
  reload(): void
}

const idOf = (owner: string, key: string): string => `${owner}\n${key}`

export function createTimers(sql: Sql): Timers {
  const all = new Map<string, Timer>()
  const reload = () => {
    all.clear()
    for (const [owner, key, at] of sql.rows('SELECT owner, key, at FROM timers')) {
      const timer = { owner: text(owner), key: text(key), at: integer(at) }
      all.set(idOf(timer.owner, timer.key), timer)
    }
  }
  reload()
  return {
    set(owner, key, at) {
      const id = idOf(owner, key)
      if (all.get(id)?.at === at) return
      if (at === undefined) {
        all.delete(id)
        sql.run('DELETE FROM timers WHERE owner = ? AND key = ?', owner, key)
        return
      }
      all.set(id, { owner, key, at })
      sql.run(
        'INSERT INTO timers (owner, key, at) VALUES (?, ?, ?) ON CONFLICT (owner, key) DO UPDATE SET at = excluded.at',
        owner,
        key,
        at,
      )
    },
    at: (owner, key) => all.get(idOf(owner, key))?.at,
    due: (now) => [...all.values()].filter((timer) => timer.at <= now).sort((a, b) => a.at - b.at),
    earliest() {
      let earliest: number | undefined
      for (const { at } of all.values()) if (earliest === undefined || at < earliest) earliest = at
      return earliest
    },
    reload,
  }
}
