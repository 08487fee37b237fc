/**
 * The webhooks that the control plane under test calls: what the Worker's fetch reaches instead of the network. Runs in
 * the test runner's Node. A test says beforehand what a webhook answers (`PUT /<name>`, a Behaviour), and asks afterwards
 * what it was sent (`GET /<name>`).
 */

export interface Behaviour {
  readonly allowed?: boolean
  readonly status?: object
  /** Operations of a JSON patch. */
  readonly patch?: readonly object[]
  readonly warnings?: readonly string[]
  readonly delayMs?: number
  /** Answered instead of a review. */
  readonly instead?: { readonly status: number; readonly text: string }
  /** What a conversion does: `spec.<from>` of the one version is `spec.<to>` of the other. */
  readonly convert?: { readonly version: string; readonly from: string; readonly to: string }
  /** A conversion fails so. */
  readonly failure?: string
}

interface Known {
  behaviour: Behaviour
  readonly calls: unknown[]
}

interface Review {
  readonly apiVersion: string
  readonly kind: string
  readonly request: { readonly uid: string; readonly desiredAPIVersion?: string; readonly objects?: Versioned[] }
}

interface Versioned {
  readonly apiVersion: string
  readonly spec?: Record<string, unknown>
}

/** `json` makes a Response of the runner's kind. */
export function createWebhooksOutside<R>(respond: (text: string, status: number) => R) {
  const known = new Map<string, Known>()

  const webhook = (name: string): Known => {
    const found = known.get(name) ?? { behaviour: {}, calls: [] }
    known.set(name, found)
    return found
  }

  return async (request: { url: string; method: string; text(): Promise<string> }): Promise<R> => {
    const { pathname, hostname } = new URL(request.url)
    if (hostname !== 'webhooks.test') return respond(`nobody is at ${hostname}`, 502)
    const found = webhook(pathname)
    const text = await request.text()
    if (request.method === 'GET') return respond(JSON.stringify(found.calls), 200)
    if (request.method === 'PUT') {
      found.behaviour = JSON.parse(text) as Behaviour
      found.calls.length = 0
      return respond('{}', 200)
    }
    const review = JSON.parse(text) as Review
    found.calls.push(review)
    const { delayMs, instead } = found.behaviour
    if (delayMs) await new Promise((done) => setTimeout(done, delayMs))
    if (instead) return respond(instead.text, instead.status)
    return respond(JSON.stringify(answerOf(review, found.behaviour)), 200)
  }
}

function answerOf({ apiVersion, kind, request }: Review, behaviour: Behaviour): object {
  const { uid } = request
  const response = kind === 'ConversionReview' ? converted(request, behaviour) : admitted(behaviour)
  return { apiVersion, kind, response: { uid, ...response } }
}

const admitted = ({ allowed = true, status, patch, warnings }: Behaviour): object => ({
  allowed,
  ...(status ? { status } : {}),
  ...(warnings ? { warnings } : {}),
  ...(patch ? { patchType: 'JSONPatch', patch: Buffer.from(JSON.stringify(patch)).toString('base64') } : {}),
})

function converted(
  { desiredAPIVersion = '', objects = [] }: Review['request'],
  { convert, failure }: Behaviour,
): object {
  if (failure !== undefined) return { result: { status: 'Failed', message: failure }, convertedObjects: [] }
  const convertedObjects = objects.map((object) => ({
    ...object,
    apiVersion: desiredAPIVersion,
    spec: convert ? moved(object.spec ?? {}, desiredAPIVersion.endsWith(`/${convert.version}`), convert) : object.spec,
  }))
  return { result: { status: 'Success' }, convertedObjects }
}

function moved(spec: Record<string, unknown>, isForth: boolean, { from, to }: { from: string; to: string }): object {
  const [one, other] = isForth ? [from, to] : [to, from]
  const { [one]: value, ...rest } = spec
  return value === undefined ? rest : { ...rest, [other]: value }
}
