/** Nodes as clients make them. */
import { beforeAll, describe, expect, it } from 'vitest'
import { type Client, newClient } from './client.ts'

let client: Client

beforeAll(async () => {
  client = await newClient('nodes')
})

describe('a Node', () => {
  const NODES = '/api/v1/nodes'
  const taint = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }
  const made = async (name: string, rest: object) =>
    (await client.ask(`${NODES}?dryRun=All`, { method: 'POST', body: { metadata: { name }, ...rest } })).body.spec
      .taints

  it('takes no Pods from its first moment on, unless it begins ready', async () => {
    const own = { key: 'example.com/own', effect: 'NoSchedule' }
    const ready = (status: string) => ({ status: { conditions: [{ type: 'Ready', status }] } })
    expect(await made('silent', {})).toEqual([taint])
    expect(await made('not-ready', { ...ready('False'), spec: { taints: [own] } })).toEqual([own, taint])
    expect(await made('tainted', { spec: { taints: [taint] } })).toEqual([taint])
    expect(await made('ready', ready('True'))).toBeUndefined()
  })
})
