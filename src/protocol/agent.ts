/**
 * What the agent and the control plane say to each other. Poll is the truth: `sync` alone is enough to run a node.
 * The doorbell (a WebSocket) only says that there is news; its pings are the node's heartbeat.
 *
 * POST {server}/agent/v1/join          Bearer: join token       JoinRequest -> JoinResponse
 * POST {server}/agent/v1/sync          Bearer: node credential  SyncRequest -> SyncResponse
 * POST {server}/agent/v1/token         Bearer: node credential  TokenRequest -> TokenResponse
 * POST {server}/agent/v1/certificate   Bearer: node credential  CertificateRequest -> CertificateResponse
 * GET  {server}/agent/v1/doorbell      Bearer: node credential, WebSocket; server sends 'r' (news), client sends 'ping', is answered 'pong';
 *                                      server sends a TunnelRequest, client answers a TunnelResponse, both JSON
 *
 * Errors are Kubernetes Status objects. 401: the credential is no longer valid. 404: the cluster is gone.
 */
import type { Key } from '../kube/object.ts'
import type { ConfigMap, EndpointSlice, Node, Pod, Secret, Service } from '../kube/types.ts'

export interface JoinRequest {
  /** The wish; the server answers the name given (a name taken by another live node is refused with 409). */
  readonly nodeName: string
  /** Proves on a second join that this machine is the one that had the name: the credential it held, if any. */
  readonly formerCredential?: string
}

export interface JoinResponse {
  readonly cluster: string
  readonly nodeName: string
  readonly credential: string
  /** The cluster's API under its path: `https://host/clusters/<id>`. */
  readonly apiServer: string
}

/** A Pod's status as the agent sees it. `uid` guards against a later Pod of the same name. */
export interface PodReport {
  readonly namespace: string
  readonly name: string
  readonly uid: string
  readonly status: Pod['status']
}

/** A terminating Pod of which nothing runs any more: the object may go. */
export interface PodEnded {
  readonly namespace: string
  readonly name: string
  readonly uid: string
}

export interface AgentEvent {
  readonly about: {
    readonly kind: 'Pod' | 'Node'
    readonly namespace: string
    readonly name: string
    readonly uid: string
    readonly fieldPath?: string
  }
  readonly type: 'Normal' | 'Warning'
  readonly reason: string
  readonly message: string
}

export interface SyncRequest {
  /** What the last answer said; absent asks for everything. */
  readonly cursor?: string
  /** The node's labels and status; sent at the start and when they changed. Registers the Node if it is missing. */
  readonly node?: { readonly labels: Record<string, string>; readonly status: Node['status'] }
  readonly pods: readonly PodReport[]
  readonly ended: readonly PodEnded[]
  readonly events: readonly AgentEvent[]
}

/** Objects that are new or changed since the cursor, and keys of those that no longer concern the node. */
export interface Delta<T> {
  readonly changed: readonly T[]
  readonly gone: readonly Key[]
}

export interface Peer {
  readonly name: string
  readonly podCIDR: string
  readonly internalIP: string
}

export interface SyncResponse {
  readonly cursor: string
  /** True: the deltas are the whole state, whatever is not in them is gone. */
  readonly full: boolean
  /** Pods bound to this node. `gone` ones were deleted by force: stop them. */
  readonly pods: Delta<Pod>
  /** Only those that this node's Pods mention. */
  readonly configMaps: Delta<ConfigMap>
  readonly secrets: Delta<Secret>
  readonly services: Delta<Service>
  readonly endpointSlices: Delta<EndpointSlice>
  /** The other nodes; whole, each time it changed. */
  readonly peers?: readonly Peer[]
  readonly node: {
    /** This node's Pod range; absent until the Node object has one. */
    readonly podCIDR?: string
    /** The control plane took the node for lost, or never knew it: send `node` with the next sync, at once. */
    readonly statusWanted?: boolean
  }
  readonly cluster: {
    readonly serviceCIDR: string
    readonly podCIDR: string
    readonly dnsDomain: string
  }
  /** How long to wait for a ring before polling again. Without a doorbell the agent polls every `pollMs`. */
  readonly idleMs: number
  readonly pollMs: number
}

/** A token for a Pod of this node, as the kubelet asks for it (KEP-1205 bound tokens). */
export interface TokenRequest {
  readonly pod: { readonly namespace: string; readonly name: string; readonly uid: string }
  readonly serviceAccount: string
  readonly audiences: readonly string[]
  readonly expirationSeconds: number
}

export interface TokenResponse {
  readonly token: string
  readonly expirationTimestamp: string
}

/** A serving certificate for the `kubernetes` Service, which ends at the agent. `csr` is PEM (PKCS#10). */
export interface CertificateRequest {
  readonly csr: string
}

export interface CertificateResponse {
  readonly certificate: string
  /** The cluster's CA, the same as in kube-root-ca.crt. */
  readonly ca: string
  readonly notAfter: string
}

/**
 * A POST that the control plane can't make itself: to a Service of the Pod network, or to an endpoint with a private CA.
 * The agent makes it from its node, and trusts `ca` only.
 */
export interface TunnelRequest {
  readonly id: string
  readonly url: string
  /** Connected to instead of what the URL's host resolves to: a Service's cluster IP. */
  readonly address?: string
  /** PEM; absent: the public authorities. */
  readonly ca?: string
  readonly body: string
  readonly timeoutMs: number
}

export interface TunnelResponse {
  readonly id: string
  readonly reply: { readonly status: number; readonly text: string } | { readonly failure: string }
}
