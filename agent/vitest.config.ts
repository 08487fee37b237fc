import { defineConfig } from 'vitest/config'

/** The agent against a real Docker engine; needs root and Linux. `vitest run --config agent/vitest.config.ts` */
export default defineConfig({
  test: {
    name: 'docker',
    root: import.meta.dirname,
    include: ['test/**/*.test.ts'],
    environment: 'node',
    testTimeout: 60_000,
    hookTimeout: 120_000,
    fileParallelism: false,
  },
})
