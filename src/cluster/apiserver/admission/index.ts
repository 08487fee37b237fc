/**
 * What Kubernetes' admission plugins do to an object between defaulting and validation: one file a plugin, called here
 * in kube-apiserver's order. Allocation of Service addresses stands in allocation.ts; what depends on who asks, in
 * access/admit.ts.
 * https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/
 */
import { forbidden } from '../../../kube/errors.ts'
import { deepEqual } from '../../../kube/json.ts'
import type { KubeObject } from '../../../kube/object.ts'
import { type Resource, resourceName } from '../../../kube/resource.ts'
import { limitRanges } from '../../../kube/resources/core/limit-range.ts'
import { ingressClasses } from '../../../kube/resources/networking/ingress-class.ts'
import { priorityClasses, SYSTEM_CLASSES } from '../../../kube/resources/scheduling/priority-class.ts'
import { storageClasses } from '../../../kube/resources/storage/storage-class.ts'
import { CLAIM_PROTECTION, VOLUME_PROTECTION } from '../../../kube/storage-protection.ts'
import type {
  Ingress,
  Namespace,
  Node,
  PersistentVolumeClaim,
  Pod,
  PriorityClass,
  ResourceQuota,
} from '../../../kube/types.ts'
import type { Change } from '../../../store/log.ts'
import type { Store } from '../../../store/store.ts'
import type { UpdateScope, Warn } from '../tracking.ts'
import { checkResize, defaultIngressClass, defaultStorageClass } from './default-classes.ts'
import { heldBy } from './held.ts'
import { checkRanges, defaultByRanges } from './limit-ranger.ts'
import { namespaceLifecycle } from './namespace-lifecycle.ts'
import { taintNewNode } from './node-taints.ts'
import { checkSecurity, warnOfExisting } from './pod-security.ts'
import { checkGlobalDefault, prioritize } from './priority.ts'
import { createQuotas } from './resource-quota.ts'
import { admitRuntimeClass } from './runtime-class.ts'
import { serviceAccountOf } from './service-account.ts'
import { protect } from './storage-protection.ts'
import { defaultTolerationSeconds } from './toleration-seconds.ts'

export interface Admission {
  /** Before anything else is done for a create. Throws 403, 404. */
  admitInto(resource: Resource, draft: KubeObject): void
  /** A defaulted object that is to be created; in place, and again without harm. Throws 403. */
  admitNew(resource: Resource, draft: KubeObject): void
  /** In place, and again without harm. Throws 403. */
  admitUpdate(resource: Resource, next: KubeObject, previous: KubeObject, scope: UpdateScope): void
  /** An object as it is to be written, valid by itself. Throws 403. */
  check(resource: Resource, change: CheckedChange): void
  /** Last of all, so that what is refused otherwise is not counted. Throws 403. */
  charge(resource: Resource, next: KubeObject, previous: KubeObject | undefined): void
  /** Throws 403. */
  admitDelete(resource: Resource, object: KubeObject): void
  /** An object has been created. */
  created(resource: Resource, object: KubeObject): void
  /** An object is about to be gone for good. */
  gone(resource: Resource, object: KubeObject): void
  /** Hears of committed changes. */
  heed(changes: readonly Change[]): void
}

export interface CheckedChange {
  readonly next: KubeObject
  readonly previous: KubeObject | undefined
  readonly scope: UpdateScope
  readonly warn: Warn | undefined
}

export interface AdmissionOptions {
  readonly store: Store
  /** The resource that a name stands for, custom ones too. */
  readonly kinds: (name: string) => Resource | undefined
  /** Five letters by chance, for names. */
  readonly suffix: () => string
}

export function createAdmission({ store, kinds, suffix }: AdmissionOptions): Admission {
  const ranges = heldBy(store, limitRanges)
  const classes = heldBy(store, priorityClasses)
  const quotas = createQuotas(store, kinds)

  function admitPod(resource: Resource, pod: Pod): void {
    const { namespace = '' } = pod.metadata
    const own = ranges.in(namespace)
    defaultByRanges(own, pod)
    serviceAccountOf(store, pod, suffix)
    defaultTolerationSeconds(pod)
    prioritize(classes.in(''), pod)
    admitRuntimeClass(store, pod)
    checkRanges(own, resource, pod)
  }

  function admitKind(resource: Resource, draft: KubeObject): void {
    // A resource's name says what its objects are.
    switch (resourceName(resource)) {
      case 'pods':
        admitPod(resource, draft as Pod)
        return
      case 'persistentvolumeclaims':
        checkRanges(ranges.in(draft.metadata.namespace ?? ''), resource, draft)
        defaultStorageClass(store.list(storageClasses), draft as PersistentVolumeClaim)
        protect(draft, CLAIM_PROTECTION)
        return
      case 'nodes':
        taintNewNode(draft as Node)
        return
      case 'persistentvolumes':
        protect(draft, VOLUME_PROTECTION)
        return
      case 'ingresses.networking.k8s.io':
        defaultIngressClass(store.list(ingressClasses), draft as Ingress)
        return
      case PRIORITY_CLASSES:
        checkGlobalDefault(classes.in(''), draft as PriorityClass)
        return
      case 'resourcequotas': {
        const quota = draft as ResourceQuota
        quota.status = quotas.counted(quota, quota)
        return
      }
      default:
    }
  }

  function admitChange(resource: Resource, next: KubeObject, previous: KubeObject): void {
    switch (resourceName(resource)) {
      case 'persistentvolumeclaims':
        checkRanges(ranges.in(next.metadata.namespace ?? ''), resource, next)
        checkResize(store.list(storageClasses), next as PersistentVolumeClaim, previous as PersistentVolumeClaim)
        return
      case PRIORITY_CLASSES:
        checkGlobalDefault(classes.in(''), next as PriorityClass)
        return
      case 'resourcequotas': {
        const quota = next as ResourceQuota
        if (!deepEqual(quota.spec, (previous as ResourceQuota).spec)) quota.status = quotas.counted(quota)
        return
      }
      default:
    }
  }

  return {
    admitInto: (resource, draft) => namespaceLifecycle(store, resource, draft),
    admitNew: admitKind,
    admitUpdate(resource, next, previous, scope) {
      if (scope === 'object') admitChange(resource, next, previous)
    },
    check(resource, { next, previous, scope, warn = SILENT }) {
      if (scope !== 'object' && scope !== 'ephemeralcontainers') return
      checkSecurity(store, resource, { next, previous, warn })
      if (previous && resourceName(resource) === 'namespaces')
        warnOfExisting(store, next as Namespace, previous as Namespace, warn)
    },
    charge: (resource, next, previous) => quotas.charge(resource, next, previous),
    admitDelete(resource, { metadata: { name } }) {
      if (resourceName(resource) === PRIORITY_CLASSES && Object.hasOwn(SYSTEM_CLASSES, name))
        throw forbidden(resource, name, 'this is a system priority class and cannot be deleted')
    },
    created(resource, object) {
      if (resourceName(resource) === 'resourcequotas') quotas.created(object as ResourceQuota)
    },
    gone: (resource, object) => quotas.release(resource, object),
    heed(changes) {
      ranges.heed(changes)
      classes.heed(changes)
      quotas.heed(changes)
    },
  }
}

/** Where nobody hears. */
const SILENT: Warn = () => undefined
const PRIORITY_CLASSES = resourceName(priorityClasses)
