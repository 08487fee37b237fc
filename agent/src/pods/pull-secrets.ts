/** Registry credentials for an image from the Pod's imagePullSecrets. Pure. */
import type { Secret } from '../../../src/kube/types.ts'
import type { RegistryAuth } from '../runtime/runtime.ts'

const DOCKER_HUB = ['docker.io', 'index.docker.io', 'registry-1.docker.io', 'hub.docker.com']

interface AuthEntry {
  readonly username?: string
  readonly password?: string
  readonly auth?: string
}

export function authsFor(image: string, secrets: readonly Secret[]): RegistryAuth[] {
  const registry = registryOf(image)
  return secrets.flatMap((secret) =>
    Object.entries(entriesOf(secret)).flatMap(([server, entry]) => {
      const login = loginOf(entry)
      return isFor(registry, server) && login ? [{ ...login, server }] : []
    }),
  )
}

/** `nginx` and `user/app` are on Docker Hub; a first part with a dot, a port or the name localhost is a registry. */
function registryOf(image: string): string {
  const [first = '', ...rest] = image.split('/')
  const isHost = rest.length > 0 && (first.includes('.') || first.includes(':') || first === 'localhost')
  return isHost ? first : 'docker.io'
}

function isFor(registry: string, server: string): boolean {
  const host = server.replace(/^https?:\/\//, '').split('/')[0] ?? ''
  if (DOCKER_HUB.includes(registry)) return DOCKER_HUB.includes(host)
  return host === registry || (host.startsWith('*.') && registry.endsWith(host.slice(1)))
}

function entriesOf({ data = {} }: Secret): Record<string, AuthEntry> {
  const modern = data['.dockerconfigjson']
  const legacy = data['.dockercfg']
  try {
    if (modern) return JSON.parse(Buffer.from(modern, 'base64').toString()).auths ?? {}
    if (legacy) return JSON.parse(Buffer.from(legacy, 'base64').toString())
  } catch {
    // A malformed secret gives no credentials; the pull then says what it lacks.
  }
  return {}
}

function loginOf({ username, password, auth }: AuthEntry): { username: string; password: string } | undefined {
  if (username && password) return { username, password }
  if (!auth) return undefined
  const text = Buffer.from(auth, 'base64').toString()
  const colon = text.indexOf(':')
  return colon < 1 ? undefined : { username: text.slice(0, colon), password: text.slice(colon + 1) }
}
