import { describe, expect, it } from 'vitest'
import { createEventCorrelator } from './event-correlator.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND

function world() {
  const correlator = createEventCorrelator()
  let made = 0
  return (message: string, now: number, subject = 'pod') => {
    const correlated = correlator.correlate({ group: `${subject} Unhealthy`, subject, message }, now)
    if (correlated.as === 'new') correlator.wrote(correlated.id, { namespace: 'n', name: `e${made++}` }, now)
    return correlated.as === 'too-many' ? 'too-many' : `${correlated.as}: ${correlated.message}`
  }
}

describe('eventCorrelator', () => {
  it('counts an equal one up for ten minutes, then begins anew', () => {
    const say = world()
    expect(say('a', 0)).toBe('new: a')
    expect(say('a', 9 * MINUTE)).toBe('again: a')
    expect(say('a', 30 * MINUTE)).toBe('new: a')
  })

  it('combines what differs in its message only, from the eleventh on', () => {
    const say = world()
    const said = Array.from({ length: 13 }, (_, index) => say(`probe failed ${index}`, index * SECOND))
    expect(said.slice(0, 10).every((text) => text.startsWith('new: probe failed'))).toBe(true)
    expect(said.slice(10)).toEqual([
      'new: (combined from similar events): probe failed 10',
      'again: (combined from similar events): probe failed 11',
      'again: (combined from similar events): probe failed 12',
    ])
  })

  it('hears one that says too much only now and then, and others all the same', () => {
    const say = world()
    const said = Array.from({ length: 100 }, (_, index) => say('again and again', index * SECOND))
    expect(said.filter((text) => text !== 'too-many')).toHaveLength(25)
    expect(say('again and again', 100 * SECOND, 'another pod')).toBe('new: again and again')
    expect(say('again and again', 10 * MINUTE)).not.toBe('too-many')
  })
})
