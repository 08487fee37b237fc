/**
 * Fields behind feature gates that are off in Kubernetes v1.32: kube-apiserver knows them, shows them in its schemas, and
 * drops them from what is written, silently, unless what was there before has them already.
 * https://kubernetes.io/docs/reference/command-line-tools-reference/feature-gates/
 */
import { isRecord } from './json.ts'
import type { KubeObject } from './object.ts'
import { type Resource, resourceName } from './resource.ts'

/** Paths are of field names; `[]` is for each of a list, and `*` before a name for each sort of container. */
export interface Gate {
  readonly name: string
  readonly fields: readonly string[]
  /** They are dropped only where this is set. */
  readonly where?: string
  /** What takes the place of a field that is dropped; it is not in use where it has this value. */
  readonly instead?: string
}

const OF_POD_SPECS: readonly Gate[] = [
  { name: 'ClusterTrustBundleProjection', fields: ['volumes[].projected.sources[].clusterTrustBundle'] },
  { name: 'DynamicResourceAllocation', fields: ['resourceClaims', '*containers[].resources.claims'] },
  { name: 'ImageVolume', fields: ['volumes[].image'] },
  { name: 'InPlacePodVerticalScaling', fields: ['*containers[].resizePolicy'] },
  { name: 'PodLevelResources', fields: ['resources'] },
  { name: 'ProcMountType', fields: ['*containers[].securityContext.procMount'], instead: 'Default' },
  { name: 'SELinuxChangePolicy', fields: ['securityContext.seLinuxChangePolicy'] },
  { name: 'SupplementalGroupsPolicy', fields: ['securityContext.supplementalGroupsPolicy'] },
  { name: 'UserNamespacesSupport', fields: ['hostUsers'] },
]

const OF_PODS: readonly Gate[] = [
  { name: 'DynamicResourceAllocation', fields: ['status.resourceClaimStatuses'] },
  { name: 'InPlacePodVerticalScaling', fields: ['status.resize', 'status.*containerStatuses[].resources'] },
  { name: 'InPlacePodVerticalScalingAllocatedStatus', fields: ['status.*containerStatuses[].allocatedResources'] },
  { name: 'ResourceHealthStatus', fields: ['status.*containerStatuses[].allocatedResourcesStatus'] },
  { name: 'SupplementalGroupsPolicy', fields: ['status.*containerStatuses[].user'] },
]

const within = (path: string, gates: readonly Gate[]): Gate[] =>
  gates.map((gate) => ({ ...gate, fields: gate.fields.map((field) => `${path}.${field}`) }))

const OF_TEMPLATES = within('spec.template.spec', OF_POD_SPECS)

/** By the resource's name. */
export const GATES: Readonly<Record<string, readonly Gate[]>> = {
  pods: [...within('spec', OF_POD_SPECS), ...OF_PODS],
  podtemplates: within('template.spec', OF_POD_SPECS),
  replicationcontrollers: OF_TEMPLATES,
  'replicasets.apps': OF_TEMPLATES,
  'deployments.apps': OF_TEMPLATES,
  'daemonsets.apps': OF_TEMPLATES,
  'statefulsets.apps': [
    ...OF_TEMPLATES,
    { name: 'MaxUnavailableStatefulSet', fields: ['spec.updateStrategy.rollingUpdate.maxUnavailable'] },
  ],
  'jobs.batch': OF_TEMPLATES,
  'cronjobs.batch': within('spec.jobTemplate.spec.template.spec', OF_POD_SPECS),
  persistentvolumes: [{ name: 'VolumeAttributesClass', fields: ['spec.volumeAttributesClassName'] }],
  persistentvolumeclaims: [
    {
      name: 'VolumeAttributesClass',
      fields: [
        'spec.volumeAttributesClassName',
        'status.currentVolumeAttributesClassName',
        'status.modifyVolumeStatus',
      ],
    },
    // Without its namespace it would be another source: it goes as a whole.
    {
      name: 'CrossNamespaceVolumeDataSource',
      fields: ['spec.dataSourceRef'],
      where: 'spec.dataSourceRef.namespace',
    },
  ],
  nodes: [{ name: 'SupplementalGroupsPolicy', fields: ['status.features'] }],
  'leases.coordination.k8s.io': [
    { name: 'CoordinatedLeaderElection', fields: ['spec.strategy'] },
    { name: 'CoordinatedLeaderElection', fields: ['spec.preferredHolder'] },
  ],
}

/** Parts of a path; '' is for each item of a list. */
type Path = readonly string[]

interface Reader {
  readonly fields: readonly Path[]
  readonly where: Path | undefined
  readonly instead: string | undefined
}

/** The sorts of containers, before what their lists are called by (`containers`, `containerStatuses`). */
const SORTS = ['', 'init', 'ephemeral']

/** A path as it is walked: of one with `*` there are three. */
export function pathsOf(field: string): Path[] {
  const [before = '', list] = field.split('*')
  const all =
    list === undefined
      ? [field]
      : SORTS.map((sort) => before + (sort === '' ? list : sort + list.slice(0, 1).toUpperCase() + list.slice(1)))
  return all.map((path) => path.replaceAll('[]', '.').split('.'))
}

const readers = new Map<string, readonly Reader[]>()

function readersOf(name: string): readonly Reader[] {
  const known = readers.get(name)
  if (known) return known
  const made = (GATES[name] ?? []).map(({ fields, where, instead }) => ({
    fields: fields.flatMap(pathsOf),
    where: where === undefined ? undefined : where.split('.'),
    instead,
  }))
  readers.set(name, made)
  return made
}

/** In place, and again without harm. What `next` has of `previous` unchanged is left alone. */
export function dropGatedFields(
  resource: Pick<Resource, 'group' | 'plural' | 'storedAs'>,
  next: KubeObject,
  previous: KubeObject | undefined,
): void {
  for (const { fields, where, instead } of readersOf(resourceName(resource))) {
    if (where && !isSet(next, where)) continue
    const isUsedIn = (object: KubeObject): boolean => fields.some((path) => isSet(object, path, instead))
    if (!isUsedIn(next) || (previous !== undefined && isUsedIn(previous))) continue
    for (const path of fields)
      visit(next, path, 0, (holder, field) => {
        if (instead === undefined) delete holder[field]
        else holder[field] = instead
        return false
      })
  }
}

const isSet = (object: KubeObject, path: Path, unless?: string): boolean =>
  visit(object, path, 0, (holder, field) => holder[field] !== unless)

/** Ends, answering true, where `act` does. Told of fields that are there. */
function visit(
  value: unknown,
  path: Path,
  at: number,
  act: (holder: Record<string, unknown>, field: string) => boolean,
): boolean {
  const part = path[at] ?? ''
  if (part === '') return Array.isArray(value) && value.some((item) => visit(item, path, at + 1, act))
  if (!isRecord(value) || value[part] === undefined) return false
  return at === path.length - 1 ? act(value, part) : visit(value[part], path, at + 1, act)
}
