import { expect, it } from 'vitest'
import type { Secret } from '../../../src/kube/types.ts'
import { authsFor } from './pull-secrets.ts'

const secret = (auths: object): Secret => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 's', namespace: 'ns', uid: 'u', resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' },
  data: { '.dockerconfigjson': btoa(JSON.stringify({ auths })) },
})

it.each([
  ['nginx', 'https://index.docker.io/v1/', true],
  ['user/app', 'docker.io', true],
  ['ghcr.io/a/b', 'ghcr.io', true],
  ['ghcr.io/a/b', 'docker.io', false],
  ['x.registry.io:5000/a', '*.registry.io:5000', true],
  ['localhost/a', 'localhost', true],
])('for %s, credentials of %s: %s', (image, server, isUsed) => {
  const auths = authsFor(image, [secret({ [server]: { auth: btoa('me:pa:ss') } })])
  expect(auths).toEqual(isUsed ? [{ username: 'me', password: 'pa:ss', server }] : [])
})

it('a malformed secret gives none', () => {
  const broken = { ...secret({}), data: { '.dockerconfigjson': btoa('{') } }
  expect(authsFor('nginx', [broken])).toEqual([])
})
