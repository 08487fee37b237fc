/** kubectl's ways to change an object, on a cluster without nodes: real workerd, real kubectl. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ControlPlane, startControlPlane } from './control-plane.ts'

let plane: ControlPlane
let folder: string

beforeAll(async () => {
  plane = await startControlPlane()
  folder = mkdtempSync(join(tmpdir(), 'skycrane-apply-'))
}, 60_000)

afterAll(async () => {
  await plane?.stop()
  rmSync(folder, { recursive: true, force: true })
})

const container = (name: string, rest: object = {}) => ({ name, image: `${name}:1`, ...rest })

const deployment = (name: string, spec: object = {}, containers = [container('main')]) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name },
  spec: {
    replicas: 0,
    paused: true,
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: { containers } },
    ...spec,
  },
})

const configMap = (name: string, data: Record<string, string>, labels: Record<string, string> = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, labels },
  data,
})

function fileOf(manifest: object): string {
  const file = join(folder, 'manifest.json')
  writeFileSync(file, JSON.stringify(manifest))
  return file
}

const get = (what: string, path: string): Promise<string> =>
  plane.kubectl('get', ...what.split('/'), '-o', `jsonpath=${path}`)

/** `kubectl diff` says with exit code 1 that there are differences. */
async function diff(manifest: object, ...args: string[]): Promise<string> {
  try {
    return await plane.kubectl('diff', ...args, '-f', fileOf(manifest))
  } catch (error) {
    const { code, stdout } = error as { code: number; stdout: string }
    expect(code).toBe(1)
    return stdout
  }
}

async function managersOf(what: string): Promise<string[]> {
  const text = await plane.kubectl('get', ...what.split('/'), '-o', 'json', '--show-managed-fields')
  const { metadata } = JSON.parse(text) as { metadata: { managedFields: { manager: string; operation: string }[] } }
  return metadata.managedFields.map(({ manager, operation }) => `${manager} ${operation}`)
}

describe('kubectl apply --server-side', () => {
  it('is refused where others own a field, and takes it when told to', async () => {
    expect(await plane.apply(deployment('fought'), '--server-side')).toBe('deployment.apps/fought serverside-applied\n')
    await plane.kubectl('scale', 'deployment', 'fought', '--replicas', '1')
    await expect(plane.apply(deployment('fought'), '--server-side')).rejects.toThrow(
      'Apply failed with 1 conflict: conflict with "kubectl" with subresource "scale" using apps/v1: .spec.replicas',
    )
    expect(await get('deployment/fought', '{.spec.replicas}')).toBe('1')
    await plane.apply(deployment('fought'), '--server-side', '--force-conflicts')
    expect(await get('deployment/fought', '{.spec.replicas}')).toBe('0')
  })

  it('takes over from client-side apply, and gives back to it', async () => {
    await plane.apply(deployment('moved', { revisionHistoryLimit: 2 }))
    expect(await managersOf('deployment/moved')).toContain('kubectl-client-side-apply Update')
    await plane.apply(deployment('moved', { revisionHistoryLimit: 3 }), '--server-side')
    const managers = await managersOf('deployment/moved')
    expect(managers).toContain('kubectl Apply')
    expect(managers).not.toContain('kubectl-client-side-apply Update')
    await plane.apply(deployment('moved'), '--server-side')
    expect(await get('deployment/moved', '{.spec.revisionHistoryLimit}')).toBe('10')
    // The annotation has been kept up to date: client-side apply finds what it left.
    expect(await plane.apply(deployment('moved', { revisionHistoryLimit: 4 }))).toBe(
      'deployment.apps/moved configured\n',
    )
    await plane.apply(deployment('moved'))
    expect(await get('deployment/moved', '{.spec.revisionHistoryLimit}')).toBe('10')
  })

  it('tells of fields that the kind has not', async () => {
    const manifest = { ...configMap('bad', {}), dataa: {} }
    await expect(plane.apply(manifest, '--server-side')).rejects.toThrow('field not declared in schema')
  })

  it('tried only leaves nothing behind', async () => {
    const tried = await plane.apply(configMap('tried', {}), '--server-side', '--dry-run=server')
    expect(tried).toBe('configmap/tried serverside-applied (server dry run)\n')
    expect(await plane.refused('get', 'configmap', 'tried')).toContain('NotFound')
  })
})

describe('kubectl apply', () => {
  it('merges what it applied before, what it applies now and what others did', async () => {
    const env = (...names: string[]) => ({ env: names.map((name) => ({ name, value: name })) })
    await plane.apply(deployment('merged', {}, [container('a', env('X', 'Y')), container('b')]))
    const side = { spec: { template: { spec: { containers: [container('side')] } } } }
    await plane.kubectl('patch', 'deployment', 'merged', '-p', JSON.stringify(side))
    await plane.kubectl('set', 'env', 'deployment/merged', '-c', 'a', 'Z=1')
    const next = deployment('merged', {}, [container('c'), container('a', env('Y'))])
    expect(await plane.apply(next)).toBe('deployment.apps/merged configured\n')
    expect((await get('deployment/merged', '{.spec.template.spec.containers[*].name}')).split(' ').sort()).toEqual([
      'a',
      'c',
      'side',
    ])
    const path = '{.spec.template.spec.containers[?(@.name=="a")].env[*].name}'
    expect((await get('deployment/merged', path)).split(' ').sort()).toEqual(['Y', 'Z'])
    const version = await get('deployment/merged', '{.metadata.resourceVersion}')
    await plane.apply(next)
    expect(await get('deployment/merged', '{.metadata.resourceVersion}')).toBe(version)
  })

  it('puts items in the order of the manifest', async () => {
    await plane.apply(
      deployment(
        'ordered',
        {},
        ['a', 'b', 'c'].map((name) => container(name)),
      ),
    )
    await plane.apply(
      deployment(
        'ordered',
        {},
        ['c', 'x', 'a', 'b'].map((name) => container(name)),
      ),
    )
    expect(await get('deployment/ordered', '{.spec.template.spec.containers[*].name}')).toBe('c x a b')
  })

  it('prunes what the set has no more, by label and by apply set', async () => {
    const set = { set: 'mine' }
    const both = { apiVersion: 'v1', kind: 'List', items: [configMap('one', {}, set), configMap('two', {}, set)] }
    await plane.apply(both)
    const prune = ['--prune', '-l', 'set=mine', '--prune-allowlist=core/v1/ConfigMap']
    expect(await plane.apply(configMap('one', {}, set), ...prune)).toContain('configmap/two pruned')
    expect(await get('configmap', '{.items[*].metadata.name}')).not.toContain('two')
  })
})

describe('kubectl diff', () => {
  it.each([[], ['--server-side']])('shows what an apply would change, and changes nothing (%j)', async (...args) => {
    const name = `diff-${args.length}`
    await plane.apply(deployment(name), ...args)
    expect(await diff(deployment(name), ...args)).toBe('')
    const version = await get(`deployment/${name}`, '{.metadata.resourceVersion}')
    expect(await diff(deployment(name, { replicas: 3 }), ...args)).toMatch(/-\s+replicas: 0\n\+\s+replicas: 3/)
    expect(await get(`deployment/${name}`, '{.metadata.resourceVersion}')).toBe(version)
  })
})

describe('kubectl', () => {
  beforeAll(async () => {
    await plane.apply(deployment('web'))
  })

  it.each([
    ['strategic', { metadata: { labels: { by: 'strategic' } } }],
    ['merge', { metadata: { labels: { by: 'merge' } } }],
    ['json', [{ op: 'replace', path: '/metadata/labels/by', value: 'json' }]],
  ])('patches (%s)', async (type, patch) => {
    await plane.kubectl('patch', 'deployment', 'web', '--type', type, '-p', JSON.stringify(patch))
    expect(await get('deployment/web', '{.metadata.labels.by}')).toBe(type)
  })

  it('patches the status and the scale', async () => {
    const status = JSON.stringify({ status: { observedGeneration: 1, replicas: 0 } })
    await plane.kubectl('patch', 'deployment', 'web', '--subresource', 'status', '--type', 'merge', '-p', status)
    const scale = JSON.stringify({ spec: { replicas: 2 } })
    await plane.kubectl('patch', 'deployment', 'web', '--subresource', 'scale', '--type', 'merge', '-p', scale)
    expect(await get('deployment/web', '{.spec.replicas}')).toBe('2')
  })

  it('says that a failed test refuses a patch', async () => {
    const patch = JSON.stringify([{ op: 'test', path: '/spec/replicas', value: 77 }])
    const said = await plane.refused('patch', 'deployment', 'web', '--type', 'json', '-p', patch)
    expect(said).toContain('The request is invalid: the server rejected our request due to an error in our request')
  })

  it('annotates and labels, and takes both away', async () => {
    await plane.kubectl('annotate', 'deployment', 'web', 'note=here')
    await plane.kubectl('label', 'deployment', 'web', 'tier=front')
    expect(await get('deployment/web', '{.metadata.annotations.note} {.metadata.labels.tier}')).toBe('here front')
    await plane.kubectl('annotate', 'deployment', 'web', 'note-')
    await plane.kubectl('label', 'deployment', 'web', 'tier-')
    expect(await get('deployment/web', '{.metadata.annotations.note}{.metadata.labels.tier}')).toBe('')
    expect(await plane.refused('label', 'deployment', 'web', 'by=other')).toContain('already has a value (json)')
  })

  it('edits with an editor', async () => {
    const editor = join(folder, 'editor.sh')
    writeFileSync(editor, '#!/bin/sh\nsed -i \'s/revisionHistoryLimit: 10/revisionHistoryLimit: 5/\' "$1"\n', {
      mode: 0o755,
    })
    const { execFile } = await import('node:child_process')
    const { promisify } = await import('node:util')
    const args = ['--kubeconfig', plane.ready.kubeconfig, 'edit', 'deployment', 'web']
    const { stdout } = await promisify(execFile)('kubectl', args, { env: { ...process.env, KUBE_EDITOR: editor } })
    expect(stdout).toBe('deployment.apps/web edited\n')
    expect(await get('deployment/web', '{.spec.revisionHistoryLimit}')).toBe('5')
  })

  it('replaces, and by force makes it anew', async () => {
    const uid = await get('deployment/web', '{.metadata.uid}')
    await plane.kubectl('replace', '-f', fileOf(deployment('web', { replicas: 0 })))
    expect(await get('deployment/web', '{.metadata.uid} {.spec.replicas}')).toBe(`${uid} 0`)
    const stale = { ...deployment('web'), metadata: { name: 'web', resourceVersion: '1' } }
    expect(await plane.refused('replace', '-f', fileOf(stale))).toContain('the object has been modified')
    await plane.kubectl('replace', '--force', '-f', fileOf(deployment('web')))
    expect(await get('deployment/web', '{.metadata.uid}')).not.toBe(uid)
  })
})
