/**
 * `/healthz`, `/livez` and `/readyz` with the checks that kube-apiserver names, each by itself (`/livez/etcd`), all in
 * words (`?verbose`), or some left out (`?exclude=etcd`).
 * https://kubernetes.io/docs/reference/using-api/health-checks/
 */

/** Throws or rejects where the part is not well. */
export type Check = () => void | Promise<void>

export interface Health {
  readonly status: number
  readonly text: string
}

export const ENDPOINTS = ['healthz', 'livez', 'readyz'] as const
export type Endpoint = (typeof ENDPOINTS)[number]

export const isHealthEndpoint = (segment: string | undefined): segment is Endpoint =>
  ENDPOINTS.some((endpoint) => endpoint === segment)

/** What runs by itself here has no check that could fail: it answers, and so it is well. */
const WELL: Check = () => undefined

/** `store`: that of the cluster, which stands where etcd does elsewhere. */
export function checksOf(endpoint: Endpoint, store: Check): ReadonlyMap<string, Check> {
  const checks: [string, Check][] = [
    ['ping', WELL],
    ['log', WELL],
    ['etcd', store],
  ]
  if (endpoint === 'readyz') checks.push(['etcd-readiness', store], ['informer-sync', WELL], ['shutdown', WELL])
  return new Map(checks)
}

/** Undefined where there is no such check. */
export async function healthOf(
  endpoint: Endpoint,
  name: string | undefined,
  search: URLSearchParams,
  checks: ReadonlyMap<string, Check>,
): Promise<Health | undefined> {
  if (name !== undefined) return oneCheck(checks.get(name))
  const excluded = new Set(search.getAll('exclude'))
  const lines: string[] = []
  let hasFailed = false
  for (const [title, check] of checks) {
    if (excluded.delete(title)) lines.push(`[+]${title} excluded: ok`)
    else if (await isWell(check)) lines.push(`[+]${title} ok`)
    else {
      hasFailed = true
      lines.push(`[-]${title} failed: reason withheld`)
    }
  }
  if (excluded.size > 0) {
    const names = [...excluded].map((title) => JSON.stringify(title)).join(',')
    lines.push(`warn: some health checks cannot be excluded: no matches for ${names}`)
  }
  if (hasFailed) return { status: 500, text: `${lines.join('\n')}\n${endpoint} check failed\n` }
  return { status: 200, text: search.has('verbose') ? `${lines.join('\n')}\n${endpoint} check passed\n` : 'ok' }
}

async function oneCheck(check: Check | undefined): Promise<Health | undefined> {
  if (check === undefined) return undefined
  return (await isWell(check))
    ? { status: 200, text: 'ok' }
    : { status: 500, text: 'internal server error: reason withheld\n' }
}

async function isWell(check: Check): Promise<boolean> {
  try {
    await check()
    return true
  } catch {
    return false
  }
}
