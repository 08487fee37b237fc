import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { cloudflareTest, readD1Migrations } from '@cloudflare/vitest-pool-workers'
import { Response } from 'miniflare'
import { defineConfig } from 'vitest/config'
import { bundleWorker } from './cli/src/embedded/worker-bundle.ts'
import { createWebhooksOutside } from './test/workers/webhooks-outside.ts'

/** One module, built once a run: else each file of tests would load its hundreds anew. */
async function builtWorker(): Promise<string> {
  const folder = resolve(import.meta.dirname, 'node_modules/.cache/skycrane')
  const file = resolve(folder, 'worker.mjs')
  const { contents } = await bundleWorker(import.meta.dirname)
  mkdirSync(folder, { recursive: true })
  // Renamed into place: a run beside this one reads either the former or the new one, whole.
  writeFileSync(`${file}.${process.pid}`, contents)
  renameSync(`${file}.${process.pid}`, file)
  return file
}

/** The control plane in workerd, with its bindings as wrangler.toml declares them and secrets of the tests' own. */
export default defineConfig(async () => ({
  plugins: [
    cloudflareTest({
      main: await builtWorker(),
      wrangler: { configPath: './wrangler.toml' },
      miniflare: {
        outboundService: createWebhooksOutside((text, status) => new Response(text, { status })),
        bindings: {
          SEALING_KEY: btoa('0123456789abcdef0123456789abcdef'),
          BOOTSTRAP_SECRET: 'bootstrap-for-tests',
          TENANCY_MIGRATIONS: await readD1Migrations('migrations/tenancy'),
        },
      },
    }),
  ],
  test: {
    name: 'workers',
    include: ['test/workers/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Of two cores vitest would use one.
    maxWorkers: 2,
  },
}))
