/** The embedded server's state folder: one server at a time, whichever process was killed before. */
import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, describe, expect, it } from 'vitest'
import { type ControlPlane, eventually, startControlPlane } from './control-plane.ts'

const root = resolve(import.meta.dirname, '..', '..')
const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps'

let plane: ControlPlane

afterEach(async () => {
  await plane?.stop()
}, 30_000)

/** The workerd processes below another, by their parent's id. */
function workerdBelow(parent: number): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && isWorkerd(pid) && parentOf(pid) === parent)
}

/** A zombie is none: it has its number only until somebody asks how it ended. */
function isWorkerd(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === 'workerd' && fieldsOf(pid)[0] !== 'Z'
  } catch {
    return false
  }
}

const parentOf = (pid: number): number => Number(fieldsOf(pid)[1])

/** From the state on, which follows the command in parentheses. */
function fieldsOf(pid: number): string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
}

const create = (name: string) =>
  plane.request(`/clusters/${plane.ready.cluster}${CONFIG_MAPS}`, {
    method: 'POST',
    body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } },
  })

async function names(): Promise<string[]> {
  const { body } = await plane.request(`/clusters/${plane.ready.cluster}${CONFIG_MAPS}`)
  return (body['items'] as { metadata: { name: string } }[])
    .map(({ metadata }) => metadata.name)
    .filter((name) => name !== 'kube-root-ca.crt')
}

/** Creates from several clients until the server is gone; the names that were acknowledged. */
async function writeUntilKilled(kill: () => Promise<void>): Promise<string[]> {
  const acknowledged: string[] = []
  let isKilled = false
  const writers = Array.from({ length: 8 }, async (_, writer) => {
    for (let index = 0; index < 500 && !isKilled; index++) {
      const name = `w${writer}-${index}`
      const { status } = await create(name).catch(() => ({ status: 0 }))
      if (status === 201) acknowledged.push(name)
    }
  })
  await eventually('some writes', async () => acknowledged.length > 100)
  await kill()
  isKilled = true
  await Promise.all(writers)
  return acknowledged
}

describe('a server', () => {
  it('puts all in order when it is told to stop', async () => {
    plane = await startControlPlane()
    const [workerd = 0] = workerdBelow(plane.ready.pid)
    expect(existsSync(join(plane.state, 'lock.json'))).toBe(true)
    process.kill(plane.ready.pid, 'SIGTERM')
    await eventually('its end', async () => !existsSync(`/proc/${plane.ready.pid}`))
    expect(existsSync(join(plane.state, 'lock.json'))).toBe(false)
    expect(isWorkerd(workerd)).toBe(false)
  })

  it.each([
    [['--port', 'many'], 'skycrane serve: NaN is not a port'],
    [['--port', '70000'], 'skycrane serve: 70000 is not a port'],
    [['--colour'], "skycrane serve: Unknown option '--colour'"],
  ])('says in a line what is wrong with %j', async (args, line) => {
    const state = mkdtempSync(join(tmpdir(), 'skycrane-e2e-'))
    try {
      const refused = promisify(execFile)(process.execPath, [join(root, 'cli/src/serve.ts'), '--state', state, ...args])
      await expect(refused).rejects.toMatchObject({ stderr: expect.stringContaining(line) })
    } finally {
      rmSync(state, { recursive: true })
    }
  })

  it('says so where its port is taken', async () => {
    plane = await startControlPlane()
    const state = mkdtempSync(join(tmpdir(), 'skycrane-e2e-'))
    const { port } = new URL(plane.ready.url)
    try {
      const args = [join(root, 'cli/src/serve.ts'), '--state', state, '--port', port]
      await expect(promisify(execFile)(process.execPath, args)).rejects.toMatchObject({
        code: 1,
        stderr: `skycrane serve: port ${port} of 127.0.0.1 is in use\n`,
      })
    } finally {
      rmSync(state, { recursive: true })
    }
  })
})

describe('a state folder', () => {
  it('is kept from a second server while one uses it', async () => {
    plane = await startControlPlane()
    const second = promisify(execFile)(
      process.execPath,
      [join(root, 'cli/src/serve.ts'), '--state', plane.state, '--port', '0'],
      { cwd: root },
    )
    await expect(second).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining(`another server (process ${plane.ready.pid}) uses ${plane.state}`),
    })
    expect((await create('still-served')).status).toBe(201)
  })

  it('is freed of the workerd that a killed server left, and holds every write that was acknowledged', async () => {
    plane = await startControlPlane()
    const [orphan = 0] = workerdBelow(plane.ready.pid)
    const acknowledged = await writeUntilKilled(() => plane.kill())
    expect(isWorkerd(orphan)).toBe(true)
    await plane.restart()
    expect(isWorkerd(orphan)).toBe(false)
    expect(await names()).toEqual(expect.arrayContaining(acknowledged))
    expect((await create('after')).status).toBe(201)
  })

  it('holds every acknowledged write when workerd itself is killed, and is freed of its successor too', async () => {
    plane = await startControlPlane()
    const [first = 0] = workerdBelow(plane.ready.pid)
    const acknowledged = await writeUntilKilled(async () => {
      process.kill(first, 'SIGKILL')
    })
    const second = await eventually('a new workerd', async () =>
      workerdBelow(plane.ready.pid).find((pid) => pid !== first),
    )
    await eventually('it serves', async () => (await create('served-again')).status === 201)
    expect(await names()).toEqual(expect.arrayContaining(acknowledged))
    await plane.kill()
    await plane.restart()
    expect(isWorkerd(second)).toBe(false)
    expect(await names()).toEqual(expect.arrayContaining([...acknowledged, 'served-again']))
  })
})
