import { cloudflareTest, readD1Migrations } from '@cloudflare/vitest-pool-workers'
import { Response } from 'miniflare'
import { defineConfig } from 'vitest/config'
import { createWebhooksOutside } from './test/workers/webhooks-outside.ts'

/** The control plane in workerd, with its bindings as wrangler.toml declares them and secrets of the tests' own. */
export default defineConfig(async () => ({
  plugins: [
    cloudflareTest({
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
  test: { name: 'workers', include: ['test/workers/**/*.test.ts'], testTimeout: 60_000, hookTimeout: 60_000 },
}))
