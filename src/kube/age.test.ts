import { expect, it } from 'vitest'
import { ageOf, humanDuration } from './age.ts'

const S = 1000
const M = 60 * S
const H = 60 * M
const D = 24 * H

it.each([
  [-5 * S, '<invalid>'],
  [-1.5 * S, '0s'],
  [0, '0s'],
  [119 * S, '119s'],
  [2 * M, '2m'],
  [2 * M + 5 * S, '2m5s'],
  [10 * M + 5 * S, '10m'],
  [179 * M, '179m'],
  [3 * H, '3h'],
  [3 * H + 5 * M, '3h5m'],
  [8 * H + 5 * M, '8h'],
  [47 * H, '47h'],
  [48 * H, '2d'],
  [50 * H, '2d2h'],
  [8 * D + H, '8d'],
  [729 * D, '729d'],
  [730 * D, '2y'],
  [735 * D, '2y5d'],
  [365 * 8 * D, '8y'],
])('%d ms are %s', (ms, want) => expect(humanDuration(ms)).toBe(want))

it('is unknown without a timestamp', () => expect(ageOf(undefined, 0)).toBe('<unknown>'))
