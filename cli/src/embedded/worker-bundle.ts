/** Builds the Worker as one module, the same source that wrangler deploys. */
import { build, stop } from 'esbuild'

export interface Bundle {
  readonly contents: string
  readonly bytes: number
}

/** `root`: the folder that holds `src/index.ts`. */
export async function bundleWorker(root: string): Promise<Bundle> {
  const result = await build({
    absWorkingDir: root,
    entryPoints: ['src/index.ts'],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2024',
    platform: 'browser',
    conditions: ['workerd', 'worker', 'browser'],
    external: ['cloudflare:*', 'node:*'],
    loader: { '.sql': 'text' },
    minifySyntax: true,
    logLevel: 'error',
  })
  // Its service would stay beside the server, with all that it has read.
  await stop()
  const contents = result.outputFiles[0]?.text
  if (contents === undefined) throw new Error('the Worker was not built')
  return { contents, bytes: contents.length }
}
