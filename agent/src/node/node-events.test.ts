import { describe, expect, it } from 'vitest'
import { conditionEvents } from './node-events.ts'

const condition = (type: string, status: 'True' | 'False') => ({ type, status, reason: 'r', message: 'm' }) as never
const reasonsOf = (former: never[], next: never[]) => conditionEvents('a', former, next).map(({ reason }) => reason)

describe('conditionEvents', () => {
  const well = [condition('MemoryPressure', 'False'), condition('Ready', 'True')]

  it('tells all at the start', () => {
    expect(reasonsOf([], well)).toEqual(['NodeHasSufficientMemory', 'NodeReady'])
  })

  it('tells what has changed, and nothing else', () => {
    expect(reasonsOf(well, well)).toEqual([])
    expect(reasonsOf(well, [condition('MemoryPressure', 'True'), condition('Ready', 'False')])).toEqual([
      'NodeHasInsufficientMemory',
      'NodeNotReady',
    ])
  })

  it('is about the node by its name, as the kubelet names it', () => {
    expect(conditionEvents('a', [], well)[1]).toMatchObject({
      about: { kind: 'Node', name: 'a', uid: 'a' },
      message: 'Node a status is now: NodeReady',
    })
  })
})
