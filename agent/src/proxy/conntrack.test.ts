import { expect, it } from 'vitest'
import { parseFlows } from './conntrack.ts'

it('reads what conntrack lists, each flow once whoever the client is', () => {
  const listing = `udp      17 26 src=10.244.1.7 dst=10.96.0.10 sport=37181 dport=53 src=10.244.1.9 dst=10.244.1.7 sport=5353 dport=37181 [ASSURED] mark=0 use=1
udp      17 26 src=10.244.1.8 dst=10.96.0.10 sport=37182 dport=53 src=10.244.1.9 dst=10.244.1.8 sport=5353 dport=37182 mark=0 use=1
udp      17 12 src=10.244.1.7 dst=10.96.0.11 sport=4000 dport=9 [UNREPLIED] src=10.96.0.11 dst=10.244.1.7 sport=9 dport=4000 mark=0 use=1
`
  expect(parseFlows(listing)).toEqual([
    { ip: '10.96.0.10', port: 53, from: '10.244.1.9' },
    { ip: '10.96.0.11', port: 9, from: '10.96.0.11' },
  ])
})
