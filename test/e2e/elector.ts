/**
 * Leader election as client-go has it (tools/leaderelection): a record under a lock that only a write at the version that
 * was read can change. The clocks of others are not trusted: a record is as old as this elector has known it unchanged.
 */
import {
  ApiException,
  CoordinationV1Api,
  CoreV1Api,
  CustomObjectsApi,
  type KubeConfig,
  V1MicroTime,
} from '@kubernetes/client-node'

/** Who leads, as the lock keeps it. */
export interface Held {
  readonly holderIdentity: string
  readonly leaseDurationSeconds: number
  readonly acquireTime: string
  readonly renewTime: string
  readonly leaseTransitions: number
}

/** A read lock: what it says, and what a write must be based on. */
export interface Read {
  readonly held: Held
  readonly version: unknown
}

export interface Lock {
  /** Undefined where there is none yet. */
  get(): Promise<Read | undefined>
  create(held: Held): Promise<Read>
  /** Rejects where another wrote since. */
  update(held: Held, read: Read): Promise<Read>
}

/** Of the name in a namespace. */
export interface Place {
  readonly name: string
  readonly namespace: string
}

export const isStatus = (error: unknown, code: number): boolean => error instanceof ApiException && error.code === code

/** Undefined for what is not there; other errors stay errors. */
const orNone = <T>(found: Promise<T>): Promise<T | undefined> =>
  found.catch((error: unknown) => {
    if (isStatus(error, 404)) return undefined
    throw error
  })

export function leaseLock(config: KubeConfig, { name, namespace }: Place): Lock {
  const leases = config.makeApiClient(CoordinationV1Api)
  type Lease = Awaited<ReturnType<typeof leases.readNamespacedLease>>
  const spec = (held: Held) => ({
    ...held,
    acquireTime: new V1MicroTime(held.acquireTime),
    renewTime: new V1MicroTime(held.renewTime),
  })
  // The client says that times are dates, and gives them as they came.
  const read = (lease: Lease): Read => ({
    version: lease.metadata,
    held: {
      holderIdentity: lease.spec?.holderIdentity ?? '',
      leaseDurationSeconds: lease.spec?.leaseDurationSeconds ?? 0,
      acquireTime: String(lease.spec?.acquireTime ?? ''),
      renewTime: String(lease.spec?.renewTime ?? ''),
      leaseTransitions: lease.spec?.leaseTransitions ?? 0,
    },
  })
  return {
    async get() {
      const lease = await orNone(leases.readNamespacedLease({ name, namespace }))
      return lease && read(lease)
    },
    create: async (held) =>
      read(await leases.createNamespacedLease({ namespace, body: { metadata: { name }, spec: spec(held) } })),
    update: async (held, { version }) =>
      // The metadata is what read() put there.
      read(
        await leases.replaceNamespacedLease({
          name,
          namespace,
          body: { metadata: version as NonNullable<Lease['metadata']>, spec: spec(held) },
        }),
      ),
  }
}

/** The lock of client-go before there were Leases: an annotation, on a ConfigMap for one. */
export const LEADER_ANNOTATION = 'control-plane.alpha.kubernetes.io/leader'

export function configMapLock(config: KubeConfig, { name, namespace }: Place): Lock {
  const core = config.makeApiClient(CoreV1Api)
  type ConfigMap = Awaited<ReturnType<typeof core.readNamespacedConfigMap>>
  const annotated = (held: Held) => ({ [LEADER_ANNOTATION]: JSON.stringify(held) })
  const read = (map: ConfigMap): Read => ({
    version: map,
    held: JSON.parse(map.metadata?.annotations?.[LEADER_ANNOTATION] ?? '{}'),
  })
  return {
    async get() {
      const map = await orNone(core.readNamespacedConfigMap({ name, namespace }))
      return map && read(map)
    },
    create: async (held) =>
      read(
        await core.createNamespacedConfigMap({ namespace, body: { metadata: { name, annotations: annotated(held) } } }),
      ),
    async update(held, { version }) {
      // The object is what read() put there.
      const map = version as ConfigMap
      const body = { ...map, metadata: { ...map.metadata, annotations: annotated(held) } }
      return read(await core.replaceNamespacedConfigMap({ name, namespace, body }))
    },
  }
}

/** A lock of a kind of one's own, its record in `spec`. */
export function customLock(
  config: KubeConfig,
  { name, namespace, group, version, plural, kind }: Place & Record<'group' | 'version' | 'plural' | 'kind', string>,
): Lock {
  const custom = config.makeApiClient(CustomObjectsApi)
  const of = { group, version, namespace, plural }
  const read = (object: { metadata: unknown; spec: Held }): Read => ({ version: object.metadata, held: object.spec })
  const body = (held: Held, metadata: unknown) => ({ apiVersion: `${group}/${version}`, kind, metadata, spec: held })
  return {
    async get() {
      const object = await orNone(custom.getNamespacedCustomObject({ ...of, name }))
      return object && read(object)
    },
    create: async (held) => read(await custom.createNamespacedCustomObject({ ...of, body: body(held, { name }) })),
    update: async (held, was) =>
      read(await custom.replaceNamespacedCustomObject({ ...of, name, body: body(held, was.version) })),
  }
}

export interface ElectorOptions {
  readonly lock: Lock
  readonly identity: string
  /** How long others wait for a silent leader. Leases know whole seconds. */
  readonly leaseSeconds: number
  /** How long a leader goes on that can't renew: shorter than others wait. */
  readonly renewDeadlineMs: number
  readonly retryMs: number
  readonly leads: () => void
  readonly stopsLeading: () => void
}

export interface Elector {
  /** Ends when it has led and leads no more, or was stopped. */
  run(): Promise<void>
  /** Gives the lock up, where it has it, so that another need not wait. */
  release(): Promise<void>
  /** As a process that is killed: it neither renews nor gives up. */
  die(): void
}

const JITTER = 1.2
const EMPTY: Held = {
  holderIdentity: '',
  leaseDurationSeconds: 1,
  acquireTime: '',
  renewTime: '',
  leaseTransitions: 0,
}

export function createElector(options: ElectorOptions): Elector {
  const { lock, identity, leaseSeconds, renewDeadlineMs, retryMs, leads, stopsLeading } = options
  let observed: { read: Read; text: string; at: number } | undefined
  let isAlive = true
  let isReleased = false
  let running: Promise<void> | undefined

  const observe = (read: Read): void => {
    const text = JSON.stringify(read.held)
    if (observed?.text === text) observed.read = read
    else observed = { read, text, at: performance.now() }
  }
  const isLeader = () => observed?.read.held.holderIdentity === identity

  async function acquireOrRenew(): Promise<boolean> {
    const now = new Date().toISOString()
    const mine = {
      ...EMPTY,
      holderIdentity: identity,
      leaseDurationSeconds: leaseSeconds,
      acquireTime: now,
      renewTime: now,
    }
    const found = await lock.get()
    if (!found) {
      observe(await lock.create(mine))
      return true
    }
    observe(found)
    const { held } = found
    const isFresh = performance.now() < (observed?.at ?? 0) + held.leaseDurationSeconds * 1000
    if (held.holderIdentity !== '' && isFresh && !isLeader()) return false
    const next = isLeader()
      ? { ...mine, acquireTime: held.acquireTime, leaseTransitions: held.leaseTransitions }
      : { ...mine, leaseTransitions: held.leaseTransitions + 1 }
    observe(await lock.update(next, found))
    return true
  }

  // Another was faster, or the server is away: the next attempt finds out.
  const attempt = (): Promise<boolean> => acquireOrRenew().catch(() => false)
  const pause = (ms: number) => new Promise<void>((done) => setTimeout(done, ms))

  async function acquire(): Promise<boolean> {
    while (isAlive && !isReleased) {
      if ((await attempt()) && isAlive) return true
      await pause(retryMs * (1 + Math.random() * (JITTER - 1)))
    }
    return false
  }

  /** Until it has not succeeded for as long as the deadline: counted from the last success, or from the beginning. */
  async function renew(): Promise<void> {
    let deadline = performance.now() + renewDeadlineMs
    while (isAlive && !isReleased) {
      const left = deadline - performance.now()
      if (left <= 0) return
      const started = performance.now()
      const isRenewed = await Promise.race([attempt(), pause(left).then(() => false)])
      if (isRenewed) deadline = started + renewDeadlineMs
      await pause(Math.min(retryMs, Math.max(0, deadline - performance.now())))
    }
  }

  return {
    run() {
      running = (async () => {
        if (!(await acquire())) return
        leads()
        await renew()
        if (isAlive) stopsLeading()
      })()
      return running
    },
    async release() {
      isReleased = true
      // A renewal may be on its way.
      await running
      if (!observed || !isLeader()) return
      const now = new Date().toISOString()
      const { leaseTransitions } = observed.read.held
      observe(await lock.update({ ...EMPTY, leaseTransitions, acquireTime: now, renewTime: now }, observed.read))
    },
    die() {
      isAlive = false
    },
  }
}
