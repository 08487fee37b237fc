import { column, resource } from '../../define.ts'
import { type FieldError, type FieldPath, forbiddenField, invalidValue, required, tooLong } from '../../field.ts'
import { deepEqual, setKey } from '../../json.ts'
import { immutable } from '../../metadata.ts'
import { configKeyErrors } from '../../names.ts'
import { ACCOUNT_NAME, accountNameOf, isTokenSecret, TOKEN_TYPE, TOKENS_OF } from '../../service-account-secrets.ts'
import type { Secret } from '../../types.ts'
import { ageColumn, nameColumn } from '../columns.ts'

const MAX_BYTES = 1024 * 1024

/** Keys that a type promises its readers. */
const NEEDED: Readonly<Record<string, readonly string[]>> = {
  'kubernetes.io/dockerconfigjson': ['.dockerconfigjson'],
  'kubernetes.io/dockercfg': ['.dockercfg'],
  'kubernetes.io/ssh-auth': ['ssh-privatekey'],
  'kubernetes.io/tls': ['tls.crt', 'tls.key'],
}

function toBase64(text: string): string {
  let binary = ''
  for (const byte of new TextEncoder().encode(text)) binary += String.fromCharCode(byte)
  return btoa(binary)
}

function validate(secret: Secret, at: FieldPath): FieldError[] {
  const errors: FieldError[] = []
  const data = secret.data ?? {}
  let size = 0
  for (const key of Object.keys(data)) {
    for (const why of configKeyErrors(key)) errors.push(invalidValue(at.child('data').key(key), key, why))
    size += Math.floor(((data[key] ?? '').length * 3) / 4)
  }
  if (size > MAX_BYTES) errors.push(tooLong(at.child('data'), MAX_BYTES))
  for (const key of NEEDED[secret.type ?? ''] ?? [])
    if (!Object.hasOwn(data, key)) errors.push(required(at.child('data').key(key)))
  if (
    secret.type === 'kubernetes.io/basic-auth' &&
    !Object.hasOwn(data, 'username') &&
    !Object.hasOwn(data, 'password')
  )
    errors.push(required(at.child('data').key('username')), required(at.child('data').key('password')))
  if (secret.type === TOKEN_TYPE && !secret.metadata.annotations?.[ACCOUNT_NAME])
    errors.push(required(at.child('metadata').child('annotations').key(ACCOUNT_NAME)))
  const docker = data['.dockerconfigjson']
  if (secret.type === 'kubernetes.io/dockerconfigjson' && docker !== undefined && !isJson(docker))
    errors.push(
      invalidValue(at.child('data').key('.dockerconfigjson'), '<secret contents redacted>', 'invalid character'),
    )
  return errors
}

function isJson(base64: string): boolean {
  try {
    JSON.parse(atob(base64))
    return true
  } catch {
    return false
  }
}

export const secrets = resource<Secret>({
  group: '',
  version: 'v1',
  kind: 'Secret',
  plural: 'secrets',
  scope: 'namespaced',
  schema: 'io.k8s.api.core.v1.Secret',
  columns: [
    nameColumn(),
    column('Type', 'string', (secret) => secret.type ?? ''),
    column('Data', 'integer', (secret) => Object.keys(secret.data ?? {}).length),
    ageColumn(),
  ],
  fields: {
    type: (secret) => secret.type ?? '',
    // Ours: by it an account finds the Secrets that hold its tokens. Other Secrets have no row for it.
    [TOKENS_OF]: (secret) => (isTokenSecret(secret) ? accountNameOf(secret) : ''),
  },
  hiddenFields: [TOKENS_OF],
  indexedFields: [TOKENS_OF],
  defaults(draft) {
    draft.type ||= 'Opaque'
    if (draft.stringData === undefined) return
    const data: Record<string, string> = draft.data ?? {}
    for (const key of Object.keys(draft.stringData)) setKey(data, key, toBase64(draft.stringData[key] ?? ''))
    draft.data = data
    delete draft.stringData
  },
  validate,
  validateUpdate(next, previous, at) {
    const errors = immutable(next.type, previous.type, at.child('type'))
    if (previous.immutable !== true) return errors
    if (next.immutable !== true)
      errors.push(forbiddenField(at.child('immutable'), 'field is immutable when `immutable` is set'))
    if (!deepEqual(next.data ?? {}, previous.data ?? {}))
      errors.push(forbiddenField(at.child('data'), 'field is immutable when `immutable` is set'))
    return errors
  },
})
