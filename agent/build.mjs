/** Bundles the agent into the one file that a machine needs. */
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const here = dirname(fileURLToPath(import.meta.url))
await build({
  entryPoints: [join(here, 'src', 'main.ts')],
  outfile: join(here, 'dist', 'agent.mjs'),
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  minifySyntax: true,
  // Dependencies of CommonJS form ask for Node's own modules with require.
  banner: {
    js: `#!/usr/bin/env node
import { createRequire } from 'node:module'
import { fileURLToPath as pathOfUrl } from 'node:url'
const require = createRequire(import.meta.url)
const __filename = pathOfUrl(import.meta.url)
const __dirname = pathOfUrl(new URL('.', import.meta.url))`,
  },
  external: ['cpu-features', './crypto/build/Release/sshcrypto.node'],
  loader: { '.node': 'empty' },
  logLevel: 'error',
})
