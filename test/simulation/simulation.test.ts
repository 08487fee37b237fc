import { expect, it } from 'vitest'
import { simulate } from './simulation.ts'

it('rolls a Deployment out over three nodes', async () => {
  const { changes } = await simulate(1, 500)
  expect(changes).toBeGreaterThan(50)
})
