/** Who may do what, as kubectl's users meet it: real workerd, real kubectl, no nodes. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ControlPlane, startControlPlane } from './control-plane.ts'

let plane: ControlPlane
let folder: string

beforeAll(async () => {
  plane = await startControlPlane()
  folder = mkdtempSync(join(tmpdir(), 'skycrane-access-'))
}, 60_000)

afterAll(async () => {
  await plane?.stop()
  rmSync(folder, { recursive: true, force: true })
})

const lines = (text: string): string[] => text.trimEnd().split('\n')

/** kubectl with a token of its own; `--token` beside an admin's kubeconfig takes its place. */
const withToken = (token: string, ...args: string[]) => plane.kubectl('--token', token, ...args)

describe('roles', () => {
  it('are made, bound, asked about and taken away', async () => {
    await plane.kubectl('create', 'serviceaccount', 'robot')
    const token = (await plane.kubectl('create', 'token', 'robot')).trim()
    expect(await plane.refused('--token', token, 'get', 'pods')).toBe(
      'Error from server (Forbidden): pods is forbidden: User "system:serviceaccount:default:robot" cannot list resource "pods" in API group "" in the namespace "default"\n',
    )
    await plane.kubectl('create', 'role', 'pod-reader', '--verb=get,list', '--resource=pods,deployments.apps')
    await plane.kubectl('create', 'rolebinding', 'robots', '--role=pod-reader', '--serviceaccount=default:robot')
    expect(await withToken(token, 'get', 'deployments', '-o', 'name')).toBe('')
    expect(await withToken(token, 'auth', 'can-i', 'list', 'pods')).toBe('yes\n')
    expect(await plane.refused('--token', token, 'auth', 'can-i', 'delete', 'pods')).toBe('')
    expect(await plane.kubectl('auth', 'can-i', 'get', 'pods', '--as=system:serviceaccount:default:robot')).toBe(
      'yes\n',
    )
    const rules = lines(await withToken(token, 'auth', 'can-i', '--list'))
    expect(rules.find((line) => line.startsWith('deployments.apps'))).toMatch(/\[get list\]$/)
    expect(await withToken(token, 'auth', 'whoami', '-o', 'jsonpath={.status.userInfo.username}')).toBe(
      'system:serviceaccount:default:robot',
    )
    const asGroups = ['--as=ann', '--as-group=cn=ops,o=acme', '--as-group=people']
    expect(await plane.kubectl('auth', 'whoami', ...asGroups, '-o', 'jsonpath={.status.userInfo.groups}')).toBe(
      '["cn=ops,o=acme","people","system:authenticated"]',
    )
    expect(await plane.kubectl('describe', 'role', 'pod-reader')).toMatch(/pods\s+\[\]\s+\[\]\s+\[get list\]/)
    expect(await plane.kubectl('get', 'rolebinding', 'robots', '-o', 'wide')).toMatch(
      /Role\/pod-reader .* default\/robot/,
    )
    await plane.kubectl('delete', 'rolebinding', 'robots')
    expect(await plane.refused('--token', token, 'get', 'pods')).toMatch(/Forbidden/)
  })

  it('are reconciled from a file', async () => {
    const file = join(folder, 'roles.yaml')
    writeFileSync(
      file,
      `apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: { name: watcher, labels: { rbac.authorization.k8s.io/aggregate-to-view: "true" } }
rules: [{ apiGroups: [apps], resources: [deployments], verbs: [watch] }]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: { name: watchers }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: watcher }
subjects: [{ kind: User, name: ann, apiGroup: rbac.authorization.k8s.io }]
`,
    )
    expect(await plane.kubectl('auth', 'reconcile', '-f', file)).toMatch(/clusterrole\S*\/watcher reconciled/)
    expect(await plane.kubectl('auth', 'can-i', 'watch', 'deployments.apps', '--as=ann')).toMatch(/yes\n$/)
    await plane.kubectl('set', 'subject', 'clusterrolebinding', 'watchers', '--user=bob')
    expect(await plane.kubectl('auth', 'can-i', 'watch', 'deployments.apps', '--as=bob')).toMatch(/yes\n$/)
    await plane.kubectl('create', 'clusterrole', 'paths', '--verb=get', '--non-resource-url=/metrics')
    await plane.kubectl('create', 'clusterrolebinding', 'paths', '--clusterrole=paths', '--group=scrapers')
    expect(
      await plane.kubectl('get', '--raw', `/clusters/${plane.ready.cluster}/metrics`, '--as=x', '--as-group=scrapers'),
    ).toMatch(/apiserver_request_total/)
  })
})

describe('a certificate', () => {
  it('is asked for, approved and fetched', async () => {
    const openssl = (...args: string[]): string =>
      execFileSync('openssl', args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
    openssl(
      'req',
      '-new',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-keyout',
      'key.pem',
      '-subj',
      '/CN=ann/O=people',
      '-out',
      'ann.csr',
    )
    await plane.apply({
      apiVersion: 'certificates.k8s.io/v1',
      kind: 'CertificateSigningRequest',
      metadata: { name: 'ann' },
      spec: {
        request: readFileSync(join(folder, 'ann.csr')).toString('base64'),
        signerName: 'kubernetes.io/kube-apiserver-client',
        usages: ['client auth'],
      },
    })
    expect(await plane.kubectl('get', 'csr', 'ann', '--no-headers')).toMatch(/Pending\s*$/)
    await plane.kubectl('certificate', 'approve', 'ann')
    await plane.kubectl('wait', 'csr/ann', '--for=jsonpath={.status.certificate}', '--timeout=20s')
    expect(await plane.kubectl('get', 'csr', 'ann', '--no-headers')).toMatch(/Approved,Issued\s*$/)
    const certificate = await plane.kubectl('get', 'csr', 'ann', '-o', 'jsonpath={.status.certificate}')
    writeFileSync(join(folder, 'ann.pem'), Buffer.from(certificate, 'base64'))
    const root = await plane.kubectl('get', 'cm', 'kube-root-ca.crt', '-o', 'jsonpath={.data.ca\\.crt}')
    writeFileSync(join(folder, 'ca.pem'), root)
    expect(openssl('verify', '-purpose', 'sslclient', '-CAfile', 'ca.pem', 'ann.pem')).toBe('ann.pem: OK\n')
    expect(await plane.kubectl('describe', 'csr', 'ann')).toMatch(/Status:\s+Approved,Issued/)
  })
})
