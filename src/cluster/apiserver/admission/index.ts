/**
 * What Kubernetes' admission plugins do to an object between defaulting and validation: one file a plugin, called here
 * in kube-apiserver's order. Allocation of Service addresses stands in allocation.ts; what depends on who asks, in
 * access/admit.ts.
 * https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/
 */
import { forbidden } from '../../../kube/errors.ts'
import type { KubeObject } from '../../../kube/object.ts'
import { type Resource, resourceName } from '../../../kube/resource.ts'
import { limitRanges } from '../../../kube/resources/core/limit-range.ts'
import { priorityClasses, SYSTEM_CLASSES } from '../../../kube/resources/scheduling/priority-class.ts'
import type { Pod, PriorityClass } from '../../../kube/types.ts'
import type { Change } from '../../../store/log.ts'
import type { Store } from '../../../store/store.ts'
import { heldBy } from './held.ts'
import { checkRanges, defaultByRanges } from './limit-ranger.ts'
import { namespaceLifecycle } from './namespace-lifecycle.ts'
import { checkGlobalDefault, prioritize } from './priority.ts'
import { serviceAccountOf } from './service-account.ts'
import { defaultTolerationSeconds } from './toleration-seconds.ts'

export interface Admission {
  /** Before anything else is done for a create. Throws 403, 404. */
  admitInto(resource: Resource, draft: KubeObject): void
  /** A defaulted object that is to be created; in place. Throws 403. */
  admitNew(resource: Resource, draft: KubeObject): void
  /** Throws 403. */
  admitUpdate(resource: Resource, next: KubeObject): void
  /** Throws 403. */
  admitDelete(resource: Resource, object: KubeObject): void
  /** Hears of committed changes. */
  heed(changes: readonly Change[]): void
}

/** `suffix`: five letters by chance, for names. */
export function createAdmission(store: Store, suffix: () => string): Admission {
  const ranges = heldBy(store, limitRanges)
  const classes = heldBy(store, priorityClasses)

  function admitPod(resource: Resource, pod: Pod): void {
    const { namespace = '' } = pod.metadata
    const own = ranges.in(namespace)
    defaultByRanges(own, pod)
    serviceAccountOf(store, pod, suffix)
    defaultTolerationSeconds(pod)
    prioritize(classes.in(''), pod)
    checkRanges(own, resource, pod)
  }

  return {
    admitInto: (resource, draft) => namespaceLifecycle(store, resource, draft),
    admitNew(resource, draft) {
      // A resource's name says what its objects are.
      switch (resourceName(resource)) {
        case 'pods':
          admitPod(resource, draft as Pod)
          return
        case 'persistentvolumeclaims':
          checkRanges(ranges.in(draft.metadata.namespace ?? ''), resource, draft)
          return
        case PRIORITY_CLASSES:
          checkGlobalDefault(classes.in(''), draft as PriorityClass)
          return
        default:
      }
    },
    admitUpdate(resource, next) {
      switch (resourceName(resource)) {
        case 'persistentvolumeclaims':
          checkRanges(ranges.in(next.metadata.namespace ?? ''), resource, next)
          return
        case PRIORITY_CLASSES:
          checkGlobalDefault(classes.in(''), next as PriorityClass)
          return
        default:
      }
    },
    admitDelete(resource, { metadata: { name } }) {
      if (resourceName(resource) === PRIORITY_CLASSES && Object.hasOwn(SYSTEM_CLASSES, name))
        throw forbidden(resource, name, 'this is a system priority class and cannot be deleted')
    },
    heed(changes) {
      ranges.heed(changes)
      classes.heed(changes)
    },
  }
}

const PRIORITY_CLASSES = resourceName(priorityClasses)
