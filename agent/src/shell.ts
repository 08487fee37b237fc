/** Runs the host's programs (ip, nft, nsenter, mount). Arguments are a list: no shell ever parses them. */
import { spawn } from 'node:child_process'

export interface Outcome {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** No program the agent runs should take long; one that hangs must not hang the agent with it. */
const TIMEOUT_MS = 30_000

export function tryRun(command: string, args: readonly string[], input = ''): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], timeout: TIMEOUT_MS })
    const out: Buffer[] = []
    const err: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk))
    child.on('error', reject)
    // A program may exit without reading its input; its exit code says what matters.
    child.stdin.on('error', () => {})
    child.on('close', (code) =>
      resolve({ code: code ?? -1, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() }),
    )
    child.stdin.end(input)
  })
}

/** Like `tryRun`, but a failure throws with what the program said. */
export async function run(command: string, args: readonly string[], input = ''): Promise<string> {
  const { code, stdout, stderr } = await tryRun(command, args, input)
  if (code !== 0) throw new Error(`${command} ${args.slice(0, 4).join(' ')}: ${stderr.trim() || `exit code ${code}`}`)
  return stdout
}
