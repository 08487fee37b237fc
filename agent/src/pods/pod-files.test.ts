import { describe, expect, it } from 'vitest'
import { hostsFile, kernelHostnameOf, reachableResolv, resolvFile } from './pod-files.ts'
import { podOf } from './testing.ts'

const facts = { hostResolv: 'search corp\nnameserver 9.9.9.9\noptions timeout:1\n', dnsDomain: 'cluster.local' }

describe('/etc/resolv.conf', () => {
  it('points to the cluster DNS when there is one, and else to the host’s', () => {
    expect(resolvFile(podOf(), { ...facts, clusterDns: '10.0.0.10' })).toBe(
      'search ns.svc.cluster.local svc.cluster.local cluster.local corp\nnameserver 10.0.0.10\noptions ndots:5\n',
    )
    expect(resolvFile(podOf(), facts)).toBe('search corp\nnameserver 9.9.9.9\noptions timeout:1\n')
  })

  it('of policy None is what the Pod gives', () => {
    const dnsConfig = {
      nameservers: ['1.1.1.1'],
      searches: ['a.b'],
      options: [{ name: 'ndots', value: '2' }, { name: 'x' }],
    }
    expect(resolvFile(podOf({ dnsPolicy: 'None', dnsConfig }), { ...facts, clusterDns: '10.0.0.10' })).toBe(
      'search a.b\nnameserver 1.1.1.1\noptions ndots:2 x\n',
    )
  })

  it('on the host network is the host’s unless asked otherwise', () => {
    const dns = { ...facts, clusterDns: '10.0.0.10' }
    expect(resolvFile(podOf({ hostNetwork: true }), dns)).toContain('9.9.9.9')
    expect(resolvFile(podOf({ hostNetwork: true, dnsPolicy: 'ClusterFirstWithHostNet' }), dns)).toContain('10.0.0.10')
  })
})

it('the host’s resolver is whom its stub asks, where a Pod can not reach the stub', () => {
  const stub = 'nameserver 127.0.0.53\noptions edns0\n'
  const behind = 'nameserver 10.1.1.1\n'
  expect(reachableResolv(stub, behind)).toBe(behind)
  expect(reachableResolv(stub, '')).toBe(stub)
  expect(reachableResolv('nameserver 127.0.0.1\nnameserver 9.9.9.9\n', behind)).toContain('9.9.9.9')
})

it('the kernel knows the Pod by its full name if it is asked to, and only if that fits', () => {
  const named = { hostname: 'h', subdomain: 's', setHostnameAsFQDN: true }
  expect(kernelHostnameOf(podOf(named), 'cluster.local')).toBe('h.s.ns.svc.cluster.local')
  expect(kernelHostnameOf(podOf({ ...named, setHostnameAsFQDN: false }), 'cluster.local')).toBe('h')
  expect(() => kernelHostnameOf(podOf({ ...named, subdomain: 's'.repeat(60) }), 'cluster.local')).toThrow('is too long')
})

it('/etc/hosts has the Pod under its names, and aliases', () => {
  const pod = podOf({ hostname: 'h', subdomain: 's', hostAliases: [{ ip: '1.2.3.4', hostnames: ['x', 'y'] }] })
  const text = hostsFile(pod, { podIp: '10.1.0.5', hostHosts: '', dnsDomain: 'cluster.local' })
  expect(text).toContain('10.1.0.5\th.s.ns.svc.cluster.local\th\n')
  expect(text).toContain('# Entries added by HostAliases.\n1.2.3.4\tx\ty\n')
})
