/**
 * kubectl of today and kubectl 1.20, on a cluster made for it and on one that was not: three sides of one claim. The fourth,
 * today's kubectl on a cluster of today, is what kubectl.test.ts is about.
 */
import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { oldKubectl } from '../old-kubectl.ts'
import { type ControlPlane, eventually, startControlPlane } from './control-plane.ts'

/** A namespace of its own, too: the sides share a cluster. */
export interface Side {
  readonly name: string
  readonly id: string
  readonly program: string
  readonly isOld: boolean
  readonly hasBetas: boolean
}

export const SIDES: readonly Side[] = [
  { name: 'kubectl 1.20, cluster made for it', id: 'old', program: oldKubectl, isOld: true, hasBetas: true },
  { name: 'kubectl 1.20, cluster of today', id: 'old-plain', program: oldKubectl, isOld: true, hasBetas: false },
  { name: 'kubectl of today, cluster made for 1.20', id: 'new', program: 'kubectl', isOld: false, hasBetas: true },
]

/** `@` stands for the side's id, wherever it is said: in commands, in manifests. */
export interface Claim {
  /** Blanks part arguments, single quotes keep them together. */
  readonly run: string
  readonly input?: unknown
  /** What it prints, warnings and errors included. */
  readonly says: RegExp
  readonly fails?: true
  /** What it needs has to come about first. */
  readonly inTheEnd?: true
  /** What kubectl 1.20 says instead where the beta versions it asks for are not served: it fails. */
  readonly withoutBetas?: RegExp
  /** What it says of a flag or a command that came later: it fails. */
  readonly tooNew?: RegExp
}

export interface Kubectls {
  run(side: Side, command: string, options?: RunOptions): Promise<Run>
  /** On every side at once; throws what was said instead. */
  check(claim: Claim): Promise<void>
  /** Goes on until what it prints matches, then ends it. `meanwhile`: what is done once it has printed `first`. */
  follow(side: Side, command: string, watched: Watched): Promise<void>
  stop(): Promise<void>
}

export interface RunOptions {
  readonly input?: unknown
  readonly env?: Readonly<Record<string, string>>
}

export interface Run {
  readonly code: number | null
  readonly text: string
}

export interface Watched {
  readonly first: RegExp
  readonly meanwhile: () => Promise<unknown>
  readonly until: RegExp
}

/** `sides`: whose namespaces are made. */
export async function startKubectls(sides: readonly Side[] = SIDES): Promise<Kubectls> {
  const plane = await startControlPlane()
  const kubeconfigs = { plain: plane.ready.kubeconfig, compat: await compatCluster(plane) }
  const start = (side: Side, command: string, env: Readonly<Record<string, string>> = {}) => {
    const kubeconfig = side.hasBetas ? kubeconfigs.compat : kubeconfigs.plain
    const args = ['--kubeconfig', kubeconfig, '--namespace', side.id, ...argumentsOf(command.replaceAll('@', side.id))]
    // Discovery is cached there; a port may have been another cluster's yesterday.
    return spawn(side.program, args, { cwd: plane.state, env: { ...process.env, HOME: plane.state, ...env } })
  }
  const run: Kubectls['run'] = (side, command, { input, env } = {}) =>
    new Promise((done, fail) => {
      const child = start(side, command, env)
      let text = ''
      for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (text += chunk))
      child.once('error', fail)
      child.once('close', (code) => done({ code, text }))
      child.stdin.end(textOf(input).replaceAll('@', side.id))
    })
  const checkOn = async (side: Side, claim: Claim) => {
    const { says, fails } = expectedOf(side, claim)
    const attempt = async () => {
      const { code, text } = await run(side, claim.run, { input: claim.input })
      if (says.test(text) && (code !== 0) === fails) return true
      throw new Error(
        `${side.name}: ${claim.run} ended with ${code}, not ${fails ? 'failing with' : 'saying'} ${says}: ${text}`,
      )
    }
    await (claim.inTheEnd ? eventually(claim.run, attempt, 20_000) : attempt())
  }
  const kubectls: Kubectls = {
    run,
    async check(claim) {
      await Promise.all(sides.map((side) => checkOn(side, claim)))
    },
    async follow(side, command, { first, meanwhile, until }) {
      const child = start(side, command)
      let text = ''
      for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (text += chunk))
      try {
        await eventually(`${command} says ${first}`, async () => first.test(text), 20_000)
        await meanwhile()
        await eventually(`${command} says ${until}`, async () => until.test(text), 20_000)
      } finally {
        child.kill()
      }
    },
    stop: () => plane.stop(),
  }
  await kubectls.check({ run: 'create namespace @', says: /created/ })
  return kubectls
}

function expectedOf(side: Side, { says, fails, withoutBetas, tooNew }: Claim): { says: RegExp; fails: boolean } {
  const instead = side.isOld ? (tooNew ?? (side.hasBetas ? undefined : withoutBetas)) : undefined
  return instead ? { says: instead, fails: true } : { says, fails: fails ?? false }
}

/** Its kubeconfig's path. */
async function compatCluster(plane: ControlPlane): Promise<string> {
  const { body, text } = await plane.request('/platform/v1/clusters', {
    method: 'POST',
    body: { name: 'older', compat: '1.20' },
  })
  const id = body['id']
  if (typeof id !== 'string') throw new Error(`the cluster could not be made: ${text}`)
  const kubeconfig = join(plane.state, 'kubeconfig-older')
  writeFileSync(kubeconfig, (await plane.request(`/platform/v1/clusters/${id}/kubeconfig`)).text)
  return kubeconfig
}

const argumentsOf = (command: string): string[] =>
  (command.match(/(?:'[^']*'|[^\s'])+/g) ?? []).map((part) => part.replaceAll("'", ''))

const textOf = (input: unknown): string =>
  input === undefined ? '' : typeof input === 'string' ? input : JSON.stringify(input)
