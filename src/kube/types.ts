/**
 * The kinds of this control plane as the store holds them: decoded, defaulted, with whole metadata.
 * Field shapes are kubernetes-models'; what defaulting or validation always leaves present is marked so.
 */

import type {
  IMutatingWebhookConfiguration,
  IValidatingAdmissionPolicy,
  IValidatingAdmissionPolicyBinding,
  IValidatingWebhookConfiguration,
} from 'kubernetes-models/admissionregistration.k8s.io/v1'
import type { IAPIService } from 'kubernetes-models/apiregistration.k8s.io/v1'
import type { IControllerRevision, IDaemonSet, IDeployment, IReplicaSet, IStatefulSet } from 'kubernetes-models/apps/v1'
import type { IHorizontalPodAutoscaler as IHorizontalPodAutoscalerV1 } from 'kubernetes-models/autoscaling/v1'
import type { IHorizontalPodAutoscaler } from 'kubernetes-models/autoscaling/v2'
import type { ICronJob, IJob } from 'kubernetes-models/batch/v1'
import type { ICertificateSigningRequest } from 'kubernetes-models/certificates.k8s.io/v1'
import type { ILease } from 'kubernetes-models/coordination.k8s.io/v1'
import type { IEndpointSlice } from 'kubernetes-models/discovery.k8s.io/v1'
import type { IEvent as IEventsEvent } from 'kubernetes-models/events.k8s.io/v1'
import type { IFlowSchema, IPriorityLevelConfiguration } from 'kubernetes-models/flowcontrol.apiserver.k8s.io/v1'
import type { IIngress, IIngressClass, INetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1'
import type { IRuntimeClass } from 'kubernetes-models/node.k8s.io/v1'
import type { IPodDisruptionBudget } from 'kubernetes-models/policy/v1'
import type {
  IClusterRole,
  IClusterRoleBinding,
  IRole,
  IRoleBinding,
} from 'kubernetes-models/rbac.authorization.k8s.io/v1'
import type { IPriorityClass } from 'kubernetes-models/scheduling.k8s.io/v1'
import type {
  ICSIDriver,
  ICSINode,
  ICSIStorageCapacity,
  IStorageClass,
  IVolumeAttachment,
} from 'kubernetes-models/storage.k8s.io/v1'
import type {
  IComponentStatus,
  IConfigMap,
  IEndpoints,
  IEvent,
  ILimitRange,
  INamespace,
  INode,
  IPersistentVolume,
  IPersistentVolumeClaim,
  IPod,
  IPodTemplate,
  IReplicationController,
  IResourceQuota,
  ISecret,
  IService,
  IServiceAccount,
} from 'kubernetes-models/v1'
import type { Stored } from './object.ts'

export type Namespace = Stored<INamespace, 'spec' | 'status'>
export type Node = Stored<INode, 'spec' | 'status'>
export type Pod = Stored<IPod, 'spec' | 'status'>
export type Service = Stored<IService, 'spec' | 'status'>
export type Endpoints = Stored<IEndpoints>
export type EndpointSlice = Stored<IEndpointSlice, 'endpoints'>
export type ConfigMap = Stored<IConfigMap>
export type Secret = Stored<ISecret>
export type ServiceAccount = Stored<IServiceAccount>
export type Event = Stored<IEvent>
export type ReplicationController = Stored<IReplicationController, 'spec' | 'status'>
export type ReplicaSet = Stored<IReplicaSet, 'spec' | 'status'>
export type Deployment = Stored<IDeployment, 'spec' | 'status'>
export type Lease = Stored<ILease>
export type DaemonSet = Stored<IDaemonSet, 'spec' | 'status'>
export type StatefulSet = Stored<IStatefulSet, 'spec' | 'status'>
export type ControllerRevision = Stored<IControllerRevision>
export type Job = Stored<IJob, 'spec' | 'status'>
export type CronJob = Stored<ICronJob, 'spec' | 'status'>
export type PodTemplate = Stored<IPodTemplate>
export type LimitRange = Stored<ILimitRange>
export type ResourceQuota = Stored<IResourceQuota, 'spec' | 'status'>
export type PersistentVolume = Stored<IPersistentVolume, 'spec' | 'status'>
export type PersistentVolumeClaim = Stored<IPersistentVolumeClaim, 'spec' | 'status'>
export type PodDisruptionBudget = Stored<IPodDisruptionBudget, 'spec' | 'status'>
export type Role = Stored<IRole>
export type ClusterRole = Stored<IClusterRole>
export type RoleBinding = Stored<IRoleBinding>
export type ClusterRoleBinding = Stored<IClusterRoleBinding>
export type CertificateSigningRequest = Stored<ICertificateSigningRequest, 'spec' | 'status'>
export type PriorityClass = Stored<IPriorityClass, 'value'>
export type Ingress = Stored<IIngress, 'spec' | 'status'>
export type IngressClass = Stored<IIngressClass, 'spec'>
export type NetworkPolicy = Stored<INetworkPolicy, 'spec'>
export type RuntimeClass = Stored<IRuntimeClass>
export type StorageClass = Stored<IStorageClass>
export type CSIDriver = Stored<ICSIDriver, 'spec'>
export type CSINode = Stored<ICSINode, 'spec'>
export type CSIStorageCapacity = Stored<ICSIStorageCapacity>
export type VolumeAttachment = Stored<IVolumeAttachment, 'spec' | 'status'>
export type HorizontalPodAutoscaler = Stored<IHorizontalPodAutoscaler, 'spec' | 'status'>
export type HorizontalPodAutoscalerV1 = Stored<IHorizontalPodAutoscalerV1, 'spec' | 'status'>
export type EventsEvent = Stored<IEventsEvent>
export type APIService = Stored<IAPIService, 'spec' | 'status'>
export type MutatingWebhookConfiguration = Stored<IMutatingWebhookConfiguration>
export type ValidatingWebhookConfiguration = Stored<IValidatingWebhookConfiguration>
export type ValidatingAdmissionPolicy = Stored<IValidatingAdmissionPolicy, 'spec' | 'status'>
export type ValidatingAdmissionPolicyBinding = Stored<IValidatingAdmissionPolicyBinding, 'spec'>
export type FlowSchema = Stored<IFlowSchema, 'spec' | 'status'>
export type PriorityLevelConfiguration = Stored<IPriorityLevelConfiguration, 'spec' | 'status'>
export type ComponentStatus = Stored<IComponentStatus>
