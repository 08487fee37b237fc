import { cpus, release, totalmem } from 'node:os'
import { describe, expect, it } from 'vitest'
import type { RuntimeVersion } from '../runtime/runtime.ts'
import { type NodeObservation, NodeStatus, observeNode } from './node-status.ts'

const GI = 1024 ** 3
const well: NodeObservation = {
  runtime: { version: '20.10', os: 'linux' } as NodeObservation['runtime'],
  networkProblem: undefined,
  freeMemory: 4 * GI,
  disk: { total: 100 * GI, free: 50 * GI, inodes: { total: 1000, free: 500 } },
  imageDisk: { total: 100 * GI, free: 50 * GI },
  pids: { most: 1000, used: 200 },
}
const nothing = { cpuMillis: 0, memoryBytes: 0, storageBytes: 0 }
const nodeStatus = (reserved = nothing) =>
  new NodeStatus({ nodeName: 'a', nodeIp: '198.51.100.1', labels: { zone: 'z' }, reserved })
const conditionsOf = (observed: Partial<NodeObservation>) => {
  const report = nodeStatus().report({ ...well, ...observed }, 0, true)
  return Object.fromEntries((report?.status.conditions ?? []).map(({ type, status }) => [type, status]))
}

describe('nodeStatus', () => {
  it.each([
    ['all is well', {}, { Ready: 'True', MemoryPressure: 'False', DiskPressure: 'False', PIDPressure: 'False' }],
    ['less than 100 MiB are free', { freeMemory: 99 * 1024 ** 2 }, { Ready: 'True', MemoryPressure: 'True' }],
    ['less than a tenth of the disk is free', { disk: { total: 100 * GI, free: 9 * GI } }, { DiskPressure: 'True' }],
    ['few inodes are free', { disk: { ...well.disk, inodes: { total: 1000, free: 49 } } }, { DiskPressure: 'True' }],
    ['images fill their disk', { imageDisk: { total: 100 * GI, free: 14 * GI } }, { DiskPressure: 'True' }],
    ['few process ids are free', { pids: { most: 1000, used: 951 } }, { PIDPressure: 'True', DiskPressure: 'False' }],
    ['the engine does not answer', { runtime: undefined }, { Ready: 'False' }],
    ['there is no network yet', { networkProblem: 'no Pod range' }, { Ready: 'False' }],
  ])('says so when %s', (_, observed, want) => expect(conditionsOf(observed)).toMatchObject(want))

  it('keeps from Pods what it would evict them for', () => {
    const status = nodeStatus().report(well, 0, true)?.status
    expect(status?.capacity?.['ephemeral-storage']).toBe(`${(100 * GI) / 1024}Ki`)
    expect(status?.allocatable).toMatchObject({
      memory: `${Math.floor((totalmem() - 100 * 1024 ** 2) / 1024)}Ki`,
      'ephemeral-storage': String(90 * GI),
      pods: '110',
    })
  })

  it('keeps from Pods what is reserved', () => {
    const reserved = { cpuMillis: cpus().length * 1000 - 250, memoryBytes: 1024, storageBytes: GI }
    expect(nodeStatus(reserved).report(well, 0, true)?.status.allocatable).toMatchObject({
      cpu: '250m',
      memory: `${Math.floor((totalmem() - 1024 - 100 * 1024 ** 2) / 1024)}Ki`,
      'ephemeral-storage': String(89 * GI),
    })
  })

  it('sees this machine', async () => {
    const observed = await observeNode(
      async () => ({ ...(well.runtime as RuntimeVersion), rootDir: '/' }),
      undefined,
      '/',
    )
    expect(observed.pids.used).toBeGreaterThan(0)
    expect(observed.pids.most).toBeGreaterThan(observed.pids.used)
    expect(observed.disk.total).toBeGreaterThan(observed.disk.free)
    expect(observed.imageDisk?.total).toBe(observed.disk.total)
    const { nodeInfo } = nodeStatus().report(observed, 0, true)?.status ?? {}
    expect(nodeInfo).toMatchObject({ operatingSystem: 'linux', kernelVersion: release() })
    expect(nodeInfo?.bootID).toMatch(/^[0-9a-f-]{36}$/)
  })

  it('reports only what is new, and now and then that nothing is', () => {
    const status = nodeStatus()
    expect(status.report(well, 0, false)).toBeDefined()
    expect(status.report(well, 10_000, false)).toBeUndefined()
    expect(status.report({ ...well, freeMemory: 0 }, 20_000, false)).toBeDefined()
    expect(status.report({ ...well, freeMemory: 0 }, 20_000 + 5 * 60_000, false)).toBeDefined()
  })

  it('moves the time of a transition only when there is one', () => {
    const status = nodeStatus()
    status.report(well, 0, true)
    const later = status.report(well, 60_000, true)?.status.conditions?.find(({ type }) => type === 'Ready')
    expect(later).toMatchObject({
      lastHeartbeatTime: '1970-01-01T00:01:00Z',
      lastTransitionTime: '1970-01-01T00:00:00Z',
    })
  })
})
