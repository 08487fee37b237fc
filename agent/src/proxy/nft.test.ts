import { expect, it } from 'vitest'
import { clientsIn } from './nft.ts'

it('reads who is known to which endpoint, and for how long yet', () => {
  const elem = [{ elem: { val: '10.244.1.7', timeout: 60, expires: 42 } }]
  const json = JSON.stringify({
    nftables: [
      { metainfo: { version: '1.0.6' } },
      { set: { family: 'ip', name: 'affinity-ab-ns/web', table: 't', type: 'ipv4_addr', elem } },
      { set: { family: 'ip', name: 'affinity-cd-ns/web', table: 't', type: 'ipv4_addr' } },
      { set: { family: 'ip', name: 'hairpin', table: 't', elem: [{ concat: ['10.244.1.7', '10.244.1.7'] }] } },
    ],
  })
  expect([...clientsIn(json)]).toEqual([
    ['affinity-ab-ns/web', [{ ip: '10.244.1.7', seconds: 42 }]],
    ['affinity-cd-ns/web', []],
  ])
})
