/** A cluster for clients of Kubernetes v1.20, as `npm run serve -- --compat 1.20` makes it, seen by kubectl. */
import { execFile } from 'node:child_process'
import { resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ControlPlane, eventually, startControlPlane } from './control-plane.ts'

const exec = promisify(execFile)
const serve = resolve(import.meta.dirname, '..', '..', 'cli', 'src', 'serve.ts')

let plane: ControlPlane

beforeAll(async () => {
  plane = await startControlPlane({ compat: '1.20' })
}, 60_000)

afterAll(async () => {
  await plane?.stop()
}, 30_000)

const kubectl = (command: string): Promise<string> => plane.kubectl(...command.split(' '))

/** What `serve` says when it does not start. */
async function refusal(...args: string[]): Promise<{ code: unknown; text: string }> {
  try {
    await exec(process.execPath, [serve, ...args])
  } catch (error) {
    const { code, stderr } = error as { code: unknown; stderr: string }
    return { code, text: stderr }
  }
  throw new Error('serve started')
}

describe('kubectl', () => {
  it('lists the older versions', async () => {
    const versions = (await kubectl('api-versions')).split('\n')
    expect(versions).toEqual(
      expect.arrayContaining(['autoscaling/v2beta2', 'batch/v1beta1', 'discovery.k8s.io/v1beta1', 'policy/v1beta1']),
    )
  })

  it('applies a manifest in one, and sees the object in both', async () => {
    const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'a', image: 'a' }] } }
    const manifest = {
      apiVersion: 'batch/v1beta1',
      kind: 'CronJob',
      metadata: { name: 'often' },
      spec: { schedule: '@daily', jobTemplate: { spec: { template } } },
    }
    expect(await plane.apply(manifest)).toBe('cronjob.batch/often created\n')
    expect(await plane.apply(manifest)).toBe('cronjob.batch/often unchanged\n')
    for (const version of ['v1beta1', 'v1'])
      expect(await kubectl(`get cronjobs.${version}.batch often -o jsonpath={.apiVersion}`)).toBe(`batch/${version}`)
    expect(await kubectl('get cronjob often')).toContain('@daily')
  })

  it('explains what only an older version has', async () => {
    const text = await kubectl('explain endpointslices.endpoints.topology --api-version=discovery.k8s.io/v1beta1')
    expect(text).toContain('topology contains arbitrary topology information')
  })

  it('shows a Secret with each ServiceAccount', async () => {
    await eventually('the account lists it', async () =>
      /^default +1 /.test(await kubectl('get serviceaccounts --no-headers')),
    )
    expect(await kubectl('get secrets --field-selector type=kubernetes.io/service-account-token -o name')).toMatch(
      /^secret\/default-token-/,
    )
  })
})

describe('serve', () => {
  it('finds the cluster again as it was made', async () => {
    await plane.kill()
    await plane.restart()
    expect(await kubectl('get cronjobs.v1beta1.batch -o name')).toBe('cronjob.batch/often\n')
  }, 60_000)

  it('refuses a version that it does not know', async () => {
    const { code, text } = await refusal('--compat', '1.19')
    expect(code).toBe(2)
    expect(text).toContain('--compat is 1.20, not 1.19')
  })

  it('says that a cluster made without it stays so', async () => {
    const other = await startControlPlane()
    try {
      await other.kill()
      const { code, text } = await refusal('--state', other.state, '--compat', '1.20')
      expect(code).toBe(1)
      expect(text).toContain('was made without --compat 1.20')
    } finally {
      await other.stop()
    }
  }, 60_000)
})
