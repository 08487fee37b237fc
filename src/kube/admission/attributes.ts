/**
 * What is told of a write to those that judge it: policies and webhooks. Kubernetes' admission.Attributes, of which
 * admission.k8s.io/v1 AdmissionRequest is the form on the wire.
 * https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#request
 */
import type { KubeObject } from '../object.ts'
import type { UserInfo } from '../rbac/user.ts'
import type { Resource } from '../resource.ts'

export type AdmissionOperation = 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT'

export interface GroupVersionKind {
  readonly group: string
  readonly version: string
  readonly kind: string
}

export interface Attributes {
  readonly operation: AdmissionOperation
  /** What the objects are of: of a subresource its own (autoscaling/v1 Scale, v1 Binding). */
  readonly kind: GroupVersionKind
  /** As the request named it, in the version that the objects have. */
  readonly resource: Resource
  readonly subresource: string | undefined
  /** '' at the cluster's scope; of a Namespace its own name. */
  readonly namespace: string
  /** '' where the name is still to be made of `generateName`. */
  readonly name: string
  /** Undefined of a DELETE. Not to be changed. */
  readonly object: KubeObject | undefined
  /** Undefined of a CREATE. Not to be changed. */
  readonly oldObject: KubeObject | undefined
  readonly user: UserInfo
  readonly isDryRun: boolean
  /** meta.k8s.io/v1 CreateOptions, UpdateOptions, PatchOptions or DeleteOptions, with kind and apiVersion. */
  readonly options: Readonly<Record<string, unknown>>
}
