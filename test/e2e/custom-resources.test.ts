/** Custom resources as kubectl's users meet them: real workerd, real kubectl, no nodes. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ControlPlane, startControlPlane } from './control-plane.ts'

let plane: ControlPlane
let folder: string

beforeAll(async () => {
  plane = await startControlPlane()
  folder = mkdtempSync(join(tmpdir(), 'skycrane-custom-'))
}, 60_000)

afterAll(async () => {
  await plane?.stop()
  rmSync(folder, { recursive: true, force: true })
})

function fileOf(manifest: object): string {
  const file = join(folder, 'manifest.json')
  writeFileSync(file, JSON.stringify(manifest))
  return file
}

const NAME = 'widgets.shop.example.com'

const definition = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: NAME },
  spec: {
    group: 'shop.example.com',
    scope: 'Namespaced',
    names: { plural: 'widgets', kind: 'Widget', shortNames: ['wd'], categories: ['all'] },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: 'object',
            description: 'Something that is sold.',
            properties: {
              spec: {
                type: 'object',
                description: 'What it should be like.',
                properties: {
                  size: { type: 'integer', description: 'How large it is, in cm.', default: 1, maximum: 10 },
                  color: { type: 'string' },
                },
              },
              status: { type: 'object', properties: { size: { type: 'integer' } } },
            },
          },
        },
        subresources: { status: {}, scale: { specReplicasPath: '.spec.size', statusReplicasPath: '.status.size' } },
        additionalPrinterColumns: [{ name: 'Color', type: 'string', jsonPath: '.spec.color' }],
      },
    ],
  },
}

const widget = (name: string, spec: object) => ({
  apiVersion: 'shop.example.com/v1',
  kind: 'Widget',
  metadata: { name },
  spec,
})

describe('kubectl', () => {
  it('applies a definition, waits for it, and finds its kind', async () => {
    await plane.kubectl('apply', '-f', fileOf(definition))
    await plane.kubectl('wait', '--for=condition=established', `crd/${NAME}`, '--timeout=20s')
    const listed = await plane.kubectl(
      'api-resources',
      '--api-group=shop.example.com',
      '--no-headers',
      '--cached=false',
    )
    expect(listed.trim().split(/\s+/)).toEqual(['widgets', 'wd', 'shop.example.com/v1', 'true', 'Widget'])
    expect(await plane.kubectl('get', 'crd', NAME, '--no-headers')).toContain(NAME)
  })

  it('explains what it is', async () => {
    expect(await plane.kubectl('explain', 'widget.spec.size')).toMatch(/How large it is, in cm\./)
    const recursive = await plane.kubectl('explain', 'widget', '--recursive')
    expect(recursive).toMatch(/size\s+<integer>/)
    expect(recursive).toMatch(/finalizers\s+<\[\]string>/)
  })

  it('checks by the schema before it sends, and creates, shows, scales and patches', async () => {
    const unknown = plane.kubectl('create', '-f', fileOf(widget('bad', { colour: 'red' })))
    await expect(unknown).rejects.toMatchObject({ stderr: expect.stringContaining('unknown field "spec.colour"') })
    const large = plane.kubectl('create', '-f', fileOf(widget('bad', { size: 11 })))
    await expect(large).rejects.toMatchObject({ stderr: expect.stringContaining('should be less than or equal to 10') })
    await plane.kubectl('apply', '-f', fileOf(widget('one', { color: 'red' })))
    expect(await plane.kubectl('get', 'wd')).toMatch(/NAME\s+COLOR\s+one\s+red/)
    expect(await plane.kubectl('get', 'all')).toContain('widget.shop.example.com/one')
    await plane.kubectl('scale', 'wd/one', '--replicas=3')
    await plane.kubectl('patch', 'wd', 'one', '--type=merge', '-p', '{"spec":{"color":"blue"}}')
    expect(await plane.kubectl('get', 'wd', 'one', '-o', 'jsonpath={.spec}')).toBe('{"color":"blue","size":3}')
    await plane.kubectl('patch', 'wd', 'one', '--subresource=status', '--type=merge', '-p', '{"status":{"size":3}}')
    expect(await plane.kubectl('describe', 'wd', 'one')).toMatch(/Status:\s+Size:\s+3/)
    await plane.kubectl('label', 'wd', 'one', 'a=b')
    await plane.kubectl('apply', '--server-side', '--field-manager=other', '-f', fileOf(widget('two', { size: 2 })))
    expect(await plane.kubectl('get', 'wd', '-l', 'a=b', '-o', 'name')).toBe('widget.shop.example.com/one\n')
    expect(await plane.kubectl('create', '--dry-run=server', '-f', fileOf(widget('three', {})), '-o', 'name')).toBe(
      'widget.shop.example.com/three\n',
    )
  })

  it('deletes the definition and all that it made', async () => {
    await plane.kubectl('delete', 'crd', NAME, '--timeout=30s')
    await expect(plane.kubectl('get', 'widgets')).rejects.toBeDefined()
    const left = await plane.kubectl('api-resources', '--cached=false', '-o', 'name')
    expect(left).not.toContain('widgets')
  })
})
