import { describe, expect, it } from 'vitest'
import { containerOptions, sandboxOptions, withTag } from './docker-config.ts'
import type { ContainerSpec } from './runtime.ts'

const identity = { uid: 'u1', namespace: 'ns', name: 'web' }

const spec = (more: Partial<ContainerSpec> = {}): ContainerSpec => ({
  identity,
  name: 'main',
  attempt: 2,
  hash: 'h',
  sandboxId: 'box',
  image: 'nginx',
  entrypoint: [],
  args: [],
  env: new Map([['A', '1']]),
  mounts: [],
  devices: [],
  terminationLog: '/log',
  graceSeconds: 30,
  stdin: false,
  stdinOnce: false,
  tty: false,
  isHostPid: false,
  isSharingProcesses: false,
  security: {
    groups: [],
    isPrivileged: false,
    mayEscalate: true,
    isRootReadOnly: false,
    addCapabilities: [],
    dropCapabilities: [],
    seccomp: 'unconfined',
    isApparmorUnconfined: false,
  },
  resources: { cpuShares: 2, oomScoreAdj: 1000 },
  labels: { app: 'web' },
  ...more,
})

describe('a container for Docker', () => {
  it('is named and labelled as dockershim did', () => {
    const options = containerOptions(spec())
    expect(options.name).toBe('k8s_main_web_ns_u1_2')
    expect(options.Labels).toMatchObject({
      app: 'web',
      'io.kubernetes.pod.uid': 'u1',
      'io.kubernetes.container.name': 'main',
      'io.kubernetes.docker.type': 'container',
      'io.kubernetes.sandbox.id': 'box',
    })
  })

  it('shares network and IPC with its sandbox, and processes only when asked', () => {
    expect(containerOptions(spec()).HostConfig).toMatchObject({
      NetworkMode: 'container:box',
      IpcMode: 'container:box',
      PidMode: '',
    })
    expect(containerOptions(spec({ isSharingProcesses: true })).HostConfig?.PidMode).toBe('container:box')
    expect(containerOptions(spec({ isHostPid: true })).HostConfig?.PidMode).toBe('host')
  })

  it("keeps the image's entry point and command unless they are given", () => {
    expect(containerOptions(spec())).not.toHaveProperty('Entrypoint')
    expect(containerOptions(spec({ entrypoint: ['/x'] }))).toMatchObject({ Entrypoint: ['/x'] })
    expect(containerOptions(spec({ args: ['-v'] }))).toMatchObject({ Cmd: ['-v'] })
  })

  it('turns limits into quota and memory without swap', () => {
    const resources = { cpuShares: 512, cpuQuota: 25_000, memoryBytes: 1024, oomScoreAdj: 5 }
    expect(containerOptions(spec({ resources })).HostConfig).toMatchObject({
      CpuShares: 512,
      CpuPeriod: 100_000,
      CpuQuota: 25_000,
      Memory: 1024,
      MemorySwap: 1024,
    })
  })

  it('spells security options', () => {
    const security = { ...spec().security, mayEscalate: false, uid: 5, gid: 6, groups: [7] }
    const options = containerOptions(spec({ security }))
    expect(options.User).toBe('5:6')
    expect(options.HostConfig).toMatchObject({
      GroupAdd: ['7'],
      SecurityOpt: ['no-new-privileges', 'seccomp=unconfined'],
    })
  })
})

it('a sandbox has no network of its own making, or the host’s', () => {
  const box = { identity, attempt: 0, hostname: 'web', isHostPid: false, isHostIpc: false, sysctls: {}, labels: {} }
  expect(sandboxOptions({ ...box, isHostNetwork: false }, 'pause').HostConfig?.NetworkMode).toBe('none')
  const shared = sandboxOptions({ ...box, isHostNetwork: true }, 'pause')
  expect(shared.HostConfig?.NetworkMode).toBe('host')
  expect(shared).not.toHaveProperty('Hostname')
})

it.each([
  ['nginx', 'nginx:latest'],
  ['nginx:1', 'nginx:1'],
  ['host:5000/app', 'host:5000/app:latest'],
  ['app@sha256:00', 'app@sha256:00'],
])('%s means %s', (asked, meant) => expect(withTag(asked)).toBe(meant))
