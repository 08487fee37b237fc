/** What a Pod spec says when it says nothing: k8s.io/kubernetes pkg/apis/core/v1/defaults.go. Idempotent. */
import type { Pod } from '../types.ts'

type PodSpec = Pod['spec']
type Container = PodSpec['containers'][number]
type Probe = NonNullable<Container['livenessProbe']>
type Volume = NonNullable<PodSpec['volumes']>[number]
type ResourceField = { divisor?: string | number }

const FILE_MODE = 0o644

/** Of a Pod and of a Pod template alike. */
export function defaultPodSpec(spec: PodSpec): void {
  spec.restartPolicy ||= 'Always'
  spec.terminationGracePeriodSeconds ??= 30
  spec.dnsPolicy ||= 'ClusterFirst'
  spec.securityContext ??= {}
  spec.schedulerName ||= 'default-scheduler'
  // The older field follows the newer one, which counts.
  if (spec.serviceAccountName) spec.serviceAccount = spec.serviceAccountName
  else if (spec.serviceAccount) spec.serviceAccountName = spec.serviceAccount
  for (const container of containersOf(spec)) defaultContainer(container)
  for (const volume of spec.volumes ?? []) defaultVolume(volume)
}

/** Of a Pod only: a template stays without, so that a later default does not change its hash. */
export function defaultPod(spec: PodSpec): void {
  defaultPodSpec(spec)
  spec.enableServiceLinks ??= true
  for (const container of [...(spec.initContainers ?? []), ...(spec.containers ?? [])]) {
    const { limits } = container.resources ?? {}
    // What is limited and not requested is requested up to its limit.
    if (limits)
      container.resources = { ...container.resources, requests: { ...limits, ...container.resources?.requests } }
    if (spec.hostNetwork) for (const port of container.ports ?? []) port.hostPort ??= port.containerPort
  }
}

function* containersOf(spec: PodSpec): Iterable<Container> {
  yield* spec.initContainers ?? []
  yield* spec.containers ?? []
  // What is defaulted of them has the same fields.
  yield* (spec.ephemeralContainers ?? []) as Container[]
}

function defaultContainer(container: Container): void {
  container.terminationMessagePath ||= '/dev/termination-log'
  container.terminationMessagePolicy ||= 'File'
  container.imagePullPolicy ||= pullPolicyOf(container.image ?? '')
  container.resources ??= {}
  for (const port of container.ports ?? []) port.protocol ||= 'TCP'
  for (const { valueFrom } of container.env ?? []) {
    if (valueFrom?.fieldRef) valueFrom.fieldRef.apiVersion ||= 'v1'
    if (valueFrom?.resourceFieldRef) defaultDivisor(valueFrom.resourceFieldRef)
  }
  for (const probe of [container.livenessProbe, container.readinessProbe, container.startupProbe])
    if (probe) defaultProbe(probe)
  for (const hook of [container.lifecycle?.postStart, container.lifecycle?.preStop])
    if (hook?.httpGet) defaultHttpGet(hook.httpGet)
}

/** Go writes a quantity even where it is nothing. */
function defaultDivisor(field: ResourceField): void {
  field.divisor ??= '0'
}

/** Always for `latest` and for an image without tag; a digest or another tag is taken to stay what it is. */
function pullPolicyOf(image: string): 'Always' | 'IfNotPresent' {
  const [name = '', digest] = image.split('@')
  const tag = /:([^/:]+)$/.exec(name)?.[1] ?? (digest === undefined ? 'latest' : undefined)
  return tag === 'latest' ? 'Always' : 'IfNotPresent'
}

function defaultProbe(probe: Probe): void {
  probe.timeoutSeconds ||= 1
  probe.periodSeconds ||= 10
  probe.successThreshold ||= 1
  probe.failureThreshold ||= 3
  if (probe.httpGet) defaultHttpGet(probe.httpGet)
  if (probe.grpc) probe.grpc.service ??= ''
}

function defaultHttpGet(get: { path?: string; scheme?: string }): void {
  get.path ||= '/'
  get.scheme ||= 'HTTP'
}

function defaultVolume(volume: Volume): void {
  if (volume.secret) volume.secret.defaultMode ??= FILE_MODE
  if (volume.configMap) volume.configMap.defaultMode ??= FILE_MODE
  if (volume.hostPath) volume.hostPath.type ??= ''
  if (volume.iscsi) volume.iscsi.iscsiInterface ||= 'default'
  if (volume.rbd) {
    volume.rbd.pool ||= 'rbd'
    volume.rbd.user ||= 'admin'
    volume.rbd.keyring ||= '/etc/ceph/keyring'
  }
  const claim = volume.ephemeral?.volumeClaimTemplate
  if (claim) {
    claim.spec ??= {}
    claim.spec.volumeMode ??= 'Filesystem'
  }
  if (volume.downwardAPI) {
    volume.downwardAPI.defaultMode ??= FILE_MODE
    for (const item of volume.downwardAPI.items ?? []) defaultItem(item)
  }
  if (volume.projected) {
    volume.projected.defaultMode ??= FILE_MODE
    for (const source of volume.projected.sources ?? []) {
      if (source.serviceAccountToken) source.serviceAccountToken.expirationSeconds ??= 3600
      for (const item of source.downwardAPI?.items ?? []) defaultItem(item)
    }
  }
  if (Object.keys(volume).every((key) => key === 'name')) volume.emptyDir = {}
}

function defaultItem(item: { fieldRef?: { apiVersion?: string }; resourceFieldRef?: ResourceField }): void {
  if (item.fieldRef) item.fieldRef.apiVersion ||= 'v1'
  if (item.resourceFieldRef) defaultDivisor(item.resourceFieldRef)
}
