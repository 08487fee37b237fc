/** The agent with a real Docker engine and kernel, and a stand-in for the control plane that speaks the protocol. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AgentProcess } from './support/agent-process.ts'
import type { FakeCluster } from './support/cluster.ts'
import { type Host, NODE_IP } from './support/host.ts'
import { Machine } from './support/machine.ts'
import * as object from './support/objects.ts'
import { container, FOREVER, NAMESPACE, pod, script } from './support/objects.ts'
import { until } from './support/until.ts'

let machine: Machine
let host: Host
let cluster: FakeCluster
let agent: AgentProcess

beforeAll(async () => {
  machine = await Machine.create()
  ;({ host, cluster, agent } = machine)
})

afterAll(() => machine?.stop())

const runs = (name: string) => machine.runs(name)
const statusOf = (name: string, at = 0) => machine.statusOf(name, at)
const inside = (name: string, ...command: string[]) => machine.inside(name, ...command)
const idsOf = (name: string) => machine.idsOf(name)
const fetchFrom = (url: string, ...more: string[]) => machine.fetch(url, ...more)
const fetchInside = (name: string, url: string, ...more: string[]) => machine.fetchInside(name, url, ...more)

async function remove(name: string, uid: string, spec: ReturnType<typeof pod>, graceSeconds = 5): Promise<void> {
  const deletionTimestamp = new Date(Date.now() + graceSeconds * 1000).toISOString()
  const metadata = { ...spec.metadata, uid, deletionTimestamp, deletionGracePeriodSeconds: graceSeconds }
  cluster.put('pods', { ...spec, metadata, status: cluster.status(name) ?? spec.status })
  await until(`${name} has ended`, 20_000, () => cluster.ended.has(name))
}

describe('a node', () => {
  it('says what it is and that it is ready', () => {
    expect(cluster.node?.labels).toMatchObject({ 'kubernetes.io/hostname': 'node-a', 'kubernetes.io/os': 'linux' })
    expect(cluster.node?.status.addresses).toContainEqual({ type: 'InternalIP', address: NODE_IP })
    expect(cluster.node?.status.nodeInfo).toMatchObject({
      kubeletVersion: 'v1.32.0+skycrane.0',
      containerRuntimeVersion: expect.stringMatching(/^docker:\/\/\d+/),
    })
    expect(cluster.node?.status.capacity).toMatchObject({ pods: '110' })
  })
})

describe('a Pod', () => {
  it('runs, has an address, becomes ready, and is spoken of once', async () => {
    cluster.put('pods', pod('web', { containers: [container('web')] }))
    await runs('web')
    const status = cluster.status('web')
    expect(status).toMatchObject({ phase: 'Running', hostIP: NODE_IP, qosClass: 'BestEffort' })
    expect(status?.podIP).toMatch(/^10\.244\.7\.\d+$/)
    expect(status?.podIPs).toEqual([{ ip: status?.podIP }])
    expect(statusOf('web')).toMatchObject({
      name: 'web',
      ready: true,
      started: true,
      restartCount: 0,
      image: 'test/busybox:1',
      imageID: expect.stringMatching(/^docker:\/\/sha256:/),
      containerID: expect.stringMatching(/^docker:\/\/[0-9a-f]{64}$/),
      state: { running: { startedAt: expect.stringMatching(/^\d{4}-.*Z$/) } },
    })
    expect(status?.conditions?.map(({ type }) => type)).toEqual([
      'PodReadyToStartContainers',
      'Initialized',
      'Ready',
      'ContainersReady',
      'PodScheduled',
    ])
    expect(cluster.reasonsOf('web')).toEqual(['Pulled', 'Created', 'Started'])
    const reports = cluster.syncs.flatMap(({ pods }) => pods).map(({ status: told }) => JSON.stringify(told))
    expect(new Set(reports).size).toBe(reports.length)
  })

  it('sees its environment, its files, and their changes', async () => {
    cluster.put('configMaps', object.configMap('settings', { colour: 'blue', size: '7' }))
    cluster.put('secrets', object.secret('login', { password: 'hunter2' }))
    const spec = {
      volumes: [
        { name: 'settings', configMap: { name: 'settings' } },
        { name: 'login', secret: { secretName: 'login', defaultMode: 0o400 } },
        { name: 'scratch', emptyDir: { medium: 'Memory' } },
        {
          name: 'api',
          projected: {
            sources: [
              { serviceAccountToken: { path: 'token', expirationSeconds: 3607 } },
              { downwardAPI: { items: [{ path: 'namespace', fieldRef: { fieldPath: 'metadata.namespace' } }] } },
            ],
          },
        },
      ],
      containers: [
        container('main', {
          env: [
            { name: 'COLOUR', valueFrom: { configMapKeyRef: { name: 'settings', key: 'colour' } } },
            { name: 'PASSWORD', valueFrom: { secretKeyRef: { name: 'login', key: 'password' } } },
            { name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
            { name: 'BOTH', value: '$(COLOUR)-$(PASSWORD)-$$(COLOUR)' },
            { name: 'CPU', valueFrom: { resourceFieldRef: { resource: 'limits.cpu', divisor: '1m' } } },
          ],
          envFrom: [{ prefix: 'ALL_', configMapRef: { name: 'settings' } }],
          resources: { limits: { cpu: '500m', memory: '64Mi' } },
          volumeMounts: [
            { name: 'settings', mountPath: '/etc/settings' },
            { name: 'login', mountPath: '/etc/login', readOnly: true },
            { name: 'scratch', mountPath: '/scratch' },
            { name: 'api', mountPath: '/var/run/api', readOnly: true },
            { name: 'settings', mountPath: '/one-file', subPath: 'size' },
          ],
        }),
      ],
    }
    cluster.put('pods', pod('files', spec))
    await runs('files')
    const env = await inside('files', 'env')
    expect(env).toContain('COLOUR=blue\n')
    expect(env).toContain('BOTH=blue-hunter2-$(COLOUR)\n')
    expect(env).toContain('CPU=500\n')
    expect(env).toContain('ALL_size=7\n')
    expect(env).toContain(`IP=${cluster.status('files')?.podIP}\n`)
    expect(await inside('files', 'cat', '/etc/login/password')).toBe('hunter2')
    expect(await inside('files', 'cat', '/one-file')).toBe('7')
    expect(await inside('files', 'cat', '/var/run/api/namespace')).toBe(NAMESPACE)
    expect(await inside('files', 'cat', '/var/run/api/token')).toMatch(/^token-\d+$/)
    expect(await inside('files', 'cat', '/etc/hosts')).toContain(`${cluster.status('files')?.podIP}\tfiles`)
    cluster.put('configMaps', object.configMap('settings', { colour: 'red', size: '8' }))
    await until(
      'the file changes',
      10_000,
      async () => (await inside('files', 'cat', '/etc/settings/colour')) === 'red',
    )
  })

  it('waits for a ConfigMap that is missing, and says so', async () => {
    const reference = { configMapKeyRef: { name: 'late', key: 'a' } }
    cluster.put(
      'pods',
      pod('waits', { containers: [container('main', { env: [{ name: 'A', valueFrom: reference }] })] }),
    )
    await until('it waits', 15_000, () => statusOf('waits')?.state?.waiting?.reason === 'CreateContainerConfigError')
    expect(statusOf('waits')?.state?.waiting?.message).toBe('configmap "late" not found')
    expect(cluster.status('waits')?.phase).toBe('Pending')
    expect(cluster.events).toContainEqual(
      expect.objectContaining({ type: 'Warning', reason: 'Failed', message: 'Error: configmap "late" not found' }),
    )
    const volume = { name: 'v', configMap: { name: 'never' } }
    cluster.put('pods', pod('unmounted', { volumes: [volume], containers: [container('main')] }))
    const message = 'MountVolume.SetUp failed for volume "v" : configmap "never" not found'
    await until('it cannot mount', 15_000, () => cluster.events.some((event) => event.message === message))
    cluster.put('configMaps', object.configMap('late', { a: '1' }))
    await runs('waits')
  })

  it('says that an image is not there', async () => {
    cluster.put(
      'pods',
      pod('absent', { containers: [container('main', { image: 'no/such', imagePullPolicy: 'Never' })] }),
    )
    await until('it waits', 15_000, () => statusOf('absent')?.state?.waiting?.reason === 'ErrImageNeverPull')
    cluster.put('pods', pod('unpulled', { containers: [container('main', { image: '127.0.0.1:1/no/such:1' })] }))
    await until('it backs off', 20_000, () => statusOf('unpulled')?.state?.waiting?.reason === 'ImagePullBackOff')
    const reasons = cluster.reasonsOf('unpulled')
    expect(reasons.slice(0, 5)).toEqual(['Pulling', 'Failed', 'Failed', 'BackOff', 'Failed'])
    expect(statusOf('unpulled')?.state?.waiting?.message).toMatch(
      /^Back-off pulling image "127.0.0.1:1\/no\/such:1": ErrImagePull: /,
    )
  })

  it('says that an image has no valid name, and does not try to pull it', async () => {
    cluster.put('pods', pod('misnamed', { containers: [container('misnamed', { image: 'UPPER:::x' })] }))
    await until('its reason', 20_000, () => statusOf('misnamed')?.state?.waiting?.reason === 'InvalidImageName')
    expect(statusOf('misnamed')?.state?.waiting?.message).toContain('invalid reference format')
    expect(cluster.reasonsOf('misnamed')).toContain('InspectFailed')
    expect(cluster.reasonsOf('misnamed')).not.toContain('Pulling')
  })

  it('runs under a seccomp profile of the machine’s own, and not without it', async () => {
    const securityContext = { seccompProfile: { type: 'Localhost' as const, localhostProfile: 'no-mkdir.json' } }
    const main = container('main', { securityContext })
    cluster.put('pods', pod('confined', { containers: [main] }))
    await until('it waits', 15_000, () => statusOf('confined')?.state?.waiting?.reason === 'CreateContainerConfigError')
    expect(statusOf('confined')?.state?.waiting?.message).toContain('cannot load seccomp profile "no-mkdir.json"')
    const rule = { names: ['mkdir', 'mkdirat'], action: 'SCMP_ACT_ERRNO' }
    mkdirSync(join(host.folder, 'agent/seccomp'))
    const profile = { defaultAction: 'SCMP_ACT_ALLOW', syscalls: [rule] }
    writeFileSync(join(host.folder, 'agent/seccomp/no-mkdir.json'), JSON.stringify(profile, null, 2))
    await runs('confined')
    expect(await inside('confined', '/bin/busybox', 'mkdir', '/tmp/x')).toContain('Operation not permitted')
  })

  it('sees the whole machine below a hostPath volume of /', async () => {
    const mounts = { volumeMounts: [{ name: 'machine', mountPath: '/machine', readOnly: true }] }
    const volumes = [{ name: 'machine', hostPath: { path: '/' } }]
    cluster.put('pods', pod('exporter', { containers: [container('exporter', mounts)], volumes }))
    await runs('exporter')
    expect(await inside('exporter', 'ls', '/machine')).toContain('proc')
  })

  it('runs init containers in order, then finishes', async () => {
    const log = (text: string) => script(`echo ${text} >> /work/log`)
    const mount = { volumeMounts: [{ name: 'work', mountPath: '/work' }] }
    const spec = {
      restartPolicy: 'Never' as const,
      volumes: [{ name: 'work', emptyDir: {} }],
      initContainers: [
        container('first', { command: log('1'), ...mount }),
        container('second', { command: log('2'), ...mount }),
      ],
      containers: [container('main', { command: script('cat /work/log > /dev/termination-log'), ...mount })],
    }
    cluster.put('pods', pod('job', spec))
    await until('it has succeeded', 20_000, () => cluster.status('job')?.phase === 'Succeeded')
    expect(statusOf('job')?.state?.terminated).toMatchObject({ exitCode: 0, reason: 'Completed', message: '1\n2\n' })
    expect(cluster.status('job')?.initContainerStatuses?.map(({ ready }) => ready)).toEqual([true, true])
    expect(cluster.status('job')?.conditions).toContainEqual(
      expect.objectContaining({ type: 'Ready', status: 'False', reason: 'PodCompleted' }),
    )
    cluster.put(
      'pods',
      pod('bad-job', { ...spec, initContainers: [], containers: [container('main', { command: script('exit 3') })] }),
    )
    await until('it has failed', 20_000, () => cluster.status('bad-job')?.phase === 'Failed')
    expect(statusOf('bad-job')?.state?.terminated).toMatchObject({ exitCode: 3, reason: 'Error' })
  })

  it('is restarted ever more slowly when it crashes', async () => {
    cluster.put('pods', pod('crash', { containers: [container('main', { command: script('exit 4') })] }))
    await until('it backs off', 20_000, () => statusOf('crash')?.state?.waiting?.reason === 'CrashLoopBackOff')
    expect(statusOf('crash')).toMatchObject({
      restartCount: 1,
      ready: false,
      lastState: { terminated: { exitCode: 4, reason: 'Error' } },
      state: {
        waiting: {
          message: expect.stringMatching(/^back-off 10s restarting failed container=main pod=crash_default\(/),
        },
      },
    })
    expect(cluster.status('crash')?.phase).toBe('Running')
    await until('it is restarted', 20_000, () => statusOf('crash')?.restartCount === 2)
    expect(cluster.reasonsOf('crash')).toContain('BackOff')
  })

  it('is killed for its memory by that name', async () => {
    const greedy = container('main', { command: ['/bin/tail', '/dev/zero'], resources: { limits: { memory: '16Mi' } } })
    cluster.put('pods', pod('greedy', { restartPolicy: 'Never', containers: [greedy] }))
    await until('it has failed', 30_000, () => cluster.status('greedy')?.phase === 'Failed')
    // The engine may tell of the memory only after the exit.
    await until('it is told why', 5000, () => statusOf('greedy')?.state?.terminated?.reason === 'OOMKilled')
    expect(statusOf('greedy')?.state?.terminated?.exitCode).toBe(137)
  })
})

describe('probes', () => {
  it('make a Pod ready, unready, and restart it', async () => {
    const probe = (file: string) => ({ exec: { command: ['/bin/cat', file] }, periodSeconds: 1, failureThreshold: 1 })
    const main = container('main', {
      command: script(`touch /tmp/live; ${FOREVER}`),
      readinessProbe: probe('/tmp/ready'),
      livenessProbe: { ...probe('/tmp/live'), initialDelaySeconds: 1 },
      startupProbe: { ...probe('/tmp/live'), failureThreshold: 10 },
    })
    cluster.put('pods', pod('probed', { containers: [main] }))
    await until('it is unready', 20_000, () => cluster.reasonsOf('probed').includes('Unhealthy'))
    expect(cluster.ready('probed')).toBe(false)
    expect(cluster.events.some(({ message }) => message.startsWith('Readiness probe failed: '))).toBe(true)
    await inside('probed', 'touch', '/tmp/ready')
    await runs('probed')
    await inside('probed', 'rm', '/tmp/live')
    await until('it is restarted', 20_000, () => statusOf('probed')?.restartCount === 1)
    const killing = cluster.events.find(({ about, reason }) => about.name === 'probed' && reason === 'Killing')
    expect(killing?.message).toBe('Container main failed liveness probe, will be restarted')
  })

  it('reach a Pod by HTTP and TCP', async () => {
    const main = container('main', {
      ports: [{ name: 'web', containerPort: 8080 }],
      readinessProbe: { httpGet: { path: '/bin/busybox', port: 'web' }, periodSeconds: 1 },
      livenessProbe: { tcpSocket: { port: 8080 }, periodSeconds: 1 },
    })
    cluster.put('pods', pod('asked', { containers: [main] }))
    await runs('asked')
    const wrong = container('main', { readinessProbe: { httpGet: { path: '/none', port: 8080 }, periodSeconds: 1 } })
    cluster.put('pods', pod('wrong', { containers: [wrong] }))
    const message = 'Readiness probe failed: HTTP probe failed with statuscode: 404'
    await until('it is unhealthy', 15_000, () => cluster.events.some((event) => event.message === message))
  })
})

describe('termination', () => {
  it('runs the hook, asks, waits, and ends', async () => {
    const spec = pod('polite', {
      volumes: [{ name: 'out', hostPath: { path: join(host.folder, 'out'), type: 'DirectoryOrCreate' } }],
      containers: [
        container('main', {
          command: ['/bin/sh', '-c', `trap 'echo term >> /out/log; exit 0' TERM; ${FOREVER}`],
          lifecycle: { preStop: { exec: { command: ['/bin/sh', '-c', 'echo hook >> /out/log'] } } },
          volumeMounts: [{ name: 'out', mountPath: '/out' }],
        }),
      ],
    })
    cluster.put('pods', spec)
    await runs('polite')
    await remove('polite', spec.metadata.uid, spec)
    expect(readFileSync(join(host.folder, 'out/log'), 'utf8')).toBe('hook\nterm\n')
    expect(cluster.status('polite')?.phase).toBe('Succeeded')
    expect(statusOf('polite')?.state?.terminated).toMatchObject({ exitCode: 0, reason: 'Completed' })
    expect(cluster.reasonsOf('polite').at(-1)).toBe('Killing')
    await until('nothing is left', 10_000, async () => (await idsOf('polite')).length === 0)
  })

  it('kills what does not listen when its grace is over, and sooner when the grace is cut', async () => {
    const deaf = (name: string) => {
      const words = `trap 'echo asked > /dev/termination-log' TERM; ${FOREVER}`
      return pod(name, { containers: [container('main', { command: ['/bin/sh', '-c', words] })] })
    }
    const slow = deaf('slow')
    cluster.put('pods', slow)
    await runs('slow')
    await remove('slow', slow.metadata.uid, slow, 3)
    expect(statusOf('slow')?.state?.terminated?.message).toBe('asked\n')
    expect(statusOf('slow')?.state?.terminated).toMatchObject({ exitCode: 137, reason: 'Error' })
    expect(cluster.status('slow')?.phase).toBe('Failed')
    const cut = deaf('cut')
    cluster.put('pods', cut)
    await runs('cut')
    const first = remove('cut', cut.metadata.uid, cut, 60)
    await until('it is asked', 10_000, () => cluster.reasonsOf('cut').includes('Killing'))
    await Promise.all([first, remove('cut', cut.metadata.uid, cut, 1)])
  })
})

const said = (word: string) => expect.stringContaining(word)

describe('Services', () => {
  it('reach Pods from the node and from Pods; what nobody serves is refused', async () => {
    const ip = cluster.status('web')?.podIP ?? ''
    cluster.put('services', object.service('web', { clusterIP: '10.96.0.50', nodePort: 30080 }))
    cluster.put('endpointSlices', object.endpointSlice('web', [ip]))
    await until(
      'the rules stand',
      10_000,
      () => fetchFrom('http://10.96.0.50/bin/busybox', '-o', '/dev/null').code === 0,
    )
    expect(fetchFrom(`http://${NODE_IP}:30080/bin/busybox`, '-o', '/dev/null').code).toBe(0)
    for (const address of ['10.96.0.50', `${NODE_IP}:30080`]) {
      const url = `http://${address}/bin/busybox`
      expect(await fetchInside('files', url, '-o', '/dev/null'), address).toMatchObject({ code: 0 })
    }
    // Told by a reset, or that there is no route; silence would be 28.
    const REFUSED = 7
    expect(fetchFrom('http://10.96.0.51/', '-v')).toMatchObject({ code: REFUSED, output: said('Connection refused') })
    for (const [address, word] of [
      ['10.96.0.51', 'Connection refused'],
      ['10.244.99.1', 'No route to host'],
    ] as const) {
      const answer = await fetchInside('files', `http://${address}/`, '-v')
      expect(answer, address).toMatchObject({ code: REFUSED, output: said(word) })
    }
  })

  it('let a Pod reach itself', async () => {
    for (const address of ['10.96.0.50', `${NODE_IP}:30080`]) {
      const url = `http://${address}/bin/busybox`
      expect(await fetchInside('web', url, '-o', '/dev/null'), address).toMatchObject({ code: 0 })
    }
  })

  it('the kubernetes Service ends at the agent, with the client’s own token and without a prefix', async () => {
    cluster.put('services', object.kubernetesService())
    writeFileSync(join(host.folder, 'ca.pem'), cluster.ca)
    const ask = (path: string, ...more: string[]) =>
      fetchFrom(`https://10.96.0.1${path}`, '--cacert', join(host.folder, 'ca.pem'), ...more)
    await until('it answers', 10_000, () => ask('/version').code === 0)
    expect(JSON.parse(ask('/version?x=1', '-H', 'Authorization: Bearer pod-token').output)).toEqual({
      path: '/clusters/c1/version?x=1',
      authorization: 'Bearer pod-token',
      host: '127.0.0.1:8099',
    })
    const child = host.start('curl', ['-sN', '--cacert', join(host.folder, 'ca.pem'), 'https://10.96.0.1/watch'])
    let heard = ''
    child.stdout?.on('data', (data) => {
      heard += String(data)
    })
    // The server says the second only when it is told to: the first is not held back for it.
    await until('the first frame', 10_000, () => heard === '{"frame":1}\n')
    const ended = new Promise((resolve) => child.once('exit', resolve))
    cluster.endWatch()
    await ended
    expect(heard).toBe('{"frame":1}\n{"frame":2}\n')
  })
})

describe('static stability', () => {
  it('a restarted agent adopts its Pods and says nothing new of them', async () => {
    const before = await idsOf('web')
    const files = await idsOf('files')
    await agent.stop('SIGKILL')
    const from = cluster.syncs.length
    agent.start()
    await until('it talks again', 20_000, () => cluster.syncs.length > from)
    // Whatever it had to do about those it found, it has done when it has brought up another.
    cluster.put('pods', pod('later', { containers: [container('web')] }))
    await runs('later')
    expect(await idsOf('web')).toEqual(before)
    expect(await idsOf('files')).toEqual(files)
    const said = cluster.syncs.slice(from).flatMap(({ pods }) => pods.map(({ name }) => name))
    expect(said).not.toContain('web')
    expect(cluster.ready('web')).toBe(true)
  })

  it('restarts what dies and serves on while the control plane is away', async () => {
    await cluster.stop()
    const [dead] = await host.docker.listContainers({
      filters: { label: ['io.kubernetes.pod.name=web', 'io.kubernetes.docker.type=container'] },
    })
    await host.docker.getContainer(dead?.Id ?? '').kill()
    await until('it runs again', 20_000, async () => {
      const [now] = await host.docker.listContainers({
        filters: { label: ['io.kubernetes.pod.name=web', 'io.kubernetes.docker.type=container'] },
      })
      return now && now.Id !== dead?.Id
    })
    await until('it serves', 5000, () => fetchFrom('http://10.96.0.50/bin/busybox', '-o', '/dev/null').code === 0)
    await cluster.start()
    await until('its restart is told', 40_000, () => statusOf('web')?.restartCount === 1)
    expect(statusOf('web')?.lastState?.terminated).toMatchObject({ exitCode: 137, reason: 'Error' })
  })

  it('what is taken away is stopped', async () => {
    cluster.clear()
    await until('nothing is left', 40_000, async () => (await host.docker.listContainers({ all: true })).length === 0)
  })
})
