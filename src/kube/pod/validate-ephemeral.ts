/**
 * Ephemeral containers, which join a Pod while it runs (`kubectl debug`): k8s.io/kubernetes pkg/apis/core/validation
 * (validateEphemeralContainers, ValidatePodEphemeralContainersUpdate).
 * https://kubernetes.io/docs/concepts/workloads/pods/ephemeral-containers/
 */
import { type FieldError, type FieldPath, forbiddenField, notFoundValue, root } from '../field.ts'
import { deepEqual } from '../json.ts'
import type { Pod } from '../types.ts'
import { type ContainerContext, validateAnyContainer } from './validate-containers.ts'

type PodSpec = Pod['spec']
type Container = PodSpec['containers'][number]
type EphemeralContainer = NonNullable<PodSpec['ephemeralContainers']>[number]

/** What a Pod's services stand on: nobody shall come to need a container that is there to look into others. */
const FORBIDDEN = [
  'ports',
  'resources',
  'resizePolicy',
  'restartPolicy',
  'livenessProbe',
  'readinessProbe',
  'startupProbe',
  'lifecycle',
] as const
const WHY = 'cannot be set for an Ephemeral Container'
const MIRROR = 'kubernetes.io/config.mirror'

/** `names` are those of the containers of other sorts. */
export function validateEphemeralContainers(
  containers: readonly EphemeralContainer[],
  at: FieldPath,
  context: Omit<ContainerContext, 'isInit'>,
  errors: FieldError[],
): void {
  const targets = new Set(context.names)
  for (const [index, container] of containers.entries()) {
    const here = at.index(index)
    // It has the fields of a container, and one more.
    validateAnyContainer(container as Container, here, { ...context, isInit: false, hostPorts: new Set() }, errors)
    const target = container.targetContainerName
    if (target && !targets.has(target)) errors.push(notFoundValue(here.child('targetContainerName'), target))
    for (const field of FORBIDDEN) if (!isEmpty(container[field])) errors.push(forbiddenField(here.child(field), WHY))
    for (const [mountIndex, mount] of (container.volumeMounts ?? []).entries())
      for (const field of ['subPath', 'subPathExpr'] as const)
        if (mount[field]) errors.push(forbiddenField(here.child('volumeMounts').index(mountIndex).child(field), WHY))
  }
}

/** As in Go, where an empty struct is none. */
const isEmpty = (value: object | string | undefined): boolean =>
  value === undefined || value === '' || (typeof value === 'object' && Object.keys(value).length === 0)

/** They may be added, and then stand. */
export function validateEphemeralContainersUpdate(next: Pod, previous: Pod, at: FieldPath): FieldError[] {
  if (previous.metadata.annotations?.[MIRROR] !== undefined)
    return [forbiddenField(root, 'static pods do not support ephemeral containers')]
  const where = at.child('spec').child('ephemeralContainers')
  const byName = new Map((next.spec.ephemeralContainers ?? []).map((container) => [container.name, container]))
  return (previous.spec.ephemeralContainers ?? []).flatMap((former) => {
    const now = byName.get(former.name)
    if (now === undefined)
      return [
        forbiddenField(where, `existing ephemeral containers ${JSON.stringify(former.name)} may not be removed\n`),
      ]
    if (deepEqual(now, former)) return []
    return [forbiddenField(where, `existing ephemeral containers ${JSON.stringify(former.name)} may not be changed\n`)]
  })
}
