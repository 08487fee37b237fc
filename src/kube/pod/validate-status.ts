/** Rules of what a kubelet says of a Pod (k8s.io/kubernetes: ValidatePodStatusUpdate). */
import { duplicate, type FieldError, type FieldPath, forbiddenField, invalidEach, invalidValue } from '../field.ts'
import { ipErrors, isIpv4 } from '../ip.ts'
import { immutable } from '../metadata.ts'
import { dnsSubdomainErrors, qualifiedNameErrors } from '../names.ts'
import type { Pod } from '../types.ts'
import { podAnnotationUpdateErrors } from './validate-annotations.ts'
import { accountId } from './validate-values.ts'

type Spec = Pod['spec']
type Status = Pod['status']
type ContainerStatuses = NonNullable<Status['containerStatuses']>

const OF_CONTAINERS = ['containerStatuses', 'initContainerStatuses', 'ephemeralContainerStatuses'] as const
const OF_SYSTEM = new Set(['PodScheduled', 'Ready', 'Initialized'])

export function podStatusErrors(next: Pod, previous: Pod, root: FieldPath): FieldError[] {
  const [metadata, at] = [root.child('metadata'), root.child('status')]
  const { status, spec } = next
  const nominated = status.nominatedNodeName ?? ''
  const { annotations } = next.metadata
  return [
    ...podAnnotationUpdateErrors(annotations, previous.metadata.annotations, metadata.child('annotations')),
    // Kubernetes names them so.
    ...(status.conditions ?? []).flatMap(({ type = '' }, index) =>
      OF_SYSTEM.has(type)
        ? []
        : invalidEach(metadata.child('conditions').index(index).child('Type'), type, qualifiedNameErrors(type)),
    ),
    ...(nominated && nominated !== previous.status.nominatedNodeName
      ? invalidEach(at.child('nominatedNodeName'), nominated, dnsSubdomainErrors(nominated))
      : []),
    ...immutable(status.qosClass ?? '', previous.status.qosClass ?? '', at.child('qosClass')),
    ...OF_CONTAINERS.flatMap((part) => transitionErrors(part, next, previous, at.child(part))),
    ...ipListErrors(status.podIPs ?? [], at.child('podIPs')),
    ...hostIpErrors(status, at.child('hostIPs')),
    ...OF_CONTAINERS.flatMap((part) => userErrors(status[part] ?? [], spec, at.child(part))),
  ]
}

/** At most one address of each family. */
function ipListErrors(list: readonly { readonly ip?: string }[], at: FieldPath): FieldError[] {
  const ips = list.map(({ ip = '' }) => ip)
  const errors = ips.flatMap((ip, index) => invalidEach(at.index(index), ip, ipErrors(ip)))
  const families = new Set(ips.map(isIpv4))
  if (errors.length === 0 && families.size < ips.length)
    errors.push(invalidValue(at, list, 'may specify no more than one IP for each IP family'))
  for (const [index, ip] of ips.entries())
    if (ips.indexOf(ip) < index) errors.push(duplicate(at.index(index), list[index]))
  return errors
}

function hostIpErrors({ hostIP = '', hostIPs = [] }: Status, at: FieldPath): FieldError[] {
  const [first] = hostIPs
  return [
    ...(first && first.ip !== hostIP
      ? [invalidValue(at.index(0).child('ip'), first.ip, 'must be equal to `hostIP`')]
      : []),
    ...ipListErrors(hostIPs, at),
  ]
}

/** What has ended for good does not run again, whatever a kubelet says. */
function transitionErrors(part: (typeof OF_CONTAINERS)[number], next: Pod, previous: Pod, at: FieldPath): FieldError[] {
  const { spec } = previous
  // Ephemeral containers are never restarted.
  const policy = part === 'ephemeralContainerStatuses' ? 'Never' : (spec.restartPolicy ?? 'Always')
  if (policy === 'Always') return []
  const sidecars = new Set(
    part === 'initContainerStatuses'
      ? (spec.initContainers ?? []).filter((each) => each.restartPolicy === 'Always').map(({ name }) => name)
      : [],
  )
  return (previous.status[part] ?? []).flatMap(({ name, state }, index) => {
    const ended = state?.terminated
    if (!ended || (ended.exitCode !== 0 && policy === 'OnFailure') || sidecars.has(name)) return []
    return (next.status[part] ?? [])
      .filter((status) => status.name === name && !status.state?.terminated)
      .map(() => forbiddenField(at.index(index).child('state'), 'may not be transitioned to non-terminated state'))
  })
}

/** As whom a container runs: an account of the Pod's operating system. */
function userErrors(statuses: ContainerStatuses, { os }: Spec, at: FieldPath): FieldError[] {
  const errors: FieldError[] = []
  for (const [index, { user }] of statuses.entries()) {
    const account = user?.linux
    if (!account) continue
    const here = at.index(index).child('linux')
    if (os?.name === 'windows') errors.push(forbiddenField(here, 'cannot be set for a windows pod'))
    else {
      accountId(account.uid, here.child('uid'), errors)
      accountId(account.gid, here.child('gid'), errors)
      for (const [each, group] of (account.supplementalGroups ?? []).entries())
        accountId(group, here.child('supplementalGroups').index(each), errors)
    }
  }
  return errors
}

/** In place: addresses that are said in the one field or in the other, and the class that nobody said anew. */
export function levelStatus(status: Status, previous: Status): void {
  if (!status.qosClass && previous.qosClass) status.qosClass = previous.qosClass
  const { podIP, podIPs = [], hostIP, hostIPs = [] } = status
  // Older kubelets know one address only, and change that.
  if (podIP && podIPs[0]?.ip !== podIP) status.podIPs = [{ ip: podIP }]
  else if (!podIP && podIPs[0]?.ip) status.podIP = podIPs[0].ip
  if (hostIP && hostIPs[0] && hostIPs[0].ip !== hostIP) status.hostIPs = [{ ip: hostIP }]
  else if (!hostIP && hostIPs[0]?.ip) status.hostIP = hostIPs[0].ip
}
