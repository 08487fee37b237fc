/** Service variables in the form of Docker links: REDIS_SERVICE_HOST and the like (pkg/kubelet/envvars). Pure. */
import type { Service } from '../../../src/kube/types.ts'

/** The Services of the Pod's namespace, unless it wants none; `kubernetes` always. */
export function serviceEnv(
  services: readonly Service[],
  { namespace, wantsLinks }: { namespace: string; wantsLinks: boolean },
): Map<string, string> {
  const visible = new Map<string, Service>()
  for (const service of services) {
    const { name, namespace: home } = service.metadata
    if (!hasClusterIp(service)) continue
    const isMaster = home === 'default' && name === 'kubernetes'
    // A Service of the Pod's own namespace hides the master of the same name.
    if (wantsLinks && home === namespace) visible.set(name, service)
    else if (isMaster && !visible.has(name)) visible.set(name, service)
  }
  return new Map([...visible.values()].flatMap(variablesOf))
}

const hasClusterIp = ({ spec }: Service): boolean =>
  spec.type !== 'ExternalName' && spec.clusterIP !== undefined && spec.clusterIP !== '' && spec.clusterIP !== 'None'

function variablesOf({ metadata, spec }: Service): [string, string][] {
  const prefix = variableName(metadata.name)
  const host = spec.clusterIP ?? ''
  const [first] = spec.ports ?? []
  if (!first) return []
  const entries: [string, string][] = [
    [`${prefix}_SERVICE_HOST`, host],
    [`${prefix}_SERVICE_PORT`, String(first.port)],
  ]
  for (const { name, port } of spec.ports ?? []) {
    if (name) entries.push([`${prefix}_SERVICE_PORT_${variableName(name)}`, String(port)])
  }
  for (const [index, { port, protocol = 'TCP' }] of (spec.ports ?? []).entries()) {
    const url = `${protocol.toLowerCase()}://${host}:${port}`
    const port_ = `${prefix}_PORT_${port}_${protocol.toUpperCase()}`
    if (index === 0) entries.push([`${prefix}_PORT`, url])
    entries.push([port_, url], [`${port_}_PROTO`, protocol.toLowerCase()])
    entries.push([`${port_}_PORT`, String(port)], [`${port_}_ADDR`, host])
  }
  return entries
}

const variableName = (name: string): string => name.toUpperCase().replaceAll('-', '_')
