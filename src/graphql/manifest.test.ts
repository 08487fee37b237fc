import { describe, expect, it } from 'vitest'
import { MAX_DOCUMENTS } from './limits.ts'
import { manifestsOf } from './manifest.ts'

const configMap = (name: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } })
const keys = (manifest: unknown) =>
  manifestsOf(manifest).map(({ resource, key }) => `${resource.plural} ${key.namespace}/${key.name}`)

describe('manifestsOf', () => {
  it.each([
    { what: 'an object', manifest: configMap('a'), want: ['configmaps default/a'] },
    {
      what: 'several objects',
      manifest: [configMap('a'), configMap('b')],
      want: ['configmaps default/a', 'configmaps default/b'],
    },
    { what: 'JSON', manifest: JSON.stringify(configMap('a')), want: ['configmaps default/a'] },
    {
      what: 'YAML documents, empty ones among them',
      manifest:
        '---\n# nothing\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: ns}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: ns}\n---\n',
      want: ['namespaces /ns', 'configmaps ns/a'],
    },
    {
      what: 'a List',
      manifest: { apiVersion: 'v1', kind: 'List', items: [configMap('a'), configMap('b')] },
      want: ['configmaps default/a', 'configmaps default/b'],
    },
  ])('reads $what', ({ manifest, want }) => expect(keys(manifest)).toEqual(want))

  it('keeps texts that look like times, and strings that look like numbers', () => {
    const [manifest] = manifestsOf(
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {t: 2026-01-01, number: "1"}',
    )
    expect(manifest?.object['data']).toEqual({ t: '2026-01-01', number: '1' })
  })

  const bomb = `a: &a [x,x,x,x,x,x,x,x,x,x]\n${Array.from('bcdefghi', (letter, index) => {
    const previous = 'abcdefgh'[index]
    return `${letter}: &${letter} [${Array.from({ length: 10 }, () => `*${previous}`).join(',')}]`
  }).join('\n')}`

  it.each([
    { what: 'nothing', manifest: '# only words\n', message: 'there is no object in it' },
    { what: 'broken YAML', manifest: 'a: [', message: 'manifest: ' },
    { what: 'texts', manifest: ['x'], message: 'manifest[0]: must be an object' },
    {
      what: 'unknown kinds',
      manifest: { ...configMap('a'), kind: 'Unheard' },
      message: 'no matches for kind "Unheard" in version "v1"',
    },
    {
      what: 'what has no name',
      manifest: { ...configMap('a'), metadata: {} },
      message: 'manifest[0]: metadata.name: Required value',
    },
    { what: 'bombs of aliases', manifest: bomb, message: 'too many aliases' },
    {
      what: 'too many',
      manifest: Array.from({ length: MAX_DOCUMENTS + 1 }, () => configMap('a')),
      message: `at most ${MAX_DOCUMENTS}`,
    },
  ])('refuses $what', ({ manifest, message }) => expect(() => manifestsOf(manifest)).toThrow(message))
})
