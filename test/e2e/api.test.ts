/** The API without nodes: real workerd, real kubectl. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ControlPlane, eventually, startControlPlane } from './control-plane.ts'

let plane: ControlPlane

beforeAll(async () => {
  plane = await startControlPlane()
}, 60_000)

afterAll(() => plane?.stop())

const api = (path: string, init?: Parameters<ControlPlane['request']>[1]) =>
  plane.request(`/clusters/${plane.ready.cluster}${path}`, init)

const deployment = (name: string, replicas = 2) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, labels: { app: name } },
  spec: {
    replicas,
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'main', image: 'example/web:1' }] } },
  },
})

describe('kubectl', () => {
  it('finds the version, the namespaces and the kubernetes Service of a new cluster', async () => {
    expect(await plane.kubectl('version')).toContain('Server Version: v1.32.')
    const namespaces = await plane.kubectl('get', 'namespaces', '-o', 'name')
    for (const name of ['default', 'kube-node-lease', 'kube-public', 'kube-system'])
      expect(namespaces).toContain(`namespace/${name}\n`)
    expect(await plane.kubectl('get', 'services')).toMatch(/kubernetes\s+ClusterIP\s+10\.96\.0\.1\s+<none>\s+443\/TCP/)
    expect(await plane.kubectl('describe', 'service', 'kubernetes')).toMatch(/Endpoints:\s+10\.96\.0\.1:443/)
    expect(
      await plane.kubectl('get', 'endpointslices', '-l', 'kubernetes.io/service-name=kubernetes', '-o', 'name'),
    ).toBe('endpointslice.discovery.k8s.io/kubernetes\n')
    expect(await plane.kubectl('get', 'serviceaccount', 'default', '-n', 'default', '-o', 'name')).toBe(
      'serviceaccount/default\n',
    )
    expect(await plane.kubectl('get', 'configmap', 'kube-root-ca.crt', '-o', 'jsonpath={.data}')).toContain(
      'BEGIN CERTIFICATE',
    )
  })

  it('lists the resources with their short names', async () => {
    const resources = await plane.kubectl('api-resources')
    expect(resources).toMatch(/deployments\s+deploy\s+apps\/v1\s+true\s+Deployment/)
    expect(resources).toMatch(/pods\s+po\s+v1\s+true\s+Pod/)
  })

  it('applies a Deployment, which becomes a ReplicaSet and Pods', async () => {
    expect(await plane.apply(deployment('web'))).toBe('deployment.apps/web created\n')
    expect(await plane.apply(deployment('web'))).toBe('deployment.apps/web unchanged\n')
    await eventually(
      'two Pods',
      async () => (await plane.kubectl('get', 'pods', '-l', 'app=web', '-o', 'name')).trim().split('\n').length === 2,
    )
    expect(await plane.kubectl('get', 'deployment', 'web')).toMatch(
      /NAME\s+READY\s+UP-TO-DATE\s+AVAILABLE\s+AGE\nweb\s+0\/2\s+2\s+0/,
    )
    expect(await plane.kubectl('get', 'rs', '-l', 'app=web')).toMatch(/web-[a-z0-9]+\s+2\s+2\s+0/)
    const description = await plane.kubectl('describe', 'deployment', 'web')
    expect(description).toMatch(/Scaled up replica set web-\w+ from 0 to 2/)
  })

  it('says why a Pod fits nowhere', async () => {
    const [pod = ''] = (await plane.kubectl('get', 'pods', '-l', 'app=web', '-o', 'name')).trim().split('\n')
    await eventually('the reason', async () => (await plane.kubectl('describe', pod)).includes('FailedScheduling'))
    expect(await plane.kubectl('describe', pod)).toContain('no nodes available to schedule pods')
  })

  it('scales, labels, annotates, patches and deletes', async () => {
    expect(await plane.kubectl('scale', 'deployment', 'web', '--replicas', '4')).toContain('scaled')
    await eventually(
      'four Pods',
      async () => (await plane.kubectl('get', 'pods', '-l', 'app=web', '-o', 'name')).trim().split('\n').length === 4,
    )
    await plane.kubectl('label', 'deployment', 'web', 'tier=front')
    await plane.kubectl('annotate', 'deployment', 'web', 'note=here')
    expect(await plane.kubectl('get', 'deployments', '-l', 'tier=front', '-o', 'name')).toBe('deployment.apps/web\n')
    await plane.kubectl(
      'patch',
      'deployment',
      'web',
      '-p',
      '{"spec":{"template":{"spec":{"containers":[{"name":"main","env":[{"name":"A","value":"1"}]}]}}}}',
    )
    expect(
      await plane.kubectl(
        'get',
        'deployment',
        'web',
        '-o',
        'jsonpath={.spec.template.spec.containers[0].image} {.spec.template.spec.containers[0].env[0].name}',
      ),
    ).toBe('example/web:1 A')
    expect(await plane.kubectl('delete', 'deployment', 'web', '--wait=true')).toContain('deleted')
    await eventually('no Pods', async () => (await plane.kubectl('get', 'pods', '-l', 'app=web', '-o', 'name')) === '')
  })

  it('watches by label', async () => {
    const seen: string[] = []
    const { spawn } = await import('node:child_process')
    const watcher = spawn('kubectl', [
      '--kubeconfig',
      plane.ready.kubeconfig,
      'get',
      'configmaps',
      '-l',
      'w=1',
      '--watch',
      '-o',
      'name',
    ])
    watcher.stdout.on('data', (chunk) => seen.push(String(chunk)))
    try {
      await plane.kubectl('create', 'configmap', 'unseen')
      await plane.kubectl('create', 'configmap', 'seen')
      await plane.kubectl('label', 'configmap', 'seen', 'w=1')
      await eventually('the event', async () => seen.join('').includes('configmap/seen'))
      expect(seen.join('')).not.toContain('unseen')
    } finally {
      watcher.kill()
    }
  })

  it('deletes a namespace with all that is in it', async () => {
    await plane.kubectl('create', 'namespace', 'going')
    await plane.kubectl('create', 'configmap', 'inside', '-n', 'going')
    await plane.apply(deployment('inside'), '-n', 'going')
    await plane.kubectl('delete', 'namespace', 'going', '--timeout=30s')
    expect(await plane.refused('get', 'namespace', 'going')).toContain('namespaces "going" not found')
    expect((await api('/api/v1/configmaps?fieldSelector=metadata.namespace%3Dgoing')).text).not.toContain('inside')
  })
})

describe('bad input', () => {
  const version = async () => (await api('/api/v1/configmaps')).body['metadata'] as { resourceVersion: string }

  it.each([
    {
      what: 'malformed JSON',
      path: '/api/v1/namespaces/default/pods',
      body: '{"kind":',
      status: 400,
      reason: 'BadRequest',
    },
    {
      what: 'an unknown kind',
      path: '/apis/apps/v1/namespaces/default/gadgets',
      body: '{}',
      status: 404,
      reason: 'NotFound',
    },
    {
      what: 'wrong types',
      path: '/apis/apps/v1/namespaces/default/deployments',
      body: { ...deployment('x'), spec: { ...deployment('x').spec, replicas: 'three' } },
      status: 400,
      reason: 'BadRequest',
    },
    {
      what: 'missing required fields',
      path: '/apis/apps/v1/namespaces/default/deployments',
      body: { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'x' }, spec: {} },
      status: 422,
      reason: 'Invalid',
    },
    {
      what: 'an invalid name',
      path: '/api/v1/namespaces/default/configmaps',
      body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'Not_A_Name' } },
      status: 422,
      reason: 'Invalid',
    },
    {
      what: 'a missing namespace',
      path: '/api/v1/namespaces/nowhere/configmaps',
      body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x' } },
      status: 404,
      reason: 'NotFound',
    },
    {
      what: 'an oversized body',
      path: '/api/v1/namespaces/default/configmaps',
      body: {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'x' },
        data: { a: 'x'.repeat(3.1 * 1024 * 1024) },
      },
      status: 413,
      reason: 'RequestEntityTooLarge',
    },
  ])('answers $what with $status $reason, and changes nothing', async ({ path, body, status, reason }) => {
    const before = await version()
    const answer = await api(path, { method: 'POST', body })
    expect(answer.body).toMatchObject({ kind: 'Status', apiVersion: 'v1', status: 'Failure', code: status, reason })
    expect(answer.status).toBe(status)
    expect(await version()).toEqual(before)
  })

  it('answers a wrong token with 401, whether or not the cluster exists', async () => {
    for (const cluster of [plane.ready.cluster, 'c-missing']) {
      const answer = await plane.request(`/clusters/${cluster}/api/v1/pods`, { token: 'skc_wrong' })
      expect(answer.status).toBe(401)
      expect(answer.headers.get('www-authenticate')).toContain('Bearer')
      expect(answer.body).toMatchObject({ kind: 'Status', reason: 'Unauthorized' })
    }
  })

  it('answers a stale update with 409', async () => {
    await plane.kubectl('create', 'configmap', 'stale')
    const { body } = await api('/api/v1/namespaces/default/configmaps/stale')
    await plane.kubectl('label', 'configmap', 'stale', 'a=b')
    const answer = await api('/api/v1/namespaces/default/configmaps/stale', { method: 'PUT', body })
    expect(answer.body).toMatchObject({ code: 409, reason: 'Conflict' })
  })
})
