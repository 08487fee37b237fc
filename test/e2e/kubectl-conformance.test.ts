/** What Kubernetes' conformance suite asks of kubectl, where no other test shows it and no node is needed; by its names. */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { get, type RequestOptions } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ControlPlane, eventually, startControlPlane } from './control-plane.ts'

let plane: ControlPlane
let folder: string

beforeAll(async () => {
  plane = await startControlPlane()
  folder = mkdtempSync(join(tmpdir(), 'skycrane-conformance-'))
}, 60_000)

afterAll(async () => {
  await plane?.stop()
  rmSync(folder, { recursive: true, force: true })
})

const kubectl = (command: string): Promise<string> => plane.kubectl(...command.split(' '))
const at = async (what: string, path: string): Promise<string> =>
  plane.kubectl('get', ...what.split(' '), '-o', `jsonpath=${path}`)

const controller = (name: string, replicas: number) => ({
  apiVersion: 'v1',
  kind: 'ReplicationController',
  metadata: { name, labels: { app: name } },
  spec: {
    replicas,
    selector: { app: name },
    template: {
      metadata: { labels: { app: name } },
      spec: { containers: [{ name: 'main', image: 'main:1', ports: [{ name: 'server', containerPort: 6379 }] }] },
    },
  },
})

const podsOf = async (name: string): Promise<string[]> =>
  (await kubectl(`get pods -l app=${name} -o name`)).split('\n').filter((line) => line !== '')
const hasPods = (name: string, count: number) =>
  eventually(`${count} Pods`, async () => {
    const pods = await podsOf(name)
    return pods.length === count && pods
  })

describe('Kubectl client', () => {
  it('Kubectl describe should check if kubectl describe prints relevant information for rc and pods', async () => {
    await plane.apply(controller('described', 1))
    await plane.apply({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'described' },
      spec: { selector: { app: 'described' }, ports: [{ port: 6379, targetPort: 'server' }] },
    })
    const [pod = ''] = await hasPods('described', 1)
    for (const line of [
      /^Name: +described-/m,
      /^Namespace: +default$/m,
      /^Labels: +app=described$/m,
      /^Status: +Pending$/m,
      /^Controlled By: +ReplicationController\/described$/m,
      /Image: +main:1$/m,
    ])
      expect(await kubectl(`describe ${pod}`)).toMatch(line)
    const told = await eventually('what it made', async () => {
      const text = await kubectl('describe rc described')
      return /SuccessfulCreate/.test(text) && text
    })
    for (const line of [
      /^Name: +described$/m,
      /^Selector: +app=described$/m,
      /^Replicas: +1 current \/ 1 desired$/m,
      /^Pods Status: +0 Running \/ 1 Waiting \/ 0 Succeeded \/ 0 Failed$/m,
      /Created pod: described-/m,
    ])
      expect(told).toMatch(line)
    const service = await kubectl('describe service described')
    for (const line of [
      /^Type: +ClusterIP$/m,
      /^IP: +10\./m,
      /^Port: +<unset> +6379\/TCP$/m,
      /^TargetPort: +server\/TCP$/m,
    ])
      expect(service).toMatch(line)
    expect(await kubectl('describe namespace default')).toMatch(/^Status: +Active$/m)
  })

  it('Kubectl expose should create services for rc', async () => {
    await kubectl('expose rc described --name=rm2 --port=1234 --target-port=6379')
    expect(await at('service rm2', '{.spec.ports[0].port} {.spec.ports[0].targetPort} {.spec.selector.app}')).toBe(
      '1234 6379 described',
    )
    await kubectl('expose service rm2 --name=rm3 --port=2345 --target-port=6379')
    expect(await at('service rm3', '{.spec.ports[0].port} {.spec.ports[0].targetPort} {.spec.selector.app}')).toBe(
      '2345 6379 described',
    )
  })

  it('Kubectl patch should add annotations for pods in rc', async () => {
    await plane.apply(controller('patched', 2))
    for (const pod of await hasPods('patched', 2)) {
      await plane.kubectl('patch', pod, '-p', '{"metadata":{"annotations":{"x":"y"}}}')
      expect(await at(pod, '{.metadata.annotations.x}')).toBe('y')
    }
  })

  it('Kubectl run pod should create a pod from an image when restart is Never', async () => {
    await kubectl('run never --restart=Never --image=main:1')
    expect(await at('pod never', '{.spec.restartPolicy} {.spec.containers[0].image}')).toBe('Never main:1')
  })

  it("Kubectl replace should update a single-container pod's image", async () => {
    await kubectl('run replaced --image=main:1 --labels=run=replaced')
    const file = join(folder, 'pod.json')
    writeFileSync(file, (await kubectl('get pod replaced -o json')).replace('"image": "main:1"', '"image": "other:2"'))
    expect(await plane.kubectl('replace', '-f', file)).toBe('pod/replaced replaced\n')
    expect(await at('pod replaced', '{.spec.containers[0].image}')).toBe('other:2')
  })

  it('Kubectl server-side dry-run should check if kubectl can dry-run update Pods', async () => {
    await kubectl('run tried --image=main:1')
    const patch = '{"spec":{"containers":[{"name":"tried","image":"other:2"}]}}'
    expect(await plane.kubectl('patch', 'pod', 'tried', '-p', patch, '--dry-run=server')).toMatch(/^pod\/tried patched/)
    expect(await at('pod tried', '{.spec.containers[0].image}')).toBe('main:1')
  })

  it('Kubectl diff should check if kubectl diff finds a difference for Deployments', async () => {
    await kubectl('create deployment differing --image=main:1')
    const live = JSON.parse(await kubectl('get deployment differing -o json'))
    live.spec.template.spec.containers[0].image = 'other:2'
    const file = join(folder, 'deployment.json')
    writeFileSync(file, JSON.stringify(live))
    const { code, stdout } = await plane.kubectl('diff', '-f', file).then(
      () => ({ code: 0, stdout: '' }),
      (error: { code: number; stdout: string }) => error,
    )
    expect(code).toBe(1)
    expect(stdout).toMatch(/^-\s+- image: main:1$/m)
    expect(stdout).toMatch(/^\+\s+- image: other:2$/m)
  })

  it('Update Demo should create and stop a replication controller', async () => {
    await plane.apply(controller('demo', 2))
    await hasPods('demo', 2)
    await kubectl('delete --grace-period=0 --force rc demo')
    await hasPods('demo', 0)
    expect(await kubectl('get rc,svc -l app=demo --no-headers')).toBe('')
  })

  it('Update Demo should scale a replication controller', async () => {
    await plane.apply(controller('scaled', 2))
    await hasPods('scaled', 2)
    await kubectl('scale rc scaled --replicas=1 --timeout=1m')
    await hasPods('scaled', 1)
    await kubectl('scale rc scaled --replicas=2 --timeout=1m')
    await hasPods('scaled', 2)
  })

  it('Guestbook application should create and stop a working application', async () => {
    const parts = ['frontend', 'agnhost-primary', 'agnhost-replica']
    const labels = (app: string) => ({ app, of: 'guestbook' })
    const items = parts.flatMap((app) => [
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: app, labels: labels(app) },
        spec: { selector: { app }, ports: [{ port: 80 }] },
      },
      {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: app, labels: labels(app) },
        spec: {
          replicas: 2,
          selector: { matchLabels: { app } },
          template: { metadata: { labels: { app } }, spec: { containers: [{ name: 'main', image: 'main:1' }] } },
        },
      },
    ])
    await plane.apply({ apiVersion: 'v1', kind: 'List', items })
    for (const part of parts) await hasPods(part, 2)
    await kubectl('delete deployments,services -l of=guestbook --grace-period=0 --force')
    for (const part of parts) await hasPods(part, 0)
  })
})

describe('Proxy server', () => {
  /** What is answered while kubectl proxies. */
  async function proxied(args: string, target: (said: string) => RequestOptions): Promise<string> {
    const child = spawn('kubectl', [
      '--kubeconfig',
      plane.ready.kubeconfig,
      'proxy',
      '--append-server-path',
      ...args.split(' '),
    ])
    try {
      const said = await new Promise<string>((done, fail) => {
        child.stdout.once('data', (chunk) => done(String(chunk)))
        child.once('exit', (code) => fail(new Error(`kubectl proxy ended with ${code}`)))
      })
      return await new Promise<string>((done, fail) => {
        get({ path: '/api/', ...target(said) }, (response) => {
          let text = ''
          response.on('data', (chunk) => (text += chunk))
          response.once('end', () => done(text))
        }).once('error', fail)
      })
    } finally {
      child.kill()
    }
  }

  it('should support proxy with --port 0', async () => {
    const text = await proxied('--port=0', (said) => {
      const [, host, port] = /127\.0\.0\.1:(\d+)/.exec(said)?.[0].match(/(.*):(\d+)/) ?? []
      return { host, port }
    })
    expect(JSON.parse(text)).toMatchObject({ kind: 'APIVersions', versions: ['v1'] })
  })

  it('should support --unix-socket=/path', async () => {
    const socketPath = join(folder, 'proxy.sock')
    const text = await proxied(`--unix-socket=${socketPath}`, () => ({ socketPath }))
    expect(JSON.parse(text)).toMatchObject({ kind: 'APIVersions', versions: ['v1'] })
  })
})
