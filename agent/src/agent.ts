/** The agent: assembly. Everything below it is handed what it needs; here the parts are told of each other. */
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Node, Pod } from '../../src/kube/types.ts'
import type { SyncResponse } from '../../src/protocol/agent.ts'
import { Backoff, RESTART_BACKOFF } from './backoff.ts'
import { createClient } from './control/client.ts'
import { joinCluster, keptMembership } from './control/credential.ts'
import { Desired } from './control/desired.ts'
import { Doorbell } from './control/doorbell.ts'
import { Reports } from './control/reports.ts'
import { SyncLoop } from './control/sync-loop.ts'
import { passOn } from './control/tunnel.ts'
import { lockData } from './data-lock.ts'
import { ApiGateway } from './gateway/gateway.ts'
import type { Log } from './log.ts'
import { messageOf } from './log.ts'
import { NodeNetwork } from './network/network.ts'
import { conditionEvents, startEvent } from './node/node-events.ts'
import { defaultIp, NodeStatus, nodeFacts, observeNode } from './node/node-status.ts'
import type { AgentOptions } from './options.ts'
import { PodManager } from './pods/manager.ts'
import type { World } from './pods/world.ts'
import { conntrack } from './proxy/conntrack.ts'
import { createHealthChecks } from './proxy/health-checks.ts'
import { createNft } from './proxy/nft.ts'
import { ServiceProxy } from './proxy/proxy.ts'
import { DockerRuntime } from './runtime/docker.ts'
import { TokenCache } from './volumes/tokens.ts'
import { Volumes } from './volumes/volumes.ts'

export interface RunningAgent {
  /** Lets go of everything and touches no Pod. */
  stop(): Promise<void>
}

const NODE_LOOK_MS = 10_000
/** How often the kernel's rules are looked at; kube-proxy's sync period. */
const RULES_LOOK_MS = 30_000
const EVENT_STREAM_RETRY_MS = 1000
const JOIN_RETRY_MS = 2000

export async function startAgent(options: AgentOptions, log: Log): Promise<RunningAgent> {
  await mkdir(options.dataDir, { recursive: true, mode: 0o700 })
  const lock = lockData(options.dataDir)
  const client = createClient(options)
  const nodeIp = options.nodeIp ?? defaultIp(options.bridge)
  const facts = await nodeFacts(nodeIp, options.dataDir, options.reserved)
  const ending = new AbortController()
  const runtime = new DockerRuntime({ socketPath: options.dockerSocket, agent: options.dataDir })
  const reports = new Reports()
  const desired = new Desired(options.dataDir)
  const network = new NodeNetwork({
    dataDir: options.dataDir,
    bridge: options.bridge,
    localIp: nodeIp,
    log,
  })
  const healthChecks = createHealthChecks(log)
  const proxy = new ServiceProxy({ nft: createNft(options.bridge), conntrack, healthChecks, log })
  const volumes = new Volumes(options.dataDir, log)
  const nodeStatus = new NodeStatus({
    nodeName: options.nodeName,
    nodeIp,
    labels: options.labels,
    reserved: options.reserved,
  })
  let membership = await keptMembership(options)
  const credential = (): string => membership?.credential ?? ''
  const gateway = new ApiGateway({
    apiServer: () => membership?.apiServer ?? '',
    ca: options.ca,
    port: options.gatewayPort,
    certificate: (request) => client.certificate(credential(), request),
    log,
  })
  const loop = new SyncLoop({
    reports,
    sync: ({ cursor, batch }) => client.sync(credential(), { ...(cursor ? { cursor } : {}), ...batch }),
    rejoin: async () => {
      membership = await joinCluster(options, client, membership, log)
    },
    onAnswer,
    hasDoorbell: () => doorbell.isOpen,
    log,
  })
  const doorbell = new Doorbell({
    server: options.server,
    ca: options.ca,
    credential,
    onRing: () => loop.wake(),
    tunnel: passOn,
    log,
  })
  const tell =
    <T>(note: (value: T) => void) =>
    (value: T) => {
      note(value)
      loop.wake()
    }
  const world: World = {
    runtime,
    network,
    volumes,
    tokens: new TokenCache((request) => client.token(credential(), request), Date.now),
    sources: {
      configMap: (namespace, name) => desired.configMaps.get(`${namespace}/${name}`),
      secret: (namespace, name) => desired.secrets.get(`${namespace}/${name}`),
      services: () => [...desired.services.values()],
    },
    restarts: new Backoff(RESTART_BACKOFF),
    pulls: new Backoff(RESTART_BACKOFF),
    log,
    node: () => facts,
    seccompProfile: (name) => readFile(join(options.dataDir, 'seccomp', name), 'utf8'),
    cluster: () => ({ dnsDomain: desired.cluster?.dnsDomain ?? 'cluster.local' }),
    now: Date.now,
    report: (pod, status) => tell(reports.status.bind(reports))({ ...identityOf(pod), status }),
    ended: (pod) => tell(reports.ended.bind(reports))(identityOf(pod)),
    event: tell(reports.event.bind(reports)),
  }
  const pods = new PodManager(world, log)

  async function applyDesired(): Promise<void> {
    const { cluster } = desired
    if (!cluster) return
    await network.configure(desired.podCidr, cluster, desired.peers)
    if (network.range) gateway.serve(network.range.gateway)
    await programProxy()
    pods.follow(desired.pods.values())
  }

  async function programProxy(): Promise<void> {
    const { cluster } = desired
    if (!cluster) return
    await proxy.program({
      services: [...desired.services.values()],
      slices: [...desired.endpointSlices.values()],
      nodeName: options.nodeName,
      nodeIp,
      gateway: network.range && { ip: network.range.gateway, port: options.gatewayPort },
      serviceCidr: cluster.serviceCIDR,
      podCidr: cluster.podCIDR,
    })
  }

  async function onAnswer(answer: SyncResponse): Promise<void> {
    const changes = desired.take(answer)
    if (answer.node.statusWanted) await lookAtNode(true)
    if (changes.isAny) {
      await desired.save()
      await applyDesired()
      pods.wakeMentioning(changes)
    }
    if (answer.full) await pods.clearAway(desired.pods.values())
  }

  let told: NonNullable<Node['status']['conditions']> = []

  async function lookAtNode(isWanted = false): Promise<void> {
    // What failed to be set up is tried again.
    if (network.unreadiness() !== undefined) await applyDesired()
    const observed = await observeNode(() => runtime.version(), network.unreadiness(), options.dataDir)
    const report = nodeStatus.report(observed, Date.now(), isWanted)
    if (!report) return
    // First the Node, which an event of it is about.
    tell(reports.node.bind(reports))(report)
    for (const event of conditionEvents(options.nodeName, told, report.status.conditions ?? [])) world.event(event)
    told = report.status.conditions ?? []
  }

  async function watchEngine(): Promise<void> {
    while (!ending.signal.aborted) {
      await runtime
        .watch((event) => pods.wake(event.podUid), ending.signal)
        .catch((error: unknown) => log.warn({ error: messageOf(error) }, "the engine's events ended"))
      pods.wakeAll()
      await pause(EVENT_STREAM_RETRY_MS)
    }
  }

  const pause = (ms: number): Promise<void> => sleep(ms, undefined, { signal: ending.signal }).catch(() => undefined)

  await network.load()
  // Static stability: what was wanted last goes on, whether or not the control plane can be reached.
  if (await desired.load()) await applyDesired()
  while (!membership && !ending.signal.aborted) {
    try {
      membership = await joinCluster(options, client, undefined, log)
    } catch (error) {
      log.warn({ error: messageOf(error) }, 'joining failed')
      await pause(JOIN_RETRY_MS)
    }
  }
  world.event(startEvent(options.nodeName))
  await lookAtNode(true)
  const looking = setInterval(
    () =>
      void lookAtNode().catch((error: unknown) =>
        log.warn({ error: messageOf(error) }, 'the node could not be looked at'),
      ),
    NODE_LOOK_MS,
  )
  const checking = setInterval(() => void proxy.check(), RULES_LOOK_MS)
  void watchEngine()
  if (options.useDoorbell) doorbell.start()
  const looped = loop.run()
  loop.wake()

  return {
    async stop() {
      ending.abort()
      clearInterval(looking)
      clearInterval(checking)
      doorbell.stop()
      loop.stop()
      pods.stop()
      gateway.stop()
      healthChecks.stop()
      await looped
      lock.release()
    },
  }
}

const identityOf = ({ metadata }: Pod): { namespace: string; name: string; uid: string } => ({
  namespace: metadata.namespace ?? '',
  name: metadata.name,
  uid: metadata.uid,
})
