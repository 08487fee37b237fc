/** Deployments as containers on two real nodes, driven with kubectl; agents and control plane killed in the middle. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ControlPlane, eventually, startControlPlane } from './control-plane.ts'
import { createLab, type Lab, type LabNode, WEB_IMAGE } from './lab.ts'

let lab: Lab
let plane: ControlPlane
let one: LabNode
let two: LabNode

beforeAll(async () => {
  lab = createLab()
  plane = await startControlPlane({ host: lab.host })
  one = await lab.addNode(plane, 'one')
  two = await lab.addNode(plane, 'two')
  await one.startAgent()
  await two.startAgent()
  await eventually('both nodes', async () => (await plane.kubectl('get', 'nodes')).match(/ Ready /g)?.length === 2)
}, 120_000)

afterAll(async () => {
  await plane?.stop()
  await lab?.stop()
}, 60_000)

const deployment = (name: string, replicas: number) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name },
  spec: {
    replicas,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: {
        terminationGracePeriodSeconds: 2,
        containers: [
          {
            name: 'web',
            image: `${WEB_IMAGE}:1`,
            ports: [{ containerPort: 8080 }],
            readinessProbe: { httpGet: { path: '/', port: 8080 }, periodSeconds: 1 },
          },
        ],
      },
    },
  },
})

const service = (name: string) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name },
  spec: { type: 'NodePort', selector: { app: name }, ports: [{ port: 80, targetPort: 8080 }] },
})

const rolledOut = (name: string) => plane.kubectl('rollout', 'status', `deployment/${name}`, '--timeout=90s')

async function names(app: string): Promise<string[]> {
  return (await plane.kubectl('get', 'pods', '-l', `app=${app}`, '-o', 'jsonpath={.items[*].metadata.name}'))
    .split(' ')
    .filter((name) => name !== '')
}

async function answers(node: LabNode, url: string, count: number): Promise<Set<string>> {
  const seen = new Set<string>()
  await eventually(`${count} replicas at ${url} from ${node.name}`, async () => {
    const body = await node.get(url)
    if (body) seen.add(body)
    return seen.size >= count
  })
  return seen
}

/** What earlier tests have deleted is gone from the nodes too. */
const noneTerminating = () =>
  eventually('nothing to be terminating', async () => {
    const { items } = JSON.parse(await plane.kubectl('get', 'pods', '-o', 'json')) as {
      items: { metadata: { deletionTimestamp?: string } }[]
    }
    return items.every((pod) => pod.metadata.deletionTimestamp === undefined)
  })

const clusterIp = (name: string) => plane.kubectl('get', 'service', name, '-o', 'jsonpath={.spec.clusterIP}')

describe('a Deployment behind a Service', () => {
  it('runs on both nodes and answers at its cluster IP and node port, from both', async () => {
    await plane.apply(deployment('web', 4))
    await plane.apply(service('web'))
    expect(await rolledOut('web')).toContain('successfully rolled out')
    const wide = await plane.kubectl('get', 'pods', '-l', 'app=web', '-o', 'wide')
    expect(wide).toMatch(/Running.*10\.244\.\d+\.\d+\s+one/)
    expect(wide).toMatch(/Running.*10\.244\.\d+\.\d+\s+two/)
    const ip = await clusterIp('web')
    for (const node of [one, two]) {
      const seen = await answers(node, `http://${ip}/`, 4)
      expect([...seen].sort()).toEqual((await names('web')).map((name) => `v1 ${name}`).sort())
    }
    const port = await plane.kubectl('get', 'service', 'web', '-o', 'jsonpath={.spec.ports[0].nodePort}')
    await answers(two, `http://${one.ip}:${port}/`, 4)
  })

  it('refuses, and keeps on the machine, what nobody serves', async () => {
    // curl's 7: somebody said so; nobody answering would be 28.
    for (const [url, words] of [
      ['http://10.99.99.99/', 'Connection refused'],
      ['http://10.244.200.9/', 'No route to host'],
    ] as const) {
      const refusal = { code: 7, stderr: expect.stringContaining(words) }
      await expect(one.run('curl', '-sv', '-m', '10', url)).rejects.toMatchObject(refusal)
    }
  })

  it('lists, selects, describes and prints as YAML', async () => {
    const [name = ''] = await names('web')
    expect(await plane.kubectl('get', 'pod', name, '-o', 'yaml')).toContain('phase: Running')
    const node = await plane.kubectl('get', 'pod', name, '-o', 'jsonpath={.spec.nodeName}')
    expect(await plane.kubectl('get', 'pods', '--field-selector', `spec.nodeName=${node}`, '-o', 'name')).toContain(
      name,
    )
    const description = await plane.kubectl('describe', 'pod', name)
    for (const word of ['Successfully assigned', 'Pulled', 'Created', 'Started']) expect(description).toContain(word)
    const ready = await plane.kubectl('describe', 'node', 'one')
    expect(ready).toMatch(/Ready\s+True/)
    expect(ready).toMatch(/Normal\s+NodeReady\s.*Node one status is now: NodeReady/)
  })

  it('scales up and down', async () => {
    await plane.kubectl('scale', 'deployment', 'web', '--replicas', '6')
    await rolledOut('web')
    await answers(one, `http://${await clusterIp('web')}/`, 6)
    await plane.kubectl('scale', 'deployment', 'web', '--replicas', '2')
    await eventually('two Pods', async () => (await names('web')).length === 2)
  })

  it('rolls out, shows its history, and rolls back', async () => {
    await plane.kubectl('set', 'image', 'deployment/web', `web=${WEB_IMAGE}:2`)
    await rolledOut('web')
    const ip = await clusterIp('web')
    await eventually('version 2', async () => (await one.get(`http://${ip}/`))?.startsWith('v2'))
    expect(await plane.kubectl('rollout', 'history', 'deployment/web')).toMatch(/1\s+<none>\n2\s+<none>/)
    await plane.kubectl('rollout', 'undo', 'deployment/web')
    await rolledOut('web')
    await eventually('version 1', async () => (await one.get(`http://${ip}/`))?.startsWith('v1'))
    expect(await plane.kubectl('rollout', 'history', 'deployment/web')).toMatch(/2\s+<none>\n3\s+<none>/)
  })

  it('pauses and resumes', async () => {
    await noneTerminating()
    await plane.kubectl('rollout', 'pause', 'deployment/web')
    const before = await names('web')
    await plane.kubectl('set', 'image', 'deployment/web', `web=${WEB_IMAGE}:2`)
    await eventually('the pause to be told', async () =>
      (await plane.kubectl('get', 'deployment', 'web', '-o', 'yaml')).includes('DeploymentPaused'),
    )
    expect(await names('web')).toEqual(before)
    await plane.kubectl('rollout', 'resume', 'deployment/web')
    await rolledOut('web')
    await eventually('version 2', async () => (await one.get(`http://${await clusterIp('web')}/`))?.startsWith('v2'))
  })
})

describe('a Pod', () => {
  it('reads ConfigMaps and Secrets, and reaches the API with its own token', async () => {
    await plane.apply({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'settings' },
      data: { colour: 'green' },
    })
    await plane.apply({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'hidden' },
      stringData: { word: 'sesame' },
    })
    await plane.apply({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'reader' },
      spec: {
        nodeName: undefined,
        containers: [
          {
            name: 'main',
            image: `${WEB_IMAGE}:1`,
            env: [
              { name: 'COLOUR', valueFrom: { configMapKeyRef: { name: 'settings', key: 'colour' } } },
              { name: 'NODE', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
              { name: 'WORD', valueFrom: { secretKeyRef: { name: 'hidden', key: 'word' } } },
            ],
            envFrom: [{ prefix: 'ALL_', secretRef: { name: 'hidden' } }],
            volumeMounts: [
              { name: 'hidden', mountPath: '/hidden' },
              { name: 'vault', mountPath: '/vault' },
            ],
          },
        ],
        volumes: [
          { name: 'hidden', secret: { secretName: 'hidden' } },
          {
            name: 'vault',
            projected: {
              sources: [{ serviceAccountToken: { audience: 'vault', path: 'token', expirationSeconds: 600 } }],
            },
          },
        ],
      },
    })
    await plane.kubectl('wait', '--for=condition=Ready', 'pod/reader', '--timeout=60s')
    await plane.kubectl('create', 'rolebinding', 'readers', '--clusterrole=view', '--serviceaccount=default:default')
    const node = (await plane.kubectl('get', 'pod', 'reader', '-o', 'jsonpath={.spec.nodeName}')) === 'one' ? one : two
    const id = (await node.docker('ps', '-q', '--filter', 'name=k8s_main_reader_')).trim()
    const inside = (script: string) => node.docker('exec', id, '/bin/busybox', 'sh', '-c', script)
    expect(await inside('echo $COLOUR $NODE $WORD $ALL_word; cat /hidden/word')).toBe(
      `green ${node.name} sesame sesame\nsesame`,
    )
    const [, claims = ''] = (await inside('cat /vault/token')).split('.')
    expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toMatchObject({
      aud: ['vault'],
      sub: 'system:serviceaccount:default:default',
      'kubernetes.io': { pod: { name: 'reader' } },
    })
    const token = await inside('cat /var/run/secrets/kubernetes.io/serviceaccount/token')
    const pid = (await node.docker('inspect', '-f', '{{.State.Pid}}', id)).trim()
    const ca = `/proc/${pid}/root/var/run/secrets/kubernetes.io/serviceaccount/ca.crt`
    const host = (await inside('echo $KUBERNETES_SERVICE_HOST')).trim()
    const list = await node.run(
      'nsenter',
      '-t',
      pid,
      '-n',
      'curl',
      '-s',
      '-m',
      '5',
      '--cacert',
      ca,
      '-H',
      `Authorization: Bearer ${token}`,
      `https://${host}/api/v1/namespaces/default/pods`,
    )
    expect(JSON.parse(list)).toMatchObject({ kind: 'PodList' })
  })

  it('is restarted with back-off when it fails, and says so', async () => {
    await plane.apply({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'failing' },
      spec: {
        containers: [{ name: 'main', image: `${WEB_IMAGE}:1`, command: ['/bin/busybox', 'sh', '-c', 'exit 3'] }],
      },
    })
    await eventually('the back-off', async () =>
      /CrashLoopBackOff|Error/.test(await plane.kubectl('get', 'pod', 'failing')),
    )
    await eventually(
      'a restart',
      async () =>
        Number(
          await plane.kubectl('get', 'pod', 'failing', '-o', 'jsonpath={.status.containerStatuses[0].restartCount}'),
        ) >= 1,
    )
    expect(
      await plane.kubectl(
        'get',
        'pod',
        'failing',
        '-o',
        'jsonpath={.status.containerStatuses[0].lastState.terminated.exitCode}',
      ),
    ).toBe('3')
    await plane.kubectl('delete', 'pod', 'failing', '--wait=true')
  })
})

describe('what is killed in the middle', () => {
  it('an agent: its Pods run on, and are adopted as they are', async () => {
    await noneTerminating()
    const before = await one.docker('ps', '-q', '--no-trunc')
    await one.killAgent()
    expect(await one.docker('ps', '-q', '--no-trunc')).toBe(before)
    await one.startAgent()
    await plane.kubectl('scale', 'deployment', 'web', '--replicas', '4')
    await rolledOut('web')
    const after = new Set((await one.docker('ps', '-q', '--no-trunc')).trim().split('\n'))
    for (const id of before.trim().split('\n')) expect(after).toContain(id)
  })

  it('the control plane, in a rollout: it completes when it is back, and Pods ran meanwhile', async () => {
    await plane.kubectl('set', 'image', 'deployment/web', `web=${WEB_IMAGE}:1`)
    await plane.kill()
    const ids = (await two.docker('ps', '-q', '--filter', 'name=k8s_web_')).trim().split('\n')
    expect(ids.length).toBeGreaterThan(0)
    await plane.restart()
    await rolledOut('web')
    const ip = await clusterIp('web')
    const seen = await answers(two, `http://${ip}/`, 4)
    expect([...seen].every((body) => body.startsWith('v1'))).toBe(true)
  })

  it('a node drained: its Pods go elsewhere, and it takes none until it is uncordoned', async () => {
    await plane.kubectl('drain', 'one', '--ignore-daemonsets', '--force', '--delete-emptydir-data', '--timeout=60s')
    expect(await plane.kubectl('get', 'node', 'one')).toContain('Ready,SchedulingDisabled')
    await rolledOut('web')
    expect(await plane.kubectl('get', 'pods', '-l', 'app=web', '-o', 'jsonpath={.items[*].spec.nodeName}')).toBe(
      'two two two two',
    )
    await plane.kubectl('uncordon', 'one')
    expect(await plane.kubectl('get', 'node', 'one')).not.toContain('SchedulingDisabled')
  })

  it('everything deleted: no container is left', async () => {
    await plane.kubectl('delete', 'deployment,service,pod', '--all', '--wait=true', '--timeout=60s')
    for (const node of [one, two])
      await eventually(`${node.name} to be empty`, async () => (await node.docker('ps', '-aq')) === '')
  })
})
